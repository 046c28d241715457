"""Laws of codes: the normal, the fitted mixture, the generator."""

import itertools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import GenerativeModel
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.categorical import Categorical
from zoo.priors.fitted_mixture import FittedMixture
from zoo.priors.generator import PriorGenerator
from zoo.priors.normal import StandardNormal

MEANS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
SHARES = np.array([0.5, 0.3, 0.2])
FACTOR = np.array([[0.5, 0.0], [0.3, 0.4]])


@keras.saving.register_keras_serializable("tests")
class Holder(GenerativeModel):
    """A model that holds a prior."""

    frozen = ("prior",)


def planted(count=3000):
    draw = np.random.default_rng(0)
    chosen = draw.choice(3, count, p=SHARES)
    return (MEANS[chosen] + draw.normal(size=(count, 2)) @ FACTOR.T).astype("float32")


@pytest.fixture(scope="module")
def fitted():
    prior = FittedMixture(2, components=3)
    return prior, prior.fit(planted())


def drawn(prior, count=20_000, seed=0):
    with serving(seed, count):
        return prior.sample(count).numpy()


def test_a_fitted_mixture_recovers_a_planted_distribution(fitted):
    result = fitted[0].means.numpy()
    order = min(
        itertools.permutations(range(3)), key=lambda o: np.abs(result[list(o)] - MEANS).sum()
    )
    order = list(order)
    assert np.linalg.norm(result[order] - MEANS, axis=1).mean() < 0.2
    np.testing.assert_allclose(fitted[0].weights_of.numpy()[order], SHARES, atol=0.04)
    for factor in fitted[0].factors.numpy():
        np.testing.assert_allclose(factor @ factor.T, FACTOR @ FACTOR.T, atol=0.06)


def test_the_density_of_a_fitted_mixture_is_that_of_its_estimator(fitted):
    prior, estimator = fitted
    points = np.random.default_rng(1).normal(1.0, 3.0, size=(50, 2)).astype("float32")
    np.testing.assert_allclose(prior.log_prob(points), estimator.score_samples(points), atol=1e-4)
    parts = zip(estimator.weights_, estimator.means_, estimator.covariances_, strict=True)
    density = sum(w * scipy.stats.multivariate_normal(m, c).pdf(points) for w, m, c in parts)
    keep = density > 1e-30
    np.testing.assert_allclose(prior.log_prob(points[keep]), np.log(density[keep]), atol=1e-4)


def test_draws_of_a_fitted_mixture_have_the_moments_of_the_codes(fitted):
    codes, result = planted(), drawn(fitted[0])
    np.testing.assert_allclose(result.mean(axis=0), codes.mean(axis=0), atol=0.08)
    np.testing.assert_allclose(np.cov(result.T), np.cov(codes.T), atol=0.15)
    nearest = np.argmin(np.linalg.norm(result[:, None] - MEANS, axis=2), axis=1)
    np.testing.assert_allclose(np.bincount(nearest) / len(result), SHARES, atol=0.03)


def test_one_component_is_the_gaussian_of_the_codes():
    prior, codes = FittedMixture(2, components=1), planted()
    prior.fit(codes)
    np.testing.assert_allclose(prior.means.numpy()[0], codes.mean(axis=0), atol=1e-4)
    factor = prior.factors.numpy()[0]
    np.testing.assert_allclose(factor @ factor.T, np.cov(codes.T, bias=True), atol=1e-3)
    assert np.isfinite(drawn(prior, 10)).all()


def test_a_fit_is_saved_with_its_flag(fitted, tmp_path):
    prior = fitted[0]
    Holder(prior=prior, seed=0).save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").prior
    assert again is not prior and again.is_fitted
    assert not FittedMixture.from_config(prior.get_config()).is_fitted
    np.testing.assert_array_equal(drawn(again, 10), drawn(prior, 10))


def test_a_fit_is_a_function_of_its_seed():
    result = []
    for _ in range(2):
        prior = FittedMixture(2, components=3)
        prior.fit(planted(300), seed=5)
        result.append(prior.means.numpy())
    np.testing.assert_array_equal(*result)


@pytest.mark.parametrize("codes", [np.zeros((2, 2)), np.full((20, 2), np.nan)])
def test_codes_that_give_no_fit_are_refused(codes):
    with pytest.raises(ValueError, match="at least 3 finite rows for 3 component"):
        FittedMixture(2, components=3).fit(codes)


@pytest.mark.parametrize("sigma", [1.0, 2.5])
def test_the_normal_prior_has_the_density_and_draws_of_its_distribution(sigma):
    prior = StandardNormal(3, sigma)
    z = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    expected = scipy.stats.norm(0, sigma).logpdf(z).sum(axis=1)
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-5)
    assert scipy.stats.kstest(drawn(prior, 5000).ravel() / sigma, "norm").pvalue > 1e-3


def test_the_prior_of_a_generator_is_its_network_on_normal_noise():
    prior = PriorGenerator(mlp(3, 2, hidden=(4,)))
    actual = drawn(prior, 5, seed=1)
    expected = prior.network(drawn(StandardNormal(3), 5, seed=1))
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    assert len(prior.trainable_variables) == 4


def test_the_prior_of_a_generator_comes_back_from_its_config():
    prior = PriorGenerator(mlp(3, 2, hidden=(4,)))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    again.set_weights(prior.get_weights())
    np.testing.assert_array_equal(drawn(again, 5), drawn(prior, 5))


def test_the_gradient_of_a_generated_code_reaches_the_network():
    prior = PriorGenerator(mlp(3, 2, hidden=(4,)))
    with serving(0, 5), tf.GradientTape() as tape:
        total = tf.reduce_sum(prior.sample(5, training=True))
    assert all(g is not None for g in tape.gradient(total, prior.trainable_variables))


def test_labels_are_drawn_with_their_probabilities():
    prior = Categorical(3, [0.2, 0.5, 0.3])
    result = np.bincount(drawn(prior), minlength=3) / 20_000
    np.testing.assert_allclose(result, [0.2, 0.5, 0.3], atol=0.02)
    np.testing.assert_allclose(prior.log_probs, np.log([0.2, 0.5, 0.3]), atol=1e-6)
    np.testing.assert_allclose(Categorical(4).log_probs, -np.log(4.0), atol=1e-6)
    again = Categorical.from_config(prior.get_config())
    assert again.probabilities == [0.2, 0.5, 0.3]


@pytest.mark.parametrize("wrong", [[0.5, 0.5], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [1.2, -0.1, -0.1]])
def test_probabilities_of_labels_must_be_a_distribution(wrong):
    with pytest.raises(ValueError, match="must be 3 numbers above 0 that add up to 1. Received"):
        Categorical(3, wrong)
