"""Clusters made of a style: their responsibilities, the plain bound, and five blobs."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.networks.mlp import mlp
from zoo.priors.style_mixture import StyleMixture
from zoo.training.data.planted import blobs
from zoo.training.evaluate import matched_accuracy
from zoo.vae_mixture.gmvae import GMVAE

CLUSTERS, LATENT, STYLE, SIZE = 5, 4, 2, 20


def made(seed=0, **settings):
    keras.utils.set_random_seed(seed)
    sides = mlp(SIZE, 2 * LATENT, (64,)), mlp(SIZE, 2 * STYLE, (64,)), mlp(LATENT, SIZE, (64,))
    prior = StyleMixture(mlp(STYLE, (2, CLUSTERS, LATENT), (64,), "tanh"))
    return GMVAE(*sides, prior, LATENT, seed=seed, **settings)


def test_responsibilities_are_those_of_bayes_rule():
    prior, random = made().prior, np.random.default_rng(0)
    z, w = (random.normal(size=(20, size)).astype(np.float32) for size in (LATENT, STYLE))
    means, log_vars = (each.numpy() for each in prior.parameters(w))
    each = scipy.stats.norm(means, np.exp(log_vars / 2)).logpdf(z[:, None]).sum(axis=2)
    expected = np.exp(each - np.logaddexp.reduce(each, axis=1)[:, None])
    found = prior.responsibilities(z, w).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("free_bits, same", [(0.0, True), (1.5, False)])
def test_without_free_bits_the_loss_is_the_plain_bound(free_bits, same):
    model, x = made(free_bits=free_bits), tf.constant(blobs(64, radius=5.0)[0])
    with model.noise.training(0, 0, 0):
        terms = model.autoencoder_loss(x, None, training=True)
    with model.noise.training(0, 0, 0):
        rows = model.row_terms(x, training=True)
    loss, bound = (sum(float(tf.reduce_mean(t)) for t in each.values()) for each in (terms, rows))
    assert (loss == pytest.approx(bound, rel=1e-6)) == same


def test_its_importance_weights_bound_the_same_likelihood_as_its_score():
    model, x = made(), tf.constant(blobs(64, radius=5.0)[0])
    with model.noise.serving(0, 64):
        weights = model.log_weights(x)
    bound = model.score(x, seed=0)  # the divergences in closed form: equal in expectation
    assert float(tf.reduce_mean(weights)) == pytest.approx(float(tf.reduce_mean(bound)), abs=0.5)


@functools.cache
def of_blobs(seed, free_bits=1.5):
    """The last loss, and how many rows are in the cluster of their blob."""
    x, planted = blobs(5_000, seed=0, radius=5.0)
    model = made(seed, free_bits=free_bits)
    model.compile(keras.optimizers.Adam(3e-3), steps_per_execution=39)
    logs = model.fit(x, batch_size=128, epochs=15, verbose=0).history
    clusters = np.argmax(model.classify(x), axis=1)
    return logs["loss"][-1], matched_accuracy(clusters, planted["mode"])


def test_of_three_seeds_the_one_of_the_least_loss_finds_the_blobs(figure):
    _, share = min(of_blobs(seed) for seed in range(3))
    assert figure("GMVAE, least loss of 3: blobs in clusters of their own", share, ">= 0.9") >= 0.9


def test_without_free_bits_clusters_merge(figure):
    _, share = of_blobs(0, 0.0)
    assert figure("GMVAE, lambda = 0: blobs in clusters of their own", share, "below 0.9") < 0.9
