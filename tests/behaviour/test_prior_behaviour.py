"""Variational autoencoders with other priors, on data of known density, modes or likelihood."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from scipy.stats import multivariate_normal

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.sticks import log_remainders
from zoo.networks.mlp import mlp
from zoo.posteriors.kumaraswamy import Kumaraswamy
from zoo.priors.beta_sticks import BetaSticks
from zoo.priors.hierarchical import HierarchicalPrior
from zoo.priors.normal import StandardNormal
from zoo.training.data.embedded import digits
from zoo.vae.vae import VAE
from zoo.vae_prior.hierarchical_prior_vae import HierarchicalPriorVAE
from zoo.vae_prior.stick_breaking_vae import StickBreakingVAE
from zoo.vae_prior.vamp_prior_vae import VampPriorVAE


def networks(data_dim, latent_dim, hidden=(), seed=0):
    keras.utils.set_random_seed(seed)
    return mlp(data_dim, 2 * latent_dim, hidden), mlp(latent_dim, data_dim, hidden), latent_dim


def trained(model, x, epochs, rate=1e-2, batch_size=256):
    """The model after `epochs` with a rate that falls to a hundredth."""
    steps = len(x) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=steps)
    model.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
    return model


# VampPrior: data with two modes in the latent plane, and a linear model that can reach them.


@functools.cache
def two_modes(sigma=0.5, spread=0.3):
    """x = W z + b + sigma eps with z around (-2, 0) or (2, 0); ln p(x) of the held-out rows."""
    rng = np.random.default_rng(0)
    loading, offset = rng.normal(size=(5, 2)), rng.normal(size=5)
    centres = np.array([[-2.0, 0.0], [2.0, 0.0]])
    z = centres[rng.integers(2, size=12_000)] + spread * rng.normal(size=(12_000, 2))
    x = (z @ loading.T + offset + sigma * rng.normal(size=(12_000, 5))).astype(np.float32)
    distribution = spread**2 * loading @ loading.T + sigma**2 * np.eye(5)
    modes = [
        multivariate_normal(c @ loading.T + offset, distribution).pdf(x[10_000:]) for c in centres
    ]
    return x[:10_000], x[10_000:], np.mean(np.log(np.mean(modes, axis=0)))


@functools.cache
def on_two_modes(cls, **settings):
    """The trained model, and how many nats its bound stays below ln p(x)."""
    x, held_out, exact = two_modes()
    model = cls(*networks(5, 2), likelihood=Gaussian(0.5), seed=0, **settings)
    trained(model, x, 60)
    return model, exact - np.mean([model.score(held_out, seed=seed) for seed in range(5)])


def test_a_vamp_prior_comes_closer_to_the_likelihood_of_two_modes_than_a_normal_one(figure):
    _, normal = on_two_modes(VAE)
    model, learned = on_two_modes(VampPriorVAE, components=10, warm_up=500)
    figure("VampPrior, two modes: nats that its bound gains", normal - learned, "above 0.4")
    assert normal - learned > 0.4
    z = model.encode(two_modes()[1], sample=True, seed=0)
    inner = model.prior.log_prob(z, model.posterior, model.posteriors())
    gain = tf.reduce_mean(inner - StandardNormal(2).log_prob(z))
    assert figure("VampPrior, two modes: E ln p(z) - E ln N(z; 0, I)", gain, "above 0") > 0


def test_one_pseudo_input_is_no_better_than_a_normal_prior(figure):
    gain = on_two_modes(VAE)[1] - on_two_modes(VampPriorVAE, components=1, warm_up=500)[1]
    assert figure("VampPrior with one pseudo-input: nats gained", gain, "below 0.1") < 0.1


def test_samples_of_a_vamp_prior_lie_in_both_modes_and_not_between_them(figure):
    x, _, _ = two_modes()
    axis = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][0]
    shares = []
    for cls, settings in ((VampPriorVAE, {"components": 10, "warm_up": 500}), (VAE, {})):
        decoded = on_two_modes(cls, **settings)[0].sample(4000, seed=0).numpy()
        place = (decoded - x.mean(axis=0)) @ axis
        shares.append(np.mean(np.abs(place) < 0.5 * np.std(x @ axis)))
    between = figure("VampPrior, two modes: samples between them", shares[0], "below 0.05")
    assert between < 0.05 < 0.2 < shares[1]  # the last: a normal prior


# Hierarchical prior: the error that is allowed is the error that is made, at the lowest rate.


class Reversed(HierarchicalPriorVAE):
    """Mutation: beta grows where the constraint is broken and falls where it holds."""

    def after_move(self, movers, batch, terms):
        new = super().after_move(movers, batch, terms)
        return {**new, "beta": tf.clip_by_value(self.beta**2 / new["beta"], 1e-6, 1.0)}


class Ungated(HierarchicalPriorVAE):
    """Mutation: the prior is trained from the first step."""

    state = {**HierarchicalPriorVAE.state, "met": 1.0}


def hierarchical(cls=HierarchicalPriorVAE, tolerance=0.2):
    encoder, decoder, _ = networks(10, 2, (64, 64))
    prior = HierarchicalPrior(mlp(2, 4, (64, 64)), mlp(2, 4, (64, 64)))
    return cls(encoder, decoder, prior, 2, tolerance=tolerance, seed=0)


@functools.cache
def circle():
    """A circle of radius 2 in a plane of ten dimensions, with noise of 0.05."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0.0, 2.0 * np.pi, 20_000)
    plane = np.linalg.qr(rng.normal(size=(10, 2)))[0]
    points = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1) @ plane.T
    return (points + 0.05 * rng.normal(size=(20_000, 10))).astype(np.float32)


@functools.cache
def error_made(cls):
    """The mean square error of a dimension over the one allowed, and the last beta."""
    model, x = hierarchical(cls), circle()
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=78)
    model.fit(x, batch_size=256, epochs=60, verbose=0)  # 4,680 steps
    decoded = model.decode(model.encode(x, sample=True, seed=0)).numpy()
    return np.mean((decoded - x) ** 2) / model.tolerance**2, float(model.beta.numpy())


@pytest.mark.slow
def test_the_error_made_is_the_error_allowed(figure):
    ratio, beta = error_made(HierarchicalPriorVAE)
    figure("HierarchicalPrior: squared error over the one allowed", ratio, "0.9 to 1.1")
    assert 0.9 < ratio < 1.1 and 1e-3 < beta < 1.0


@pytest.mark.slow
def test_with_beta_reversed_the_error_is_another(figure):
    ratio, beta = error_made(Reversed)
    figure("HierarchicalPrior, beta reversed: error over the one allowed", ratio, "not 0.9 to 1.1")
    assert not 0.9 < ratio < 1.1 and beta in (np.float32(1e-6), 1.0)


def beta_after(cls, distance, steps=100, start=0.1):
    """Where beta goes while the error stays at one distance from the one allowed."""
    model = hierarchical(cls)
    for name, value in {"beta": start, "average": distance, "met": 1.0}.items():
        getattr(model, name).assign(value)
    for _ in range(steps):
        terms = {"autoencoder": {"distortion": distance / model.beta.value}}
        for name, value in model.after_move((), None, terms).items():
            getattr(model, name).assign(value)
    return float(model.beta.numpy())


def test_beta_falls_while_the_error_is_too_large_and_rises_to_one_while_it_is_not():
    broken, met = beta_after(HierarchicalPriorVAE, 0.05), beta_after(HierarchicalPriorVAE, -0.05)
    assert broken == pytest.approx(0.1 * np.exp(-100 * 0.05), rel=1e-3)
    assert 0.9 < met <= 1.0
    assert beta_after(HierarchicalPriorVAE, 5.0) == np.float32(2e-6 / 10)
    assert beta_after(HierarchicalPriorVAE, -5.0) == 1.0
    assert beta_after(Reversed, 0.05) > 0.1 > beta_after(Reversed, -0.05)


def test_training_begins_with_the_variance_that_was_asked_for():
    for shape in ((10,), (8, 8, 1)):
        model = HierarchicalPriorVAE.for_data(shape, 2, hidden=(4,), initial_variance=0.02)
        assert float(model.beta) == pytest.approx(2.0 * 0.02 / np.prod(shape))
        x = np.random.default_rng(0).random((3, *shape), np.float32)
        mean = np.zeros_like(x)
        expected = -scipy.stats.norm(mean, 0.02**0.5).logpdf(x).reshape(3, -1).sum(axis=1)
        np.testing.assert_allclose(model.nll(x, mean), expected, rtol=1e-4)


def moves_of_the_prior(cls):
    """How far the prior moves in a step before the constraint is met, and in one after."""
    model, result = hierarchical(cls), []
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
    for tolerance in (1e-3, 1e3):  # out of reach, then met at once
        model.tolerance = tolerance
        for _ in range(2):  # the prior follows one step later
            before = [v.numpy() for v in model.prior.trainable_variables]
            model.fit(circle()[:64], batch_size=64, verbose=0)
            after = [v.numpy() for v in model.prior.trainable_variables]
        result.append(max(np.abs(a - b).max() for a, b in zip(before, after, strict=True)))
    return result


def test_the_prior_waits_until_reconstructions_are_good_enough():
    before, after = moves_of_the_prior(HierarchicalPriorVAE)
    assert before == 0.0 < after
    assert moves_of_the_prior(Ungated)[0] > 0.0


# Stick-breaking: the concentration of the prior sets how many pieces of the stick count.


class Indifferent(Kumaraswamy):
    """Mutation: the divergence to breaks of concentration 1, whatever was asked for."""

    def divergence(self, output, z, log_q, prior):
        return super().divergence(output, z, log_q, BetaSticks(prior.latent_dim, 1.0))


@functools.cache
def pieces_that_count(concentration, posterior=Kumaraswamy):
    """How many of 20 pieces are broken off before a hundredth of the stick is left."""
    x = digits().train.reshape(-1, 64)
    keras.utils.set_random_seed(0)
    codec = mlp(64, 38, (64,)), mlp(20, 64, (64,))
    distributions = {
        "posterior": posterior(),
        "likelihood": Bernoulli(),
        "concentration": concentration,
    }
    model = StickBreakingVAE(*codec, 20, seed=0, **distributions)
    model.compile(keras.optimizers.Adam(3e-3), steps_per_execution=11)
    model.fit(x, batch_size=128, epochs=20, verbose=0)
    left = np.exp(log_remainders(model.encode(x, sample=True, seed=0)))
    return (left[:, 1:] > 0.01).sum(axis=1).mean()


def test_a_larger_concentration_breaks_more_pieces(figure):
    few, many = pieces_that_count(1.0), pieces_that_count(5.0)
    figure("StickBreaking, alpha_0 = 1: pieces that count, of 20", few, "about 4.5")
    figure("StickBreaking, alpha_0 = 5: pieces that count, of 20", many, "about 18.5")
    assert few == pytest.approx(4.5, abs=1.0) and many == pytest.approx(18.5, abs=1.0)


@pytest.mark.slow
def test_without_its_concentration_the_divergence_breaks_as_few_as_ever(figure):
    measured = pieces_that_count(5.0, Indifferent)
    figure("StickBreaking, alpha_0 ignored: pieces that count", measured, "below 8")
    assert measured < 8.0
