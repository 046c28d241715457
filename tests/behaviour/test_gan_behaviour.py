"""Adversarial games whose best discriminator is known, and on a ring of modes."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from frozen import affine, normal, trained

from zoo.gan.gan import GAN
from zoo.gan.nsgan import NSGAN
from zoo.gan.wgan_gp import WGANGP
from zoo.losses.games import Minimax
from zoo.losses.lipschitz import interpolates, slope
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.training.data.planted import ring

# The discriminator of the first game is p / (p + p_G).


class HalfFake(Minimax):
    """Generated examples count half."""

    def discriminator(self, real, fake):
        return tf.math.softplus(-real) + 0.5 * tf.math.softplus(fake)


class Lenient(GAN):
    """Mutation: examples of the generator count half."""

    game = HalfFake()


@functools.cache
def judged(cls):
    """A trained discriminator, and what it says on [-2, 2.5]."""
    model = trained(cls, affine(1.5, 1.0), normal(), 3000, 3e-3)
    points = np.linspace(-2.0, 2.5, 50, dtype=np.float32)[:, None]
    return model, tf.sigmoid(model.score(points)).numpy()


def best_on_the_points():
    points = np.linspace(-2.0, 2.5, 50)
    p, q = scipy.stats.norm(0, 1).pdf(points), scipy.stats.norm(1, 1.5).pdf(points)
    return p / (p + q)


def test_the_trained_discriminator_is_the_ratio_of_densities(figure):
    model, stated = judged(GAN)
    furthest = np.abs(stated - best_on_the_points()).max()
    assert figure("GAN: largest error of D on [-2, 2.5]", furthest, "below 0.05") < 0.05
    loss = model.evaluate(normal(seed=1), batch_size=25_600, return_dict=True, verbose=0)["loss"]
    assert loss == pytest.approx(1.1877, abs=0.01)  # 2 ln 2 - 2 JSD


@pytest.mark.slow
def test_a_discriminator_that_forgives_is_another_ratio():
    assert np.abs(judged(Lenient)[1] - best_on_the_points()).max() > 0.05


# Where the discriminator is sure, one game has a gradient and the other has none.


def step_of_the_generator(cls):
    """How far one unit step moves the generator against a logit of about -10."""
    judge = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    judge.set_weights([np.array([[1e-3]]), np.array([-10.0])])
    model = cls(affine(1.0, 0.0), judge, 1, seed=0)
    model.compile(keras.optimizers.SGD(1.0))
    model.move(("generator",), (normal(count=64), None), 0)
    return float(model.generator.weights[1][0])  # the bias: d logit / d bias = 1e-3


def test_a_sure_discriminator_leaves_the_generator_a_gradient_in_one_game_only():
    assert step_of_the_generator(NSGAN) == pytest.approx(0.99995e-3, rel=1e-3)
    assert step_of_the_generator(GAN) == pytest.approx(4.54e-8, rel=1e-2)


# The penalty of WGAN-GP lengthens the distance it measures, by a known amount.


@functools.cache
def measured(penalty_weight, shift=3.0):
    """The estimate of the distance of two unit Gaussians, and the mean slope between them."""
    settings = {"betas": (0.5, 0.9), "penalty_weight": penalty_weight}
    model = trained(WGANGP, affine(1.0, 0.0), normal(shift), 4000, 2e-3, **settings)
    grid = np.linspace(-6.0, shift + 6.0, 2001, dtype=np.float32)
    weight = scipy.stats.norm(shift).pdf(grid) - scipy.stats.norm(0).pdf(grid)
    estimate = np.trapezoid(weight * model.score(grid[:, None]).numpy(), grid)
    with serving(0, 20_000):
        real, fake = normal(shift, count=20_000, seed=1), normal(count=20_000, seed=2)
        points = interpolates(tf.constant(real), tf.constant(fake))
    return estimate, slope(lambda x: model.judge(x, None, True), points).numpy().mean()


def test_the_critic_measures_the_distance_and_the_bias_of_its_penalty(figure):
    estimate, mean_slope = measured(10.0)
    figure("WGAN-GP, d = 3: estimate of the critic", estimate, "3.463 +- 3 %")
    assert estimate == pytest.approx(3.463, rel=0.03)
    assert mean_slope == pytest.approx(1.0 + 3.0 / 20.0, rel=0.05)
    assert estimate / mean_slope == pytest.approx(3.0, rel=0.03)


@pytest.mark.slow
def test_a_lighter_penalty_measures_another_distance(figure):
    estimate = figure("WGAN-GP, d = 3, lambda = 1", measured(1.0)[0], "7.63 +- 3 %")
    assert estimate == pytest.approx(7.63, rel=0.03)


# The ring of eight Gaussians.


def modes_covered(penalty_weight=10.0):
    """On how many of eight modes at least 1 % of 2,000 examples lie, within 0.2."""
    keras.utils.set_random_seed(0)
    x, planted = ring()
    networks = mlp(16, 2, (128, 128)), mlp(2, 1, (128, 128))
    model = WGANGP(*networks, 16, penalty_weight=penalty_weight, seed=0)
    model.compile(keras.optimizers.Adam(5e-4, 0.5, 0.9), steps_per_execution=15)
    model.fit(x, batch_size=256, epochs=200, verbose=0)  # 3,000 steps of six moves
    decoded = model.sample(2000, seed=0).numpy()
    distance = np.linalg.norm(decoded[:, None] - planted["centres"], axis=-1)
    return np.sum((distance < 0.2).sum(axis=0) >= 20)


@pytest.mark.slow
def test_the_generator_covers_the_ring(figure):
    assert figure("WGAN-GP: modes of the ring covered", modes_covered(), "at least 6 of 8") >= 6


@pytest.mark.slow
def test_without_the_penalty_the_generator_does_not_cover_the_ring(figure):
    result = modes_covered(penalty_weight=0.0)
    assert figure("WGAN without its penalty: modes covered", result, "below 6") < 6
