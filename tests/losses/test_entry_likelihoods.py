"""Likelihoods of single entries: mixtures, and draws that uniform numbers decide."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.mixture import GaussianMixture
from zoo.noise import serving

DRAW = np.random.default_rng(0)
DISTRIBUTIONS = {"bernoulli": Bernoulli(), "gaussian": Gaussian(variance="output"), "mixture": None}
DISTRIBUTIONS["mixture"] = GaussianMixture(3)


def components(distribution, output):
    """Weights, means and deviations of one entry, by hand."""
    weights, means, log_var = np.split(np.float64(output), 3)
    return (
        np.exp(weights) / np.exp(weights).sum(),
        means + distribution.places,
        np.exp(0.5 * log_var),
    )


def test_the_density_of_a_mixture_is_that_of_its_components():
    distribution, output = GaussianMixture(3), DRAW.normal(size=(4, 2, 9)).astype("float32")
    x = DRAW.normal(size=(4, 2, 1)).astype("float32")
    expected = np.zeros(4)
    for row in range(4):
        for entry in range(2):
            weights, means, sigma = components(distribution, output[row, entry])
            density = np.sum(weights * scipy.stats.norm(means, sigma).pdf(x[row, entry]))
            expected[row] -= np.log(density)
    np.testing.assert_allclose(distribution.nll(x, output), expected, rtol=1e-5)


def test_one_component_is_a_gaussian():
    output = DRAW.normal(size=(4, 2, 2)).astype("float32")
    x = DRAW.normal(size=(4, 2, 1)).astype("float32")
    padded = np.concatenate([np.zeros((4, 2, 1), np.float32), output], axis=-1)
    expected = Gaussian(variance="output").nll(x, output)
    np.testing.assert_allclose(GaussianMixture(1).nll(x, padded), expected, rtol=1e-5)


def test_components_that_start_equal_get_different_gradients():
    distribution, start = GaussianMixture(2), tf.zeros([1, 1, 6])
    with tf.GradientTape() as tape:
        tape.watch(start)
        nll = distribution.nll(tf.constant([[[0.5]]]), start)
    first, second = np.split(tape.gradient(nll, start).numpy()[0, 0].reshape(3, 2), 2, axis=1)
    assert (first != second).all()


def test_draws_of_a_mixture_have_its_distribution():
    distribution, output = GaussianMixture(3), DRAW.normal(size=9).astype("float32")
    count = 20_000
    with serving(0, count):
        drawn = distribution.sample(tf.broadcast_to(output, [count, 1, 9])).numpy().ravel()
    weights, means, sigma = components(distribution, output)
    below = scipy.stats.norm(means, sigma).cdf(drawn[:, None]) @ weights
    assert scipy.stats.kstest(below, "uniform").pvalue > 1e-3
    assert float(distribution.mean(output[None, None])[0, 0, 0]) == pytest.approx(
        weights @ means, rel=1e-5
    )


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_uniform_numbers_draw_from_the_distribution(name):
    distribution, count = DISTRIBUTIONS[name], 20_000
    output = DRAW.normal(size=(1, 1, distribution.channels)).astype("float32")
    output = tf.repeat(output, count, axis=0)
    uniform = DRAW.uniform(size=(count, 1, 1)).astype("float32")
    inputs = distribution.drawn(output, uniform).numpy().ravel()
    with serving(0, count):
        own = distribution.sample(output).numpy().ravel()
    assert inputs.mean() == pytest.approx(own.mean(), abs=0.03)
    assert inputs.std() == pytest.approx(own.std(), abs=0.03)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_numbers_next_to_0_and_1_draw_finite_values(name):
    distribution, edge = DISTRIBUTIONS[name], 2.0**-24
    output = tf.zeros([2, 1, distribution.channels])
    assert np.isfinite(distribution.drawn(output, tf.constant([[[edge]], [[1.0 - edge]]]))).all()


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_comes_back_from_its_config(name):
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(DISTRIBUTIONS[name])
    )
    assert again.channels == DISTRIBUTIONS[name].channels
