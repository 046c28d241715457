"""The hierarchical prior on a line, where its density and every bound of it are known."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.hierarchical import HierarchicalPrior

VARIANCE = 0.3  # of p(z|u) = N(u, 0.3); the marginal is N(0, 1.3)


def affine(slope, variance):
    """A network that gives the mean `slope` times its input and a fixed ln variance."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    network.set_weights([np.array([[slope, 0.0]]), np.array([0.0, np.log(variance)])])
    return network


def prior(slope=0.6, variance=0.81, samples=16):
    return HierarchicalPrior(affine(slope, variance), affine(1.0, VARIANCE), samples=samples)


def rate(samples, rows=20_000):
    """E[ln q(z) - the bound of ln p(z)] for z ~ q = N(0.5, 0.04)."""
    z = np.random.default_rng(0).normal(0.5, 0.2, (rows, 1)).astype(np.float32)
    with serving(0, rows):
        bound = prior(samples=samples).log_prob(z).numpy()
    return np.mean(scipy.stats.norm(0.5, 0.2).logpdf(z[:, 0]) - bound)


@pytest.mark.parametrize(("samples", "expected"), [(1, 1.997), (5, 1.411), (64, 1.358)])
def test_the_rate_falls_to_the_divergence_with_more_samples(samples, expected):
    marginal = 1.0 + VARIANCE
    exact = 0.5 * (np.log(marginal / 0.04) + (0.04 + 0.25) / marginal - 1.0)
    assert exact == pytest.approx(1.3521, abs=1e-4)
    actual = rate(samples)  # of one sample it is 1.3521 + E KL(q(u|z) | p(u|z)) = 1.9972
    assert actual == pytest.approx(expected, abs=0.03) and actual > exact - 0.01


def test_with_the_true_posterior_one_sample_is_exact():
    z = np.linspace(-3.0, 3.0, 13, dtype=np.float32)[:, None]
    exact = prior(1.0 / 1.3, VARIANCE / 1.3, samples=1)
    with serving(0, 13):
        result = exact.log_prob(z)
    np.testing.assert_allclose(result, scipy.stats.norm(0, 1.3**0.5).logpdf(z[:, 0]), atol=1e-5)


def test_draws_follow_the_marginal():
    with serving(0, 20_000):
        z = prior().sample(20_000).numpy()[:, 0]
    assert scipy.stats.kstest(z, scipy.stats.norm(0, 1.3**0.5).cdf).pvalue > 1e-3
    assert scipy.stats.kstest(z, scipy.stats.norm(0, 1.0).cdf).pvalue < 1e-6


def test_the_bound_has_a_gradient_to_both_networks_and_to_the_code():
    model = prior()
    watched = [tf.constant([[0.4], [-1.0]]), *(v.value for v in model.trainable_variables)]
    with serving(0, 2), tf.GradientTape() as tape:
        tape.watch(watched)
        total = tf.reduce_sum(model.log_prob(watched[0]))
    assert len(watched) == 5 and all(g is not None for g in tape.gradient(total, watched))


def test_variances_out_of_all_bounds_leave_the_bound_and_draws_finite():
    wild = HierarchicalPrior(affine(0.6, np.exp(80.0)), affine(1.0, np.exp(-200.0)))
    z = tf.constant([[0.4], [-1.0]])
    with serving(0, 2), tf.GradientTape() as tape:
        tape.watch(z)
        bound = wild.log_prob(z)
    assert np.isfinite(bound).all() and np.isfinite(tape.gradient(bound, z)).all()
    with serving(0, 100):
        assert np.isfinite(wild.sample(100)).all()


def test_it_comes_back_from_its_config():
    model = HierarchicalPrior(mlp(3, 4, (5,)), mlp(2, 6, (5,)), samples=7)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    again.set_weights(model.get_weights())
    with serving(0, 4):
        one = model.sample(4)
    with serving(0, 4):
        other = again.sample(4)
    np.testing.assert_array_equal(one, other)
    assert again.samples == 7 and again.upper_dim == 2


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="`upper_decoder` must .*Received: 3 to 4 and back from 2"):
        HierarchicalPrior(mlp(3, 4, ()), mlp(2, 3, ()))
    with pytest.raises(ValueError, match="`samples` must be at least 1. Received: 0"):
        HierarchicalPrior(mlp(3, 4, ()), mlp(2, 6, ()), samples=0)
