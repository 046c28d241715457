"""Penalties on the slope of a critic, per example. Critics map points to raw outputs."""

import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import sum_of_rest


def outputs_and_squares(critic, points):
    """The critic's outputs and |grad critic|^2, over all axes but the first; differentiable."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = critic(points)
        total = tf.reduce_sum(outputs)
    return outputs, sum_of_rest(tf.square(tape.gradient(total, points)))


def slope(critic, points):
    """|grad critic|, over all axes but the first; differentiable."""
    return tf.sqrt(outputs_and_squares(critic, points)[1] + 1e-12)


def interpolates(real, fake):
    """u real + (1 - u) fake with u ~ U(0, 1) for each example."""
    weight = noise.uniform([tf.shape(real)[0], *[1] * (real.shape.rank - 1)])
    return weight * real + (1.0 - weight) * fake


def gradient_penalty(critic, real, fake):
    """(|grad critic| - 1)^2 on lines between real and fake (Gulrajani et al., 2017, Eq. 3).

    Args:
        critic: maps points to raw outputs.
        real, fake: `(batch, ...)`.
    """
    return slope_penalty(critic, interpolates(real, fake), 1.0)


def zero_centered(critic, points):
    """1/2 |grad critic|^2: R1 where points are data, R2 where they are generated (Mescheder et al.,
    2018, "Which training methods for GANs do actually converge?", Eq. 9 and 10)."""
    return 0.5 * outputs_and_squares(critic, points)[1]


def jensen_shannon(critic, real, fake):
    """1/2 (1 - D)^2 |grad l|^2 at data and 1/2 D^2 |grad l|^2 at examples, D = sigmoid(l).

    To second order what noise on both inputs adds to the game (Roth et al., 2017, Algorithm 1).
    """
    sides = []
    for points, sign in ((real, -1.0), (fake, 1.0)):
        logits, squares = outputs_and_squares(critic, points)
        sides.append(tf.square(tf.sigmoid(sign * logits)) * squares)
    return 0.5 * (sides[0] + sides[1])


def slope_penalty(critic, points, target):
    """(|grad critic| - target)^2, or where the target is 0 `zero_centered`."""
    if target == 0.0:
        return zero_centered(critic, points)
    return tf.square(slope(critic, points) - target)


POINTS = {  # name -> the points between real and fake ones at which a slope is taken
    "real": lambda real, fake: [real],
    "fake": lambda real, fake: [fake],
    "both": lambda real, fake: [real, fake],
    "interpolates": lambda real, fake: [interpolates(real, fake)],
}
