"""Likelihoods and the posterior: values, draws, and what is learned where."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.named import likelihood
from zoo.noise import training
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal

DRAW = np.random.default_rng(0)
X, OUTPUT = (DRAW.normal(size=(6, 3)).astype("float32") for _ in range(2))
BOTH = DRAW.normal(size=(6, 6)).astype("float32")


def drawn(law, output):
    with training(0, 0, 0):
        return law.sample(tf.constant(output))


def test_a_fixed_variance_gives_the_density_of_scipy():
    expected = -scipy.stats.norm(OUTPUT, 0.3).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(Gaussian(sigma=0.3).nll(X, OUTPUT), expected, rtol=1e-5)


def test_a_learned_variance_is_stationary_at_the_mean_squared_error():
    law = Gaussian(variance="learned")
    error = np.mean((X - OUTPUT) ** 2)
    slopes = []
    for sigma in np.sqrt(error) * np.array([1.0, 0.9, 1.1]):
        law.log_sigma.assign(np.log(sigma))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(law.nll(X, OUTPUT))
        slopes.append(float(tape.gradient(loss, law.log_sigma.value)))
    assert slopes[0] == pytest.approx(0.0, abs=1e-5) and slopes[1] < -0.1 < 0.1 < slopes[2]


def test_a_learned_variance_starts_at_sigma_and_is_trainable():
    law = Gaussian(sigma=0.5, variance="learned")
    assert float(law.log_sigma.numpy()) == pytest.approx(np.log(0.5))
    assert len(law.trainable_variables) == 1 and not Gaussian().trainable_variables
    np.testing.assert_allclose(law.nll(X, OUTPUT), Gaussian(sigma=0.5).nll(X, OUTPUT), rtol=1e-6)


def test_a_variance_for_each_output_gives_the_density_of_scipy():
    law = Gaussian(variance="output")
    mean, log_var = BOTH[:, :3], BOTH[:, 3:]
    expected = -scipy.stats.norm(mean, np.exp(0.5 * log_var)).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(law.nll(X, BOTH), expected, rtol=1e-5)
    np.testing.assert_array_equal(law.mean(BOTH), mean)
    assert law.channels == 2


def test_a_variance_for_each_output_is_clamped():
    wild = np.array([[0.0, -50.0], [0.0, 50.0]], "float32")
    _, log_var = Gaussian(variance="output").parameters(tf.constant(wild))
    np.testing.assert_array_equal(log_var, [[-10.0], [10.0]])
    assert np.isfinite(Gaussian(variance="output").nll(X[:2, :1], wild)).all()


def test_a_bounded_mean_lies_in_the_unit_interval():
    law = Gaussian(sigma=0.1, bounded=True)
    np.testing.assert_allclose(law.mean(OUTPUT), scipy.special.expit(OUTPUT), rtol=1e-5)
    assert law.data_range == (0.0, 1.0) and Gaussian().data_range is None


@pytest.mark.parametrize(
    ("law", "output", "mean", "deviation"),
    [
        (Gaussian(sigma=0.5), [2.0], 2.0, 0.5),
        (Gaussian(variance="output"), [2.0, np.log(0.49)], 2.0, 0.7),
        (Bernoulli(), [np.log(0.8 / 0.2)], 0.8, 0.4),
    ],
)
def test_draws_have_the_moments_of_the_law(law, output, mean, deviation):
    found = drawn(law, np.tile(np.array(output, "float32"), (20_000, 1))).numpy()
    assert abs(found.mean() - mean) < 4 * deviation / np.sqrt(20_000)
    assert found.std() == pytest.approx(deviation, rel=0.03)


def test_a_bernoulli_law_draws_bits_and_has_the_mean_of_its_logits():
    assert set(np.unique(drawn(Bernoulli(), OUTPUT))) <= {0.0, 1.0}
    np.testing.assert_allclose(Bernoulli().mean(OUTPUT), scipy.special.expit(OUTPUT), rtol=1e-5)


@pytest.mark.parametrize("options", [{"variance": "none"}, {"sigma": 0.0}, {"sigma": -1.0}])
def test_a_wrong_gaussian_is_refused(options):
    with pytest.raises(ValueError, match="must be"):
        Gaussian(**options)


def test_a_likelihood_has_a_name_or_is_itself():
    law = Gaussian(sigma=0.2)
    assert likelihood(law, bounded=True) is law
    assert likelihood("gaussian", bounded=True).bounded
    assert isinstance(likelihood("bernoulli", bounded=False), Bernoulli)
    with pytest.raises(ValueError, match="must be one of"):
        likelihood("cauchy", bounded=False)


@pytest.mark.parametrize(
    "law", [Gaussian(0.3, "learned", True), Bernoulli(), DiagonalGaussian(), StandardNormal(3, 2.0)]
)
def test_a_law_comes_back_from_its_config(law):
    config = keras.saving.serialize_keras_object(law)
    assert keras.saving.deserialize_keras_object(config).get_config() == law.get_config()


# The posterior.


def test_the_posterior_draws_with_its_mean_and_variance_and_knows_its_density():
    output = np.tile(np.array([[1.0, -2.0, np.log(0.25), np.log(4.0)]], "float32"), (20_000, 1))
    z, log_q = (v.numpy() for v in drawn(DiagonalGaussian(), output))
    np.testing.assert_allclose(z.mean(axis=0), [1.0, -2.0], atol=0.06)
    np.testing.assert_allclose(z.std(axis=0), [0.5, 2.0], rtol=0.03)
    expected = scipy.stats.norm([1.0, -2.0], [0.5, 2.0]).logpdf(z).sum(axis=1)
    np.testing.assert_allclose(log_q, expected, atol=1e-4)


def test_the_divergence_is_closed_for_the_standard_normal_and_agrees_with_draws():
    law, prior = DiagonalGaussian(), StandardNormal(3)
    output = tf.repeat(BOTH[:1], 20_000, axis=0)
    z, log_q = drawn(law, output)
    closed = law.divergence(output, z, log_q, prior).numpy()
    drawn_each = (log_q - prior.log_prob(z)).numpy()
    assert np.ptp(closed) == 0
    assert abs(drawn_each.mean() - closed[0]) < 4 * drawn_each.std() / np.sqrt(20_000)


def test_the_divergence_to_another_prior_is_estimated_from_the_draw():
    law, prior = DiagonalGaussian(), StandardNormal(3, sigma=2.0)
    z, log_q = drawn(law, BOTH)
    found = law.divergence(BOTH, z, log_q, prior)
    np.testing.assert_allclose(found, log_q - prior.log_prob(z), rtol=1e-6)


def test_the_gradient_of_a_draw_reaches_mean_and_variance():
    output = tf.Variable(BOTH)
    with training(0, 0, 0), tf.GradientTape() as tape:
        z, _ = DiagonalGaussian().sample(output)
        total = tf.reduce_sum(z)
    found = tape.gradient(total, output).numpy()
    np.testing.assert_array_equal(found[:, :3], 1.0)
    expected = 0.5 * (z.numpy() - BOTH[:, :3])
    np.testing.assert_allclose(found[:, 3:], expected, atol=1e-5)
