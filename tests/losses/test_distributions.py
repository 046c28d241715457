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


def drawn(distribution, output):
    with training(0, 0, 0):
        return distribution.sample(tf.constant(output))


def test_a_fixed_variance_gives_the_density_of_scipy():
    expected = -scipy.stats.norm(OUTPUT, 0.3).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(Gaussian(sigma=0.3).nll(X, OUTPUT), expected, rtol=1e-5)


def test_a_learned_variance_is_stationary_at_the_mean_squared_error():
    distribution = Gaussian(variance="learned")
    error = np.mean((X - OUTPUT) ** 2)
    slopes = []
    for sigma in np.sqrt(error) * np.array([1.0, 0.9, 1.1]):
        distribution.log_sigma.assign(np.log(sigma))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(distribution.nll(X, OUTPUT))
        slopes.append(float(tape.gradient(loss, distribution.log_sigma.value)))
    assert slopes[0] == pytest.approx(0.0, abs=1e-5) and slopes[1] < -0.1 < 0.1 < slopes[2]


def test_a_learned_variance_starts_at_sigma_and_is_trainable():
    distribution = Gaussian(sigma=0.5, variance="learned")
    assert float(distribution.log_sigma.numpy()) == pytest.approx(np.log(0.5))
    assert len(distribution.trainable_variables) == 1 and not Gaussian().trainable_variables
    np.testing.assert_allclose(
        distribution.nll(X, OUTPUT), Gaussian(sigma=0.5).nll(X, OUTPUT), rtol=1e-6
    )


def test_a_variance_for_each_output_gives_the_density_of_scipy():
    distribution = Gaussian(variance="output")
    mean, log_var = BOTH[:, :3], BOTH[:, 3:]
    expected = -scipy.stats.norm(mean, np.exp(0.5 * log_var)).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(distribution.nll(X, BOTH), expected, rtol=1e-5)
    np.testing.assert_array_equal(distribution.mean(BOTH), mean)
    assert distribution.channels == 2


def test_a_variance_for_each_output_is_clamped():
    wild = np.array([[0.0, -50.0], [0.0, 50.0]], "float32")
    _, log_var = Gaussian(variance="output").parameters(tf.constant(wild))
    np.testing.assert_array_equal(log_var, [[-10.0], [10.0]])
    assert np.isfinite(Gaussian(variance="output").nll(X[:2, :1], wild)).all()


def test_a_bounded_mean_lies_in_the_unit_interval():
    distribution = Gaussian(sigma=0.1, bounded=True)
    np.testing.assert_allclose(distribution.mean(OUTPUT), scipy.special.expit(OUTPUT), rtol=1e-5)
    assert distribution.data_range == (0.0, 1.0) and Gaussian().data_range is None


@pytest.mark.parametrize(
    ("distribution", "output", "mean", "deviation"),
    [
        (Gaussian(sigma=0.5), [2.0], 2.0, 0.5),
        (Gaussian(variance="output"), [2.0, np.log(0.49)], 2.0, 0.7),
        (Bernoulli(), [np.log(0.8 / 0.2)], 0.8, 0.4),
    ],
)
def test_draws_have_the_moments_of_the_distribution(distribution, output, mean, deviation):
    result = drawn(distribution, np.tile(np.array(output, "float32"), (20_000, 1))).numpy()
    assert abs(result.mean() - mean) < 4 * deviation / np.sqrt(20_000)
    assert result.std() == pytest.approx(deviation, rel=0.03)


def test_a_bernoulli_distribution_draws_bits_and_has_the_mean_of_its_logits():
    assert set(np.unique(drawn(Bernoulli(), OUTPUT))) <= {0.0, 1.0}
    np.testing.assert_allclose(Bernoulli().mean(OUTPUT), scipy.special.expit(OUTPUT), rtol=1e-5)


@pytest.mark.parametrize("options", [{"variance": "none"}, {"sigma": 0.0}, {"sigma": -1.0}])
def test_a_wrong_gaussian_is_refused(options):
    with pytest.raises(ValueError, match="must be"):
        Gaussian(**options)


def test_a_likelihood_has_a_name_or_is_itself():
    distribution = Gaussian(sigma=0.2)
    assert likelihood(distribution, bounded=True) is distribution
    assert likelihood("gaussian", bounded=True).bounded
    assert isinstance(likelihood("bernoulli", bounded=False), Bernoulli)
    with pytest.raises(ValueError, match="must be one of"):
        likelihood("cauchy", bounded=False)


@pytest.mark.parametrize(
    "distribution",
    [Gaussian(0.3, "learned", True), Bernoulli(), DiagonalGaussian(), StandardNormal(3, 2.0)],
)
def test_a_distribution_comes_back_from_its_config(distribution):
    config = keras.saving.serialize_keras_object(distribution)
    assert keras.saving.deserialize_keras_object(config).get_config() == distribution.get_config()


# The posterior.


def test_the_posterior_draws_with_its_mean_and_variance_and_knows_its_density():
    output = np.tile(np.array([[1.0, -2.0, np.log(0.25), np.log(4.0)]], "float32"), (20_000, 1))
    z, log_q = (v.numpy() for v in drawn(DiagonalGaussian(), output))
    np.testing.assert_allclose(z.mean(axis=0), [1.0, -2.0], atol=0.06)
    np.testing.assert_allclose(z.std(axis=0), [0.5, 2.0], rtol=0.03)
    expected = scipy.stats.norm([1.0, -2.0], [0.5, 2.0]).logpdf(z).sum(axis=1)
    np.testing.assert_allclose(log_q, expected, atol=1e-4)


def test_the_divergence_is_closed_for_the_standard_normal_and_agrees_with_draws():
    distribution, prior = DiagonalGaussian(), StandardNormal(3)
    output = tf.repeat(BOTH[:1], 20_000, axis=0)
    z, log_q = drawn(distribution, output)
    closed = distribution.divergence(output, z, log_q, prior).numpy()
    drawn_each = (log_q - prior.log_prob(z)).numpy()
    assert np.ptp(closed) == 0
    assert abs(drawn_each.mean() - closed[0]) < 4 * drawn_each.std() / np.sqrt(20_000)


def test_the_divergence_to_another_prior_is_estimated_from_the_draw():
    distribution, prior = DiagonalGaussian(), StandardNormal(3, sigma=2.0)
    z, log_q = drawn(distribution, BOTH)
    result = distribution.divergence(BOTH, z, log_q, prior)
    np.testing.assert_allclose(result, log_q - prior.log_prob(z), rtol=1e-6)


def test_the_gradient_of_a_draw_reaches_mean_and_variance():
    output = tf.Variable(BOTH)
    with training(0, 0, 0), tf.GradientTape() as tape:
        z, _ = DiagonalGaussian().sample(output)
        total = tf.reduce_sum(z)
    actual = tape.gradient(total, output).numpy()
    np.testing.assert_array_equal(actual[:, :3], 1.0)
    expected = 0.5 * (z.numpy() - BOTH[:, :3])
    np.testing.assert_allclose(actual[:, 3:], expected, atol=1e-5)
