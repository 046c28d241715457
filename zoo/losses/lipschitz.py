"""Penalties on the slope of a critic, per example."""

import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import sum_of_rest


def slope(critic, points):
    """|grad critic|, over all axes but the first; differentiable."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        total = tf.reduce_sum(critic(points))
    return tf.sqrt(sum_of_rest(tf.square(tape.gradient(total, points))) + 1e-12)


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
    return tf.square(slope(critic, interpolates(real, fake)) - 1.0)
