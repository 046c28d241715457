"""The mixture that is learned with a model: its distribution, its divergences, its start."""

import keras
import numpy as np
import pytest
import scipy.stats

from zoo.losses.divergence import gaussian_kl
from zoo.noise import serving
from zoo.priors.mixture import MixturePrior

MEANS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]], np.float32)
SHARES = np.array([0.5, 0.3, 0.2])
LOG_VARS = np.log([[0.25, 1.0], [0.5, 0.5], [1.0, 0.1]]).astype(np.float32)


@pytest.fixture
def mixture():
    prior = MixturePrior(2, 3)
    prior.set_weights([np.log(SHARES), MEANS, LOG_VARS])
    return prior


def drawn(prior, count=20_000, components=None):
    with serving(0, count):
        return prior.sample(count, components).numpy()


def test_densities_and_responsibilities_are_those_of_the_distribution(mixture):
    z = np.random.default_rng(0).normal(1.0, 2.0, (20, 2)).astype(np.float32)
    deviations = np.exp(LOG_VARS / 2)
    each = scipy.stats.norm(MEANS, deviations).pdf(z[:, None]).prod(axis=2) * SHARES
    np.testing.assert_allclose(mixture.log_prob(z), np.log(each.sum(axis=1)), rtol=1e-4)
    expected = each / each.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mixture.responsibilities(z), expected, atol=1e-5)


def test_divergences_are_to_every_component(mixture):
    random = np.random.default_rng(1)
    mean, log_var = random.normal(size=(2, 4, 2)).astype(np.float32)
    actual = mixture.divergences(mean, log_var).numpy()
    for k in range(3):
        expected = gaussian_kl(mean, log_var, MEANS[k], LOG_VARS[k])
        np.testing.assert_allclose(actual[:, k], expected, rtol=1e-5)


def test_draws_have_the_shares_and_the_moments_of_the_components(mixture):
    result = drawn(mixture)
    nearest = np.linalg.norm(result[:, None] - MEANS, axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(nearest) / len(result), SHARES, atol=0.03)
    of_second = drawn(mixture, components=np.full(20_000, 1, np.int32))
    np.testing.assert_allclose(of_second.mean(axis=0), MEANS[1], atol=0.05)
    np.testing.assert_allclose(of_second.var(axis=0), 0.5, atol=0.03)


def test_the_start_finds_the_clusters_of_codes_and_repeats_itself(mixture):
    codes, result = drawn(mixture, 3_000), []
    for _ in range(2):
        prior = MixturePrior(2, 3)
        prior.start(codes, seed=3)
        result.append(prior.get_weights())
    for first, again in zip(*result, strict=True):
        assert first.tobytes() == again.tobytes()
    logits, means, log_vars = result[0]
    order = [np.linalg.norm(means - mean, axis=1).argmin() for mean in MEANS]
    assert sorted(order) == [0, 1, 2]
    np.testing.assert_allclose(means[order], MEANS, atol=0.2)
    np.testing.assert_allclose(np.exp(logits[order]), SHARES, atol=0.05)
    np.testing.assert_allclose(np.exp(log_vars[order]), np.exp(LOG_VARS), atol=0.25)


def test_a_fixed_variance_is_one_and_stays():
    prior = MixturePrior(2, 3, variance="fixed")
    prior.start(5.0 * np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32))
    assert (prior.log_vars.numpy() == 0).all() and len(prior.trainable_variables) == 2
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    assert (again.variance, again.components, again.latent_dim) == ("fixed", 3, 2)


@pytest.mark.parametrize("codes", [np.zeros((2, 2)), np.full((9, 2), np.nan)])
def test_codes_that_give_no_clusters_are_refused(codes):
    with pytest.raises(ValueError, match="at least 3 finite rows. Received"):
        MixturePrior(2, 3).start(codes)


def test_another_variance_is_refused():
    with pytest.raises(ValueError, match="'learned' or 'fixed'. Received: 'full'"):
        MixturePrior(2, 3, variance="full")
