"""LinearGaussianLVM: exact likelihood, expectation maximization that never falls, and PCA."""

import functools
from unittest import mock

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.density.linear_gaussian_lvm import LinearGaussianLVM
from zoo.training.data.planted import linear_gaussian

COUNT = 5000


@functools.cache
def rows():
    return linear_gaussian(count=COUNT)


class Certain(LinearGaussianLVM):
    """Mutation: the uncertainty S of z given x is left out of the mean of z z'."""

    def maximize(self, x, weights):
        def certain(rows):
            m, s, log_det = LinearGaussianLVM.posterior(self, rows)
            return m, 0.0 * s, log_det

        with mock.patch.object(self, "posterior", certain):
            super().maximize(x, weights)


@functools.cache
def fitted(cls=LinearGaussianLVM):
    """A model after a hundred steps on all rows, and ln p(x), its mean, before each of them."""
    model = cls(5, 2, seed=0)
    model.compile()
    logs = model.fit(rows()[0], batch_size=COUNT, epochs=100, verbose=0).history
    return model, -np.array(logs["nll"])


@functools.cache
def descended():
    """A model after a thousand steps along the gradient, of 500 rows each."""
    model = LinearGaussianLVM(5, 2, method="gradient", seed=0)
    falling = keras.optimizers.schedules.CosineDecay(0.03, 1000, alpha=0.001)
    model.compile(keras.optimizers.Adam(falling), steps_per_execution=10)
    model.fit(rows()[0], batch_size=500, epochs=100, verbose=0)
    return model


def largest_fall(cls):
    return np.max(-np.diff(fitted(cls)[1]))


def test_the_likelihood_never_falls(figure):
    fall = figure(
        "LinearGaussianLVM, EM: largest fall of ln p", largest_fall(LinearGaussianLVM), "<= 1e-5"
    )
    assert fall <= 1e-5


def test_without_the_uncertainty_of_codes_it_falls(figure):
    fall = figure("LinearGaussianLVM, S left out: largest fall", largest_fall(Certain), "> 1e-5")
    assert fall > 1e-5


def principal():
    """Mean, first two components and the mean of the other eigenvalues of the covariance."""
    x = rows()[0].astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    return x.mean(axis=0), vectors[:, -2:], values[:-2].mean()


@pytest.mark.parametrize("method", ["em", pytest.param("gradient", marks=pytest.mark.slow)])
def test_it_finds_the_principal_subspace_and_the_noise_beside_it(method, figure):
    model = fitted()[0] if method == "em" else descended()
    mean, axes, rest = principal()
    basis = np.linalg.qr(model.loading.numpy())[0]
    angle = np.arccos(np.clip(np.linalg.svd(basis.T @ axes)[1].min(), 0.0, 1.0))
    figure(f"LinearGaussianLVM, {method}: angle to the principal plane", angle, "below 0.01")
    assert angle < 0.01
    np.testing.assert_allclose(model.offset, mean, atol=2e-3)
    assert np.exp(model.log_var) == pytest.approx(rest, rel=0.01)


def test_its_likelihood_is_that_of_the_gaussian_it_stands_for():
    model, x = fitted()[0], rows()[0][:100]
    w, variance = model.loading.numpy(), np.exp(model.log_var)
    marginal = scipy.stats.multivariate_normal(model.offset.numpy(), w @ w.T + variance * np.eye(5))
    np.testing.assert_allclose(model.score(x), marginal.logpdf(x), rtol=1e-5)


def test_the_planted_likelihood_is_reached(figure):
    model, (x, planted) = fitted()[0], rows()
    gap = np.mean(model.score(x)) - planted["log_likelihood"](x).mean()
    assert figure(
        "LinearGaussianLVM: nats above the planted ln p", gap, "0 to 0.01"
    ) == pytest.approx(0.005, abs=0.005)


def test_codes_are_the_means_of_the_posterior():
    """E[z|x] of a joint Gaussian is W' C^-1 (x - b)."""
    model, x = fitted()[0], rows()[0][:100]
    w, variance = model.loading.numpy(), np.exp(model.log_var)
    joint = w.T @ np.linalg.inv(w @ w.T + variance * np.eye(5))
    np.testing.assert_allclose(model.encode(x), (x - model.offset.numpy()) @ joint.T, atol=1e-4)


def test_samples_have_the_moments_of_the_data():
    drawn, x = fitted()[0].sample(50_000, seed=0).numpy(), rows()[0]
    np.testing.assert_allclose(drawn.mean(axis=0), x.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(x.T), atol=0.15)


def test_a_step_on_less_rows_is_that_of_these_rows():
    model, x = LinearGaussianLVM(5, 2, seed=0), tf.constant(rows()[0][:64])
    model.compile()
    model.move(("density",), (x, None), 0)
    np.testing.assert_allclose(model.offset, x.numpy().mean(axis=0), atol=1e-6)
