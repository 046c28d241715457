"""Autoencoders that are told a class: exact likelihoods, classes of samples, mutations."""

import functools

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.training import data
from zoo.training.data.planted import blobs, linear_gaussian
from zoo.vae_label.cvae import CVAE


def networks(size, latent_dim, classes, hidden=()):
    """Encoder and decoder of vectors and labels, and their sizes."""
    keras.utils.set_random_seed(0)
    encoder = labelled(lambda shape: mlp(shape, 2 * latent_dim, hidden), (size,), classes)
    decoder = labelled(lambda shape: mlp(shape, size, hidden), (latent_dim,), classes)
    return encoder, decoder, latent_dim, classes


def trained(model, x, y, epochs, rate=1e-2, batch_size=256):
    """The model after `epochs` with a rate that falls to a hundredth."""
    steps = len(x) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps * epochs, alpha=0.01)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=steps)
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return model


# Linear Gaussian data with an offset for each class: every likelihood is known.


class Unaware(CVAE):
    """Mutation: the posterior q(z|x) that lectures print, without the label."""

    def elbo_parts(self, x, y, training):
        aware, self.encoder = self.encoder, lambda xy, training: aware([xy[0], 0 * xy[1] - 1])
        try:
            return super().elbo_parts(x, y, training)
        finally:
            self.encoder = aware


@functools.cache
def offset_classes():
    """Rows, labels and the exact ln p(x, c) of each class."""
    x, planted = linear_gaussian(count=20_000)
    rng = np.random.default_rng(1)
    offsets, y = 1.5 * rng.normal(size=(3, 5)), rng.integers(3, size=len(x))
    x = (x + offsets[y]).astype(np.float32)
    exact = np.stack([planted["log_likelihood"](x - offset) for offset in offsets], axis=1)
    return x, y, exact - np.log(3.0)


@functools.cache
def linear(cls):
    """A trained linear model and its bounds on ln p(x, c) of held-out rows."""
    x, y, _ = offset_classes()
    model = cls(*networks(5, 2, 3), likelihood=Gaussian(0.5), seed=0)
    trained(model, x[:10_000], y[:10_000], 100, 3e-2)
    result = []
    for seed in range(10):
        with model.noise.serving(seed, 10_000):
            result.append(model.class_bounds(x[10_000:], training=False).numpy())
    return model, np.mean(result, axis=0)


def missing_nats(cls):
    """How far the bound of the right class stays below the exact likelihood."""
    _, y, exact = offset_classes()
    own = np.arange(10_000), y[10_000:]
    return np.mean(exact[10_000:][own]) - np.mean(linear(cls)[1][own])


def test_a_linear_cvae_reaches_the_exact_likelihood_of_each_class(figure):
    missing = figure("CVAE: nats below the exact ln p(x, c)", missing_nats(CVAE), "0 +- 0.05")
    assert abs(missing) < 0.05


@pytest.mark.slow
def test_a_posterior_without_the_label_misses_the_likelihood(figure):
    missing = missing_nats(Unaware)
    assert figure("CVAE with q(z|x): nats missing", missing, "above 0.05") > 0.05


def test_classes_are_judged_as_bayes_rule_does(figure):
    model, _ = linear(CVAE)
    x, _, exact = (side[10_000:] for side in offset_classes())
    best = exact.argmax(axis=1)
    agreement = np.mean(np.argmax(model.classify(x), axis=1) == best)
    assert figure("CVAE: agreement with the Bayes classifier", agreement, "at least 0.9") >= 0.9
    gap = scipy.special.logsumexp(exact, axis=1).mean() - np.mean(model.score(x))
    assert 0.0 < gap < 0.2


# What is decoded is of the class that was asked for.


class Deaf(CVAE):
    """Mutation: a decoder that does not hear the label."""

    def __init__(self, encoder, decoder, *sizes, **parts):
        z, y = decoder.inputs
        deaf = keras.Model([z, y], decoder([z, y * 0]))
        super().__init__(encoder, deaf, *sizes, **parts)


@functools.cache
def of_blobs(cls):
    x, planted = blobs(count=5_000)
    return trained(cls(*networks(20, 2, 5, (64,)), seed=0), x, planted["mode"], 30)


def obedience(cls):
    """How often data decoded from one code for each label are nearest to its centre."""
    _, planted = blobs(count=5_000)
    labels = np.arange(500) % 5
    same = np.repeat(np.random.default_rng(0).normal(size=(100, 2)), 5, axis=0)
    decoded = of_blobs(cls).decode(same.astype(np.float32), labels).numpy()
    nearest = np.linalg.norm(decoded[:, None] - planted["centres"], axis=2).argmin(axis=1)
    return np.mean(nearest == labels)


def test_changing_the_label_alone_changes_the_class(figure):
    share = figure("CVAE: blobs decoded in the class asked for", obedience(CVAE), "at least 0.9")
    assert share >= 0.9


def test_a_decoder_that_does_not_hear_the_label_draws_one_class():
    assert obedience(Deaf) < 0.5


def test_a_translated_row_is_of_the_new_class_and_keeps_its_code():
    model, (x, planted) = of_blobs(CVAE), blobs(count=5_000)
    other = (planted["mode"][:500] + 1) % 5
    decoded = model.translate(x[:500], other)
    nearest = np.linalg.norm(decoded[:, None] - planted["centres"], axis=2).argmin(axis=1)
    assert np.mean(nearest == other) > 0.9
    known = model.decode(model.encode(x[:500]), other)
    np.testing.assert_array_equal(decoded, known)


def test_labels_that_are_not_given_are_drawn_or_found():
    model, (x, planted) = of_blobs(CVAE), blobs(count=5_000)
    drawn = model.sample(2000, seed=0).numpy()
    nearest = np.linalg.norm(drawn[:, None] - planted["centres"], axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(nearest, minlength=5) / 2000, 0.2, atol=0.05)
    result = np.argmax(model.classify(x[:100]), axis=1)
    np.testing.assert_array_equal(model.encode(x[:100]), model.encode(x[:100], result))
    mixed = np.where(np.arange(100) % 2, result, -1)
    np.testing.assert_array_equal(model.reconstruct(x[:100], mixed), model.reconstruct(x[:100]))


@pytest.mark.slow
def test_samples_of_digits_are_read_as_their_labels(figure):
    from sklearn.svm import SVC

    digits = data.load("digits")
    keras.utils.set_random_seed(0)
    model = CVAE.for_data((8, 8, 1), 8, num_classes=10, seed=0)
    trained(model, digits.train, digits.train_labels, 60, 3e-3, batch_size=32)
    judge = SVC().fit(digits.train.reshape(-1, 64), digits.train_labels)
    labels = np.arange(1000) % 10
    read = judge.predict(tf.reshape(model.sample(1000, labels, seed=0), [1000, 64]))
    share = np.mean(read == labels)
    assert figure("CVAE: digits read as the label asked for", share, "at least 0.9") >= 0.9
