"""Variational autoencoders with other priors, on data whose law, modes or likelihood is known."""

import functools

import keras
import numpy as np
import tensorflow as tf
from scipy.stats import multivariate_normal

from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.mlp import mlp
from zoo.priors.normal import StandardNormal
from zoo.vae.vae import VAE
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
    law = spread**2 * loading @ loading.T + sigma**2 * np.eye(5)
    modes = [multivariate_normal(c @ loading.T + offset, law).pdf(x[10_000:]) for c in centres]
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
        shown = on_two_modes(cls, **settings)[0].sample(4000, seed=0).numpy()
        place = (shown - x.mean(axis=0)) @ axis
        shares.append(np.mean(np.abs(place) < 0.5 * np.std(x @ axis)))
    between = figure("VampPrior, two modes: samples between them", shares[0], "below 0.05")
    assert between < 0.05 < 0.2 < shares[1]  # the last: a normal prior
