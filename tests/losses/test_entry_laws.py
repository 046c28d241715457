"""Laws of single entries: mixtures, and draws that given uniform numbers decide."""

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
LAWS = {"bernoulli": Bernoulli(), "gaussian": Gaussian(variance="output"), "mixture": None}
LAWS["mixture"] = GaussianMixture(3)


def components(law, output):
    """Weights, means and deviations of one entry, by hand."""
    weights, means, log_var = np.split(np.float64(output), 3)
    return np.exp(weights) / np.exp(weights).sum(), means + law.places, np.exp(0.5 * log_var)


def test_the_density_of_a_mixture_is_that_of_its_components():
    law, output = GaussianMixture(3), DRAW.normal(size=(4, 2, 9)).astype("float32")
    x = DRAW.normal(size=(4, 2, 1)).astype("float32")
    expected = np.zeros(4)
    for row in range(4):
        for entry in range(2):
            weights, means, sigma = components(law, output[row, entry])
            density = np.sum(weights * scipy.stats.norm(means, sigma).pdf(x[row, entry]))
            expected[row] -= np.log(density)
    np.testing.assert_allclose(law.nll(x, output), expected, rtol=1e-5)


def test_one_component_is_a_gaussian():
    output = DRAW.normal(size=(4, 2, 2)).astype("float32")
    x = DRAW.normal(size=(4, 2, 1)).astype("float32")
    padded = np.concatenate([np.zeros((4, 2, 1), np.float32), output], axis=-1)
    expected = Gaussian(variance="output").nll(x, output)
    np.testing.assert_allclose(GaussianMixture(1).nll(x, padded), expected, rtol=1e-5)


def test_components_that_start_equal_get_different_gradients():
    law, start = GaussianMixture(2), tf.zeros([1, 1, 6])
    with tf.GradientTape() as tape:
        tape.watch(start)
        nll = law.nll(tf.constant([[[0.5]]]), start)
    first, second = np.split(tape.gradient(nll, start).numpy()[0, 0].reshape(3, 2), 2, axis=1)
    assert (first != second).all()


def test_draws_of_a_mixture_have_its_law():
    law, output = GaussianMixture(3), DRAW.normal(size=9).astype("float32")
    count = 20_000
    with serving(0, count):
        drawn = law.sample(tf.broadcast_to(output, [count, 1, 9])).numpy().ravel()
    weights, means, sigma = components(law, output)
    below = scipy.stats.norm(means, sigma).cdf(drawn[:, None]) @ weights
    assert scipy.stats.kstest(below, "uniform").pvalue > 1e-3
    assert float(law.mean(output[None, None])[0, 0, 0]) == pytest.approx(weights @ means, rel=1e-5)


@pytest.mark.parametrize("name", LAWS)
def test_uniform_numbers_draw_from_the_law(name):
    law, count = LAWS[name], 20_000
    output = DRAW.normal(size=(1, 1, law.channels)).astype("float32")
    output = tf.repeat(output, count, axis=0)
    uniform = DRAW.uniform(size=(count, 1, 1)).astype("float32")
    given = law.drawn(output, uniform).numpy().ravel()
    with serving(0, count):
        own = law.sample(output).numpy().ravel()
    assert given.mean() == pytest.approx(own.mean(), abs=0.03)
    assert given.std() == pytest.approx(own.std(), abs=0.03)


@pytest.mark.parametrize("name", LAWS)
def test_numbers_next_to_0_and_1_draw_finite_values(name):
    law, edge = LAWS[name], 2.0**-24
    output = tf.zeros([2, 1, law.channels])
    assert np.isfinite(law.drawn(output, tf.constant([[[edge]], [[1.0 - edge]]]))).all()


@pytest.mark.parametrize("name", LAWS)
def test_a_law_comes_back_from_its_config(name):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(LAWS[name]))
    assert again.channels == LAWS[name].channels
