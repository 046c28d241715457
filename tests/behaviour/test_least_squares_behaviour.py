"""LSGAN: the best discriminator is a weighted mean of its labels, and what is left a divergence."""

import dataclasses
import functools

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
from frozen import affine, normal, trained

from zoo.gan.lsgan import LSGAN
from zoo.losses.games import LeastSquares

DATA, MADE = scipy.stats.norm(0, 1), scipy.stats.norm(1, 1.5)
POINTS = np.linspace(-2.0, 2.5, 50, dtype=np.float32)[:, None]
CODINGS = {"Pearson": (-1.0, 1.0, 0.0), "0 and 1": (0.0, 1.0, 1.0)}


def best(points, a, b):
    """(b p + a p_G) / (p + p_G)."""
    p, q = DATA.pdf(points), MADE.pdf(points)
    return (b * p + a * q) / (p + q)


class Printed(LeastSquares):
    """Mutation: lectures print D^2 for generated examples, whatever their label is."""

    def discriminator(self, real, fake):
        return 0.5 * tf.square(real - self.b) + 0.5 * tf.square(fake)


class OfPrint(LSGAN):
    def __init__(self, *networks, **parts):
        super().__init__(*networks, **parts)
        self.game = Printed(*dataclasses.astuple(self.game))


@functools.cache
def error(cls, coding):
    """How far a trained discriminator is from the best one on [-2, 2.5], at most."""
    a, b, c = CODINGS[coding]
    model = trained(cls, affine(1.5, 1.0), normal(), 1000, 5e-3, a=a, b=b, c=c)
    outputs = model.score(POINTS).numpy()
    return np.abs(outputs - best(POINTS[:, 0], a, b)).max()


@pytest.mark.parametrize("coding", ["Pearson", pytest.param("0 and 1", marks=pytest.mark.slow)])
def test_the_trained_discriminator_is_the_weighted_mean_of_its_labels(coding, figure):
    largest = figure(f"LSGAN, {coding}: largest error of D", error(LSGAN, coding), "below 0.1")
    assert largest < 0.1


@pytest.mark.slow
def test_a_discriminator_that_forgets_a_label_is_another(figure):
    largest = figure("LSGAN without a: largest error of D", error(OfPrint, "Pearson"), "above 0.1")
    assert largest > 0.1


def left(a, b, c):
    """Twice the generator's loss against the best discriminator, the term of the data kept."""
    grid = np.linspace(-15.0, 20.0, 7001)
    outputs, game = tf.constant(best(grid, a, b)), LeastSquares(a, b, c)
    each = 2.0 * game.generator(outputs).numpy()
    return scipy.integrate.simpson((DATA.pdf(grid) + MADE.pdf(grid)) * each, x=grid)


def pearson():
    """The Pearson divergence of p + p_G from 2 p_G."""
    grid = np.linspace(-15.0, 20.0, 7001)
    p, q = DATA.pdf(grid), MADE.pdf(grid)
    return scipy.integrate.simpson((p - q) ** 2 / (p + q), x=grid)


def test_with_its_coding_the_generator_minimises_the_pearson_divergence(figure):
    value = figure("LSGAN (-1, 1, 0): twice what is left", left(-1.0, 1.0, 0.0), "0.34863")
    assert value == pytest.approx(pearson(), rel=1e-9)
    assert value == pytest.approx(0.34863, abs=1e-5)


def test_with_labels_of_0_and_1_it_does_not(figure):
    value = figure("LSGAN (0, 1, 1): twice what is left", left(0.0, 1.0, 1.0), "0.5872")
    assert value == pytest.approx(0.5872, abs=1e-4)
    assert not value == pytest.approx(pearson(), abs=0.1)


@pytest.mark.parametrize("c", [0.0, 1.0])
def test_the_generator_goes_to_where_the_discriminator_says_c(c):
    output = tf.Variable([-10.0])
    with tf.GradientTape() as tape:
        loss = LeastSquares(c=c).generator(output)
    assert float(tape.gradient(loss, output)[0]) == -10.0 - c  # however sure D is
