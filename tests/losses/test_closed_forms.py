"""Divergences, likelihoods and penalties against closed forms, TFP and SciPy."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.losses import divergence, reconstruction, schedules
from zoo.losses.lipschitz import gradient_penalty, interpolates, slope
from zoo.noise import training

DRAW = np.random.default_rng(0)
X, MEAN, LOG_VAR = (DRAW.normal(size=(5, 3)).astype("float32") for _ in range(3))
OTHER_MEAN, OTHER_LOG_VAR = (DRAW.normal(size=(5, 3)).astype("float32") for _ in range(2))


@pytest.fixture
def tfd():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorflow_probability import distributions
    return distributions


def gaussian(tfd, mean, log_var):
    return tfd.MultivariateNormalDiag(mean, tf.exp(0.5 * log_var))


# Divergences.


def test_kl_to_the_standard_normal_of_the_worked_example():
    log_var = 2.0 * np.log(np.array([[0.5, 1.7]], "float32"))
    result = divergence.standard_gaussian_kl(tf.constant([[0.3, -1.2]]), log_var)
    np.testing.assert_allclose(result, [1.49751893], atol=1e-6)


def test_kl_to_the_standard_normal_is_that_of_tfp_and_not_its_negative(tfd):
    result = divergence.standard_gaussian_kl(MEAN, LOG_VAR)
    prior = gaussian(tfd, tf.zeros_like(MEAN), tf.zeros_like(MEAN))
    np.testing.assert_allclose(result, gaussian(tfd, MEAN, LOG_VAR).kl_divergence(prior), rtol=1e-6)
    assert (result.numpy() > 0).all()
    assert divergence.standard_gaussian_kl(tf.zeros([1, 3]), tf.zeros([1, 3])).numpy() == [0.0]


def test_kl_of_two_gaussians_is_that_of_tfp(tfd):
    result = divergence.gaussian_kl(MEAN, LOG_VAR, OTHER_MEAN, OTHER_LOG_VAR)
    distributions = gaussian(tfd, MEAN, LOG_VAR), gaussian(tfd, OTHER_MEAN, OTHER_LOG_VAR)
    np.testing.assert_allclose(result, distributions[0].kl_divergence(distributions[1]), rtol=1e-6)
    standard = divergence.gaussian_kl(MEAN, LOG_VAR, 0.0, tf.zeros_like(MEAN))
    np.testing.assert_allclose(standard, divergence.standard_gaussian_kl(MEAN, LOG_VAR), rtol=1e-6)


def test_kl_of_two_categoricals_is_that_of_tfp(tfd):
    q, p = (DRAW.dirichlet(np.ones(4), size=5).astype("float32") for _ in range(2))
    expected = tfd.Categorical(probs=q).kl_divergence(tfd.Categorical(probs=p))
    np.testing.assert_allclose(divergence.categorical_kl(q, p), expected, atol=1e-6)


def test_kl_of_a_sure_class_is_finite_with_a_finite_gradient():
    q = tf.constant([[1.0, 0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(q)
        result = divergence.categorical_kl(q, tf.constant([0.5, 0.25, 0.25]))
    np.testing.assert_allclose(result, [np.log(2.0)], rtol=1e-6)
    assert np.isfinite(tape.gradient(result, q)).all()


# Reconstruction.


def test_gaussian_nll_is_that_of_scipy():
    expected = -scipy.stats.norm(MEAN, np.exp(0.5 * LOG_VAR)).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(reconstruction.gaussian_nll(X, MEAN, LOG_VAR), expected, rtol=1e-6)


def test_laplace_nll_is_that_of_scipy():
    expected = -scipy.stats.laplace(MEAN, 0.7).logpdf(X).sum(axis=1)
    np.testing.assert_allclose(reconstruction.laplace_nll(X, MEAN, 0.7), expected, rtol=1e-6)


def test_bernoulli_nll_is_that_of_scipy_and_finite_at_sure_logits():
    bits = (X > 0).astype("float32")
    expected = -scipy.stats.bernoulli(scipy.special.expit(MEAN)).logpmf(bits).sum(axis=1)
    np.testing.assert_allclose(reconstruction.bernoulli_nll(bits, MEAN), expected, rtol=1e-5)
    sure = reconstruction.bernoulli_nll(tf.constant([[1.0, 0.0]]), tf.constant([[-200.0, 200.0]]))
    np.testing.assert_allclose(sure, [400.0])


def test_a_cross_entropy_is_least_at_the_grey_value():
    grey, logits = tf.constant([[0.3]]), tf.Variable([[float(np.log(0.3 / 0.7))]])
    with tf.GradientTape() as tape:
        error = reconstruction.bernoulli_nll(grey, logits)
    np.testing.assert_allclose(tape.gradient(error, logits), [[0.0]], atol=1e-7)


def test_errors_are_sums_over_the_data_for_each_example():
    x = tf.ones([2, 3, 4, 1])
    np.testing.assert_allclose(reconstruction.squared_error(x, 3.0 * x), [48.0, 48.0])
    np.testing.assert_allclose(reconstruction.sum_of_rest(x), [12.0, 12.0])
    np.testing.assert_allclose(reconstruction.mean_of_rest(x), [1.0, 1.0])
    for nll in (reconstruction.gaussian_nll, reconstruction.laplace_nll):
        assert nll(x, x, tf.ones_like(x)).shape == (2,)


# Penalties on the slope.


def linear(weights):
    return lambda points: tf.linalg.matvec(points, weights)


def test_the_gradient_penalty_of_a_linear_critic_is_that_of_its_norm():
    weights = tf.constant([3.0, 0.0, 4.0])
    with training(0, 0, 0):
        result = gradient_penalty(linear(weights), tf.constant(X), tf.constant(MEAN))
    np.testing.assert_allclose(result, np.full(5, 16.0), rtol=1e-5)


def test_the_gradient_of_a_gradient_penalty_reaches_the_critic():
    weights = tf.Variable([3.0, 0.0, 4.0])
    with training(0, 0, 0), tf.GradientTape() as tape:
        penalty = gradient_penalty(linear(weights), tf.constant(X), tf.constant(MEAN))
        mean = tf.reduce_mean(penalty)
    np.testing.assert_allclose(tape.gradient(mean, weights), [4.8, 0.0, 6.4], atol=1e-5)


def test_the_slope_is_over_all_axes_but_the_first():
    points = tf.constant(DRAW.normal(size=(2, 3, 3, 1)).astype("float32"))
    result = slope(lambda p: 0.5 * tf.reduce_sum(p**2, axis=[1, 2, 3]), points)
    np.testing.assert_allclose(result, np.linalg.norm(points.numpy().reshape(2, -1), axis=1), 1e-6)


def test_the_slope_of_a_flat_critic_has_a_finite_gradient():
    weights = tf.Variable([0.0, 0.0, 0.0])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(slope(linear(weights), tf.constant(X)))
    assert np.isfinite(tape.gradient(total, weights)).all()


def test_interpolates_lie_on_lines_with_one_weight_for_each_example():
    real, fake = tf.ones([50, 4, 4, 2]), tf.zeros([50, 4, 4, 2])
    with training(0, 0, 0):
        result = interpolates(real, fake).numpy().reshape(50, -1)
    assert (result == result[:, :1]).all() and ((result > 0) & (result < 1)).all()
    assert len(np.unique(result[:, 0])) == 50
    assert scipy.stats.kstest(result[:, 0], "uniform").pvalue > 1e-3


# Schedules.


def test_doubling_doubles_each_period_up_to_its_cap():
    schedule = schedules.Doubling(0.5, period=10, cap=3.0)
    result = [float(schedule(step)) for step in (0, 9, 10, 19, 20, 30, 10**9)]
    assert result == [0.5, 0.5, 1.0, 1.0, 2.0, 3.0, 3.0]
    again = schedules.Doubling.from_config(schedule.get_config())
    assert float(again(tf.constant(25, tf.int64))) == 2.0


@pytest.mark.parametrize(("size", "period"), [(16, 300), (20, 300), (64, 28_800), (128, 40_000)])
def test_the_polarization_of_a_mask_starts_at_two_over_m_and_ends_at_2048(size, period):
    schedule = schedules.mask_polarization(size)
    result = [float(schedule(step)) for step in (0, period - 1, period, 100 * period)]
    assert result == pytest.approx([2 / size, 2 / size, 4 / size, 2048.0])
