"""Deterministic autoencoders: principal components, small codes, planted modes."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.autoencoder.autoencoder import Autoencoder
from zoo.autoencoder.rae import RAE
from zoo.networks.mlp import mlp
from zoo.priors.fitted_mixture import FittedMixture
from zoo.training.data.planted import gaussians, linear_gaussian


def build(cls, data_dim, latent_dim, hidden=(), **settings):
    keras.utils.set_random_seed(0)
    networks = mlp(data_dim, latent_dim, hidden), mlp(latent_dim, data_dim, hidden)
    return cls(*networks, latent_dim, seed=0, **settings)


def trained(model, x, steps, rate=1e-3, batch_size=128):
    """The model after about `steps` steps."""
    epoch = len(x) // batch_size
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=epoch)
    model.fit(x, batch_size=batch_size, epochs=-(-steps // epoch), verbose=0)
    return model


# A linear autoencoder finds the principal components.


def excess_of_error(cls, **settings):
    """The test error of a linear model over that of as many principal components."""
    x, _ = linear_gaussian(latent_dim=3, data_dim=10)
    train, test = x[:10_000], x[10_000:]
    model = trained(build(cls, 10, 3, **settings), train, 6000)
    centre = train.mean(axis=0)
    axes = np.linalg.svd(train - centre, full_matrices=False)[2][:3]
    lost = (test - centre) - (test - centre) @ axes.T @ axes
    return np.mean(model.error(test, model.reconstruct(test))) / np.mean(np.sum(lost**2, axis=1))


def test_a_linear_autoencoder_is_as_good_as_principal_components(figure):
    ratio = excess_of_error(Autoencoder)
    figure("Autoencoder: error over that of principal components", ratio, "1 +- 0.01")
    assert ratio == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
def test_a_weight_on_codes_and_kernels_makes_it_worse():
    assert excess_of_error(RAE, code_norm_weight=1.0, penalty_weight=1.0) > 1.01


# Codes have no distribution until one is fitted.


@pytest.mark.parametrize("cls", [Autoencoder, RAE])
def test_sampling_before_a_distribution_is_fitted_says_what_to_call(cls):
    model = build(cls, 5, 2)
    with pytest.raises(ValueError, match=r"call `model.fit_sampler\(x\)`"):
        model.sample(4, seed=0)
    model.fit_sampler(linear_gaussian(count=100)[0])
    assert model.sample(4, seed=0).shape == (4, 5)


def planted_modes():
    """Three modes of a plane in ten dimensions."""
    centres = np.array([[-3.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(10, 2)))[0]
    codes, _ = gaussians(centres, 0.5, 5000, seed=0)
    return (codes @ plane.T).astype(np.float32), centres @ plane.T


def misplaced(components):
    """The mean distance of planted modes to the decoded means of the fitted mixture."""
    x, centres = planted_modes()
    prior = FittedMixture(2, components=components)
    model = trained(build(RAE, 10, 2, (64, 64), prior=prior), x, 1500)
    result = model.fit_sampler(x).decode(model.prior.means.value).numpy()
    distance = np.linalg.norm(centres[:, None] - result, axis=2)
    chosen = itertools.permutations(range(max(components, 3)), 3)
    return min(np.mean([distance[i, j % components] for i, j in enumerate(c)]) for c in chosen)


def test_the_fitted_mixture_finds_the_planted_modes(figure):
    assert figure("RAE: distance to planted modes", misplaced(components=3), "below 0.2") < 0.2


def test_one_gaussian_does_not_find_them(figure):
    assert figure("RAE, one Gaussian: distance", misplaced(components=1), "above 0.2") > 0.2


# RAE keeps codes small and its decoder smooth.


def size_of_codes(weight):
    x, _ = linear_gaussian(count=5000)
    model = build(RAE, 5, 2, (32, 32), code_norm_weight=weight, penalty="weights")
    return np.mean(np.sum(np.square(trained(model, x, 1000).encode(x)), axis=1))


def test_a_larger_weight_on_the_codes_makes_them_smaller():
    sizes = [size_of_codes(weight) for weight in (0.0128, 0.128, 1.28, 12.8)]
    assert (np.diff(sizes) < 0).all()
    assert sizes[-1] < 0.1 * sizes[0]


def test_the_penalty_is_the_frobenius_norm_of_the_jacobian():
    keras.utils.set_random_seed(0)
    model = RAE(mlp(5, 3), mlp(3, 5, (16, 16), "tanh"), 3, penalty="jacobian")
    z = tf.constant(np.random.default_rng(0).normal(size=(7, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(z)
        decoded = model.decoder(z)
    expected = np.sum(tape.batch_jacobian(decoded, z).numpy() ** 2, axis=(1, 2))
    np.testing.assert_allclose(model.jacobian_norm(z), expected, rtol=1e-5)
    with tf.GradientTape() as tape:  # what the released code computes is something else
        tape.watch(z)
        total = tf.reduce_sum(model.decoder(z) ** 2)
    other = np.mean(tape.gradient(total, z).numpy() ** 2, axis=1)
    assert not np.allclose(other, expected, rtol=0.1)


def roughness(weight):
    """The norm of the decoder's Jacobian at the codes, after training."""
    x, _ = linear_gaussian(count=2560)
    model = build(RAE, 5, 2, (32, 32), penalty="jacobian", penalty_weight=weight)
    trained(model, x, 500)
    return np.mean(model.jacobian_norm(model.encode(x)))


def test_the_penalty_smooths_the_decoder():
    assert roughness(0.1) < 0.8 * roughness(0.0)
