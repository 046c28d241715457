"""Several labels of which any may be unknown: M2 at a corner, enumeration, importance weights."""

import functools
import itertools

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.networks.pairs import conditional_encoder
from zoo.training.data.labels import some_labels
from zoo.training.data.planted import blobs
from zoo.vae_label.m2_vae import M2VAE
from zoo.vae_label.siddharth_ssvae import SiddharthSSVAE


def made(size=4, latent_dim=2, sizes=(3,), hidden=(8,), cls=SiddharthSSVAE, **settings):
    keras.utils.set_random_seed(0)
    labels = sizes[0] if len(sizes) == 1 else list(sizes)
    first = settings.get("factorization") == "code_first"
    encoder = labelled(lambda shape: mlp(shape, 2 * latent_dim, hidden), (size,), labels)
    encoder = mlp(size, 2 * latent_dim, hidden) if first else encoder
    decoder = labelled(lambda shape: mlp(shape, size, hidden), (latent_dim,), labels)
    classifier = mlp(size, sum(sizes), hidden)
    if first:
        classifier = conditional_encoder((size,), latent_dim, sum(sizes), hidden)
    if len(sizes) > 1:
        settings["label_sizes"] = sizes
    count = int(np.prod(sizes))
    return cls(encoder, decoder, classifier, latent_dim, count, seed=0, **settings)


def rows(count=6, size=4):
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)


def terms(model, x, y):
    with model.noise.training(model.seed, 0, 0):
        found = model.model_loss(tf.constant(x), tf.constant(y, tf.int32), training=True)
    return {name: value.numpy() for name, value in found.items()}


def test_of_one_label_it_is_m2(figure):
    x, y = rows(), np.array([0, -1, 2, 1, -1, 2])
    ours, theirs = (terms(made(cls=cls), x, y) for cls in (SiddharthSSVAE, M2VAE))
    gap = max(np.abs(ours[name] - theirs[name]).max() for name in theirs)
    assert figure("SiddharthSSVAE less M2VAE at its corner: nats", gap, "below 1e-4") < 1e-4


def test_its_weight_counts_where_a_label_is_known():
    x, y = rows(), np.array([0, -1, 2, 1, -1, 2])
    plain, twice = (terms(made(supervised_weight=w), x, y) for w in (1.0, 2.0))
    np.testing.assert_allclose(twice["bound"] / plain["bound"], np.where(y >= 0, 2.0, 1.0), 1e-5)
    np.testing.assert_allclose(twice["classification"] / plain["classification"], 2.0, 1e-5)


@pytest.mark.parametrize("weight, taught", [(0.1, True), (0.0, False)])
def test_labels_teach_the_classifier_by_alpha_above_1_alone(weight, taught):
    model, x = made(classification_weight=weight), tf.constant(rows())
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        found = model.model_loss(x, tf.constant([0, 1, 2, 0, 1, 2]), training=True)
        loss = tf.add_n([tf.reduce_mean(term) for term in found.values()])
    slopes = tape.gradient(loss, [w.value for w in model.classifier.trainable_variables])
    assert (max(np.abs(slope).max() for slope in slopes) > 1e-4) == taught


# Two labels, of two and of three values: the bound against a loop over what is unknown.


def by_hand(model, x, y):
    """-sum_u q(u|x) [b(x, y) - ln q(u|x)] of each row, by enumeration."""
    with model.noise.training(model.seed, 0, 0):
        bounds = model.class_bounds(tf.constant(x), training=True).numpy()
    parts = np.split(model.classifier(x).numpy(), np.cumsum(model.sizes)[:-1], axis=1)
    log_q = [part - np.logaddexp.reduce(part, axis=1)[:, None] for part in parts]
    found = []
    for i, given in enumerate(y):
        total = 0.0
        for k, values in enumerate(itertools.product(*map(range, model.sizes))):
            if all(v == g or g < 0 for v, g in zip(values, given, strict=True)):
                free = sum(log_q[a][i, v] for a, v in enumerate(values) if given[a] < 0)
                total += np.exp(free) * (bounds[i, k] - free)
        found.append(-total)
    return found


def test_unknown_labels_are_enumerated_and_known_ones_are_not():
    model, x = made(sizes=(2, 3)), rows()
    y = np.array([[0, 2], [-1, 1], [1, -1], [-1, -1], [1, 0], [-1, 2]])
    found = terms(model, x, y)
    np.testing.assert_allclose(found["bound"], by_hand(model, x, y), rtol=1e-4)


def test_labels_of_every_verb_have_the_shape_of_the_data():
    model, x = made(sizes=(2, 3)), rows()
    assert model.classify(x).shape == (6, 6)
    np.testing.assert_allclose(np.sum(model.classify(x), axis=1), 1.0, atol=1e-5)
    y = np.tile([1, 2], (6, 1))
    assert model.reconstruct(x, y).shape == model.translate(x, y).shape == x.shape
    assert model.sample(4, labels=[1, -1], seed=0).shape == (4, 4)
    with pytest.raises(ValueError, match="`labels` must be 2 integers, or so many for each of 4"):
        model.sample(4, labels=[1, 0, 1])
    model.compile()
    with pytest.raises(ValueError, match=r"`y` must have shape \(batch, 2\). Received: \(6,\)"):
        model.fit(x, np.zeros(6, int), batch_size=3)
    with pytest.raises(ValueError, match=r"`y` must be in \[-1, \[1 2\]\]. Received: labels from"):
        model.fit(x, np.tile([2, 2], (6, 1)), batch_size=3)


# Code first: ln q(y|x) by importance weights, of a code of one dimension.


def exact_log_known(model, x, y):
    """ln q(y|x) = ln of the integral of q(y|x, z) q(z|x), on a grid of z."""
    mean, log_var = np.split(model.encoder(x).numpy(), 2, axis=1)
    ticks = np.linspace(-6.0, 6.0, 2_001)
    log_known, density = [], scipy.stats.norm.pdf(ticks)
    for i, label in enumerate(y):
        z = (mean[i] + np.exp(log_var[i] / 2) * ticks)[:, None].astype(np.float32)
        logits = model.classifier([np.repeat(x[i : i + 1], len(z), axis=0), z]).numpy()
        log_q = logits[:, label] - scipy.special.logsumexp(np.float64(logits), axis=1)
        log_known.append(scipy.special.logsumexp(log_q, b=density / density.sum()))
    return np.array(log_known)


def test_importance_weights_find_the_probability_of_a_label(figure):
    x, y = rows(200), np.random.default_rng(1).integers(3, size=200)
    errors = []
    for draws in (1, 300):
        model = made(latent_dim=1, factorization="code_first", draws=draws)
        for weight in model.classifier.trainable_variables:
            weight.assign(1.5 * weight.value)  # so that z matters
        with model.noise.training(0, 0, 0):
            _, log_known = model.inference.terms(model, tf.constant(x), tf.constant(y), True)
        errors.append(float(np.abs(np.mean(log_known - exact_log_known(model, x, y)))))
        figure(f"SiddharthSSVAE, S = {draws}: error of ln q(y|x)", errors[-1], "to 0 with S")
    assert errors[1] < 0.02 and errors[1] < errors[0] / 5.0


# Blobs with two labels, each known of 40 rows of 3,000: which one of five, and on which side.


@functools.cache
def split():
    x, planted = blobs(4_000)
    mode, side = planted["mode"].astype(np.int32), np.int32(planted["mode"] % 2)
    few = np.stack([some_labels(mode[:3_000], 8, 0), some_labels(side[:3_000], 20, 1)], axis=1)
    known = np.flatnonzero((few >= 0).any(axis=1))
    order = np.concatenate([np.arange(3_000), *[known] * 4])
    return x[order], few[order], x[3_000:], mode[3_000:]


@functools.cache
def accuracy(**settings):
    """How often the first label of the most probable class is right, of held-out rows."""
    x, y, held_out, mode = split()
    model = made(20, 5, (5, 2), (64,), **settings)
    model.compile(keras.optimizers.Adam(2e-3), steps_per_execution=20)
    model.fit(x, y, batch_size=128, epochs=24, verbose=0)
    best = np.argmax(model.classify(held_out), axis=1) // 2
    return np.mean(best == mode)


@pytest.mark.slow
def test_two_labels_of_few_rows_teach_the_classes_of_all(figure):
    gain = accuracy(classification_weight=1.0) - accuracy(classification_weight=0.0)
    what = "SiddharthSSVAE, two partial labels: accuracy of the first, less that of alpha = 1"
    assert figure(what, gain, "at least 0.05") >= 0.05
