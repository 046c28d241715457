"""Broken sticks: pieces that add up, and the divergence of how they are broken."""

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import tensorflow as tf

from zoo.losses.divergence import kumaraswamy_beta_kl, log_beta
from zoo.losses.sticks import log_complement, log_remainders, pieces

SHARES = np.random.default_rng(0).uniform(0.01, 0.99, (6, 4))


def divergence(a, b, alpha, beta):
    return float(kumaraswamy_beta_kl(tf.constant(float(a)), tf.constant(float(b)), alpha, beta))


def integrated(a, b, alpha, beta):
    """The same by quadrature over the uniform variable behind a break, at its logit."""

    def integrand(t):
        log_w = -np.logaddexp(0.0, -t) / b  # ln of 1 - v^a
        log_v = (np.log1p(-np.exp(log_w)) if log_w < -0.7 else np.log(-np.expm1(log_w))) / a
        small = log_w < -700.0
        log_rest = log_w - np.log(a) if small else np.log(-np.expm1(log_v))
        ours = np.log(a * b) + (a - 1.0) * log_v + (b - 1.0) * log_w
        theirs = (alpha - 1.0) * log_v + (beta - 1.0) * log_rest - scipy.special.betaln(alpha, beta)
        return (ours - theirs) * np.exp(-abs(t)) / (1.0 + np.exp(-abs(t))) ** 2

    return scipy.integrate.quad(integrand, -60.0, 34.0, limit=1000)[0]


def test_the_pieces_are_broken_one_after_another():
    result = pieces(np.log(SHARES), np.log1p(-SHARES)).numpy()
    left = np.ones(6)
    for k in range(4):
        np.testing.assert_allclose(result[:, k], left * SHARES[:, k], rtol=1e-12)
        left = left * (1.0 - SHARES[:, k])
    np.testing.assert_allclose(result[:, 4], left, rtol=1e-12)


def test_in_float32_the_pieces_still_add_up_to_one():
    random = np.random.default_rng(0)
    log_share = -np.exp(random.uniform(-12.0, 8.0, (200, 49))).astype("float32")  # far too uneven
    result = pieces(log_share, log_complement(log_share)).numpy()
    assert np.isfinite(result).all() and (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1.0, atol=1e-6)


def test_remainders_are_what_is_left_before_each_piece():
    actual = np.exp(log_remainders(pieces(np.log(SHARES), np.log1p(-SHARES))))
    expected = np.cumprod(np.concatenate([np.ones((6, 1)), 1.0 - SHARES], axis=1), axis=1)
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("case", "expected"),
    [((2, 3, 1, 1), 0.20843), ((1.3, 0.7, 1, 5), 5.0339), ((0.8, 2.5, 1, 3), 0.02833)],
)
def test_the_divergence_of_the_worked_examples(case, expected):
    assert divergence(*case) == pytest.approx(expected, abs=2e-5 + 1e-5 * expected)


@pytest.mark.parametrize("a", [0.05, 0.7, 3.0, 20.0, 100.0, 300.0, 1e4])
@pytest.mark.parametrize("b", [0.1, 0.7, 3.0, 20.0, 300.0])
@pytest.mark.parametrize("prior", [(1.0, 1.0), (1.0, 5.0), (2.0, 0.5)])
def test_the_divergence_is_that_of_quadrature(a, b, prior):
    assert divergence(a, b, *prior) == pytest.approx(integrated(a, b, *prior), rel=1e-5, abs=1e-4)


def series(a, b, beta, terms, rest=0.0):
    """The divergence to Beta(1, beta) by the paper's series, with so much added to its sum."""
    order = np.arange(1, terms + 1)
    near = np.sum(scipy.special.beta(order / a, b) / (order + a * b))
    ratio = (a - 1.0) / a * (-np.euler_gamma - scipy.special.digamma(b) - 1.0 / b)
    constant = np.log(a * b) + scipy.special.betaln(1.0, beta) - (b - 1.0) / b
    return ratio + constant + (beta - 1.0) * b * (near + rest)


def test_ten_terms_of_the_series_miss_a_nat():
    """Mutation: the series as the paper cuts it."""
    a, b, beta = 1.3, 0.7, 5.0
    assert series(a, b, beta, 10) == pytest.approx(3.866, abs=1e-3)
    assert divergence(a, b, 1.0, beta) - series(a, b, beta, 10) > 1.0


def test_a_hundred_terms_and_the_tail_of_small_a_miss_where_a_is_large():
    """Mutation: the asymptotic tail, which holds where a hundred terms lie far beyond a."""
    a, b, beta = 300.0, 0.7, 5.0
    tail = np.exp(scipy.special.gammaln(b) - b * np.log(100.5 / a + 0.5 * b)) / b
    wrong = series(a, b, beta, 100, tail)
    assert abs(divergence(a, b, 1.0, beta) - wrong) > 0.1


def test_the_divergence_of_a_distribution_to_itself_is_zero():
    for parameter in (0.3, 1.0, 4.0):  # Kumaraswamy(1, b) is Beta(1, b), and (a, 1) is Beta(a, 1)
        assert divergence(1.0, parameter, 1.0, parameter) == pytest.approx(0.0, abs=2e-4)
        assert divergence(parameter, 1.0, parameter, 1.0) == pytest.approx(0.0, abs=2e-4)


def test_the_divergence_and_its_gradient_are_finite_at_the_edges():
    a, b = (tf.constant(side, tf.float32) for side in np.meshgrid(*[[1e-3, 1.0, 50.0, 1e3]] * 2))
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        result = kumaraswamy_beta_kl(a, b, 1.0, 5.0)
    assert np.isfinite(result).all()
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(result, [a, b]))


def test_the_logarithm_of_the_beta_function_is_that_of_scipy():
    x, y = np.random.default_rng(0).uniform(0.1, 30.0, (2, 50)).astype("float32")
    np.testing.assert_allclose(log_beta(x, y), scipy.special.betaln(x, y), rtol=1e-4, atol=1e-4)
