"""Variational autoencoders on data whose likelihood, noise or dimension is known."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.reconstruction import sum_of_rest
from zoo.networks.mlp import mlp
from zoo.training.data.planted import linear_gaussian
from zoo.vae.beta_vae import BetaVAE
from zoo.vae.fixed_variance_vae import FixedVarianceVAE
from zoo.vae.heteroscedastic_vae import HeteroscedasticVAE
from zoo.vae.learned_variance_vae import LearnedVarianceVAE
from zoo.vae.vae import VAE


def networks(data_dim, latent_dim, hidden=(), seed=0):
    keras.utils.set_random_seed(seed)
    return mlp(data_dim, 2 * latent_dim, hidden), mlp(latent_dim, data_dim, hidden), latent_dim


def trained(model, x, epochs, rate=1e-2, execution=39, batch_size=256):
    """The model after `epochs` with a rate that falls to a hundredth."""
    steps = epochs * (len(x) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=execution)
    model.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
    return model


# Linear Gaussian data: the likelihood of every row is known, and the bound can reach it.


class Inverted(VAE):
    """Mutation: the divergence with the sign that lectures often print."""

    def autoencoder_loss(self, x, y, training):
        terms = super().autoencoder_loss(x, y, training)
        return {**terms, "divergence": -terms["divergence"]}


def missing_nats(cls, **settings):
    """How far the bound of a linear model stays below the exact log-likelihood."""
    x, planted = linear_gaussian()
    distribution = Gaussian(planted["sigma"])
    model = trained(
        cls(*networks(5, 2), likelihood=distribution, seed=0, **settings), x[:10_000], 150, 3e-2
    )
    held_out = x[10_000:]
    bounds = [model.score(held_out, seed=seed) for seed in range(10)]
    return np.mean(planted["log_likelihood"](held_out)) - np.mean(bounds)


def test_a_linear_vae_reaches_the_exact_likelihood_of_linear_data(figure):
    missing = figure("VAE: nats below the exact log-likelihood", missing_nats(VAE), "0 +- 0.05")
    assert abs(missing) < 0.05


@pytest.mark.slow
def test_a_divergence_that_counts_twice_misses_the_likelihood(figure):
    missing = missing_nats(BetaVAE, beta=2.0)
    assert figure("VAE with its divergence doubled: nats missing", missing, "above 0.05") > 0.05


@pytest.mark.slow
def test_a_divergence_of_the_wrong_sign_misses_the_likelihood():
    assert not abs(missing_nats(Inverted)) < 0.05  # it may not even be a number


# beta-VAE: the weight of the divergence.


def after_five_steps(cls, **settings):
    model = cls(*networks(5, 2, (16,)), seed=3, **settings)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(linear_gaussian(count=640)[0], batch_size=128, verbose=0)
    return model.get_weights()


def test_a_beta_of_one_is_the_vae_bit_for_bit():
    pairs = zip(after_five_steps(VAE), after_five_steps(BetaVAE, beta=1.0), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_another_beta_is_not_the_vae():
    pairs = zip(after_five_steps(VAE), after_five_steps(BetaVAE, beta=1.01), strict=True)
    assert not all(np.array_equal(one, other) for one, other in pairs)


def test_a_larger_beta_gives_up_reconstruction_for_less_divergence():
    x, _ = linear_gaussian(sigma=0.25, count=10_000)
    logs = []
    for beta in (0.5, 1.0, 4.0, 16.0):
        model = BetaVAE(*networks(5, 2), likelihood=Gaussian(0.25), beta=beta, seed=0)
        logs.append(trained(model, x, 30).evaluate(x, batch_size=1000, return_dict=True, verbose=0))
    assert (np.diff([log["kl"] for log in logs]) < 0).all()
    assert (np.diff([log["reconstruction"] for log in logs]) > 0).all()


# The variance of the likelihood: fixed, learned, or one for every output.


class Blind(Gaussian):
    """Mutation: a density of variance 1 whatever was asked for."""

    def parameters(self, output):
        return output, 0.0


def divergence(sigma, distribution=Gaussian):
    x, _ = linear_gaussian(count=10_000)
    model = FixedVarianceVAE(*networks(5, 2), likelihood=distribution(sigma), seed=0)
    logs = trained(model, x, 30).evaluate(x, batch_size=1000, return_dict=True, verbose=0)
    return logs["divergence"]


def test_codes_carry_less_the_larger_the_variance_is_fixed():
    large, middle, small = (divergence(sigma) for sigma in (0.1, 1.0, 10.0))
    assert large > middle + 0.5 > small + 0.5
    assert small < 0.05  # the posterior is the prior


@pytest.mark.slow
def test_a_variance_that_is_ignored_leaves_the_codes_alone():
    assert divergence(0.1, Blind) == pytest.approx(divergence(10.0, Blind), rel=1e-3)


@functools.cache
def three_dimensions_in_ten():
    rng = np.random.default_rng(0)
    axes = 2.0 * np.linalg.qr(rng.normal(size=(10, 3)))[0]
    return (rng.normal(size=(20_000, 3)) @ axes.T).astype(np.float32)


@pytest.mark.slow
def test_a_learned_variance_keeps_as_many_latents_as_the_data_have_dimensions(figure):
    x = three_dimensions_in_ten()
    model = LearnedVarianceVAE(*networks(10, 8, (128, 128)), seed=0)
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([9000], [1e-3, 1e-4])
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=39)
    model.fit(x, batch_size=256, epochs=154, verbose=0)  # 12,000 steps
    mean, log_var = np.split(model.encoder(x[:5000]).numpy(), 2, axis=1)
    sigma = np.exp(0.5 * log_var).mean(axis=0)
    assert np.exp(float(model.likelihood.log_sigma)) < 0.05
    active = mean.var(axis=0) > 0.5
    assert figure("LearnedVarianceVAE: active of 8 on a 3-manifold", active.sum(), "3") == 3
    assert (sigma[~active] > 0.9).all()


class VarianceOnly(LearnedVarianceVAE):
    """Moves the learned variance and nothing else."""

    players = {"autoencoder": ("likelihood",)}
    frozen = ("encoder", "decoder")


class Unnormalized(Gaussian):
    """Mutation: the density without its ln gamma."""

    def nll(self, x, output):
        mean, log_var = self.parameters(output)
        return 0.5 * sum_of_rest(tf.square(x - mean) * tf.exp(-log_var))


def variance_alone(likelihood):
    """gamma^2 over the mean squared error of one dimension, networks frozen."""
    x = three_dimensions_in_ten()
    model = VarianceOnly(*networks(10, 8, (16,)), likelihood=likelihood, seed=0)
    trained(model, x, 10, rate=5e-2)
    decoded = np.concatenate([model.decode(model.encode(x, True, seed)) for seed in range(5)])
    error = np.mean((decoded - np.concatenate([x] * 5)) ** 2)
    return np.exp(2.0 * float(model.likelihood.log_sigma)) / error


def test_the_learned_variance_alone_becomes_the_mean_squared_error(figure):
    ratio = variance_alone(Gaussian(variance="learned"))
    figure("LearnedVarianceVAE: gamma^2 over the squared error", ratio, "1 +- 1 %")
    assert ratio == pytest.approx(1.0, rel=0.01)


def test_without_its_logarithm_the_learned_variance_diverges():
    assert variance_alone(Unnormalized(variance="learned")) > 100.0


def test_a_variance_for_each_output_follows_the_noise_of_the_data():
    rng = np.random.default_rng(0)
    place = rng.uniform(-1.0, 1.0, size=(10_000, 1))
    spread = 0.05 + 0.25 / (1.0 + np.exp(-4.0 * place))
    curve = np.sin(place * np.linspace(0.5, 3.0, 10) + np.linspace(0.0, 2.0, 10))
    x = (curve + spread * rng.normal(size=curve.shape)).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = HeteroscedasticVAE(mlp(10, 2, (64, 64)), mlp(1, 20, (64, 64)), 1, seed=0)
    trained(model, x, 50, rate=3e-3)
    _, log_var = model.likelihood.parameters(model.decoder(model.encode(x)))
    learned = np.exp(0.5 * log_var.numpy()).mean(axis=1)
    assert np.corrcoef(learned, spread[:, 0])[0, 1] > 0.9
