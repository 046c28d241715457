"""The stick-breaking posterior: draws, density, mean and divergence of one distribution."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import noise
from zoo.losses.sticks import log_complement, pieces
from zoo.noise import serving
from zoo.posteriors.kumaraswamy import LEAST, Kumaraswamy
from zoo.priors.beta_sticks import BetaSticks

A, B = np.array([1.3, 0.8, 3.0]), np.array([0.7, 2.5, 3.0])


def output(a=A, b=B, rows=1):
    """What an encoder gives for these parameters."""
    inverse = np.log(np.expm1(np.concatenate([a, b]) - LEAST))
    return tf.constant(np.tile(inverse, (rows, 1)), tf.float32)


def broken(count=200_000):
    """Draws of the distribution over the whole of (0, 1)."""
    log_u = np.log(np.random.default_rng(0).uniform(size=(count, 3)))
    log_share = tf.constant(np.log(-np.expm1(log_u / B)) / A, tf.float32)
    return pieces(log_share, log_complement(log_share))


def test_the_parameters_are_positive_and_those_that_were_asked():
    a, b = Kumaraswamy().parameters(output())
    np.testing.assert_allclose(a[0], A, rtol=1e-5)
    np.testing.assert_allclose(b[0], B, rtol=1e-5)
    low, _ = Kumaraswamy().parameters(tf.fill([1, 6], -200.0))
    assert (low.numpy() == np.float32(LEAST)).all()


def test_a_draw_breaks_by_powers_of_its_uniform_variable():
    with serving(0, 500):
        pi, _ = Kumaraswamy().sample(output(rows=500))
    with serving(0, 500):
        u = noise.uniform([500, 3], 0.01, 0.99).numpy()
    shares = (1.0 - u ** (1.0 / B)) ** (1.0 / A)
    left = np.cumprod(np.concatenate([np.ones((500, 1)), 1.0 - shares], axis=1), axis=1)
    expected = left * np.concatenate([shares, np.ones((500, 1))], axis=1)
    np.testing.assert_allclose(pi, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(pi, axis=1), 1.0, atol=1e-6)


def test_importance_weights_of_draws_do_not_overestimate_the_likelihood():
    """p(x|pi) = 1, so that ln p(x) = 0; what is cut off has little of the prior's mass."""
    size, count = 16, 20_000
    inputs = output(np.full(size - 1, 0.5), np.full(size - 1, 0.5), count)
    posterior, prior = Kumaraswamy(), BetaSticks(size, 1.0)
    with serving(0, count):
        pi, log_q = posterior.sample(inputs)
    log_prior = prior.log_prob(pi)

    def estimate(log_density):
        return float(tf.reduce_logsumexp(log_prior - log_density) - np.log(count))

    assert estimate(log_q) == pytest.approx(0.0, abs=0.1)
    assert estimate(posterior.log_prob(pi, inputs)) > 0.2  # mutation: as if nothing were cut off


def test_the_mean_is_that_of_many_draws():
    np.testing.assert_allclose(
        Kumaraswamy().mean(output())[0], np.mean(broken(), axis=0), atol=3e-3
    )


def test_the_divergence_is_the_mean_log_ratio_of_the_densities():
    posterior, prior, pi = Kumaraswamy(), BetaSticks(4, 5.0), broken()
    ratios = posterior.log_prob(pi, output()) - prior.log_prob(pi)
    closed = posterior.divergence(output(), None, None, prior)
    assert float(closed[0]) == pytest.approx(float(tf.reduce_mean(ratios)), rel=0.01)


def test_the_density_is_that_of_the_breaks():
    share = np.linspace(0.05, 0.95, 19)
    pi = np.stack([share, 1.0 - share], axis=1).astype("float32")
    actual = Kumaraswamy().log_prob(pi, output(A[:1], B[:1]))
    a, b = A[0], B[0]
    expected = np.log(a * b * share ** (a - 1.0) * (1.0 - share**a) ** (b - 1.0))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_another_prior_is_compared_with_by_the_draw():
    class Other:
        log_prob = staticmethod(lambda z: 2.0 * tf.ones(1))

    result = Kumaraswamy().divergence(output(), tf.ones([1, 4]), tf.constant([5.0]), Other())
    assert float(result[0]) == 3.0


@pytest.mark.parametrize("value", [-200.0, -20.0, 20.0, 200.0])
def test_extreme_parameters_give_finite_draws_and_gradients(value):
    inputs, posterior = tf.Variable(tf.fill([5, 6], value)), Kumaraswamy()
    with serving(0, 5), tf.GradientTape() as tape:
        pi, _ = posterior.sample(inputs)
        total = tf.reduce_sum(pi**2) + tf.reduce_sum(
            posterior.divergence(inputs, pi, None, BetaSticks(4))
        )
    assert np.isfinite(pi).all() and np.isfinite(tape.gradient(total, inputs)).all()
    np.testing.assert_allclose(tf.reduce_sum(pi, axis=1), 1.0, atol=1e-6)
