"""Games whose generator takes a class: it draws the class that was asked for."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan_label.acgan import ACGAN
from zoo.gan_label.cgan import CGAN
from zoo.gan_label.sgan import SGAN
from zoo.networks.features import with_head
from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.training.data.planted import blobs, moons

CLASSES, SIZE, NOISE = 5, 20, 4
APART = 6.0  # the radius at which classes do not overlap


def generator():
    return labelled(lambda shape: mlp(shape, SIZE, (64, 64)), (NOISE,), CLASSES)


def judge(cls):
    """A discriminator of the kind that a class takes."""
    if cls.score_is_labelled:
        return labelled(lambda shape: mlp(shape, 1, (64, 64), "leaky_relu"), (SIZE,), CLASSES)
    return with_head(mlp(SIZE, 1, (64, 64), "leaky_relu"), CLASSES, hidden=())


def build(cls, **settings):
    keras.utils.set_random_seed(0)
    return cls(generator(), judge(cls), NOISE, CLASSES, seed=0, **settings)


@functools.cache
def trained(cls, steps=1000, radius=2.5, **settings):
    """The game on five blobs of 20 dimensions."""
    x, planted = blobs(12_800, radius=radius)
    model = build(cls, **settings)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=50)
    model.fit(x, planted["mode"], epochs=steps // 50, steps_per_epoch=50, verbose=0)
    return model


def nearest(x, radius=2.5):
    """The class whose centre is nearest to each row."""
    centres = blobs(1, radius=radius)[1]["centres"]
    return np.linalg.norm(np.asarray(x)[:, None] - centres, axis=2).argmin(axis=1)


def obedience(model, radius=2.5):
    """How often samples lie nearest to the centre of the class that was asked for."""
    labels = np.arange(2000) % CLASSES
    return np.mean(nearest(model.sample(2000, labels, seed=0), radius) == labels)


# ACGAN: the discriminator takes no label, and predicts it.


def test_samples_of_acgan_are_of_the_class_asked_for(figure):
    share = figure("ACGAN: samples of the class asked for", obedience(trained(ACGAN)), ">= 0.9")
    assert share >= 0.9


@pytest.mark.slow
def test_without_the_class_told_acgan_draws_any(figure):
    share = obedience(trained(ACGAN, classification_weight=0.0))
    assert figure("ACGAN, w = 0: samples of the class asked for", share, "below 0.5") < 0.5


def test_the_discriminator_of_acgan_sees_no_label_and_tells_the_class(figure):
    model, (x, _) = trained(ACGAN), blobs(2000, seed=0)
    assert len(model.discriminator.inputs) == 1
    share = np.mean(np.argmax(model.classify(x), axis=1) == nearest(x))
    assert figure("ACGAN: agreement with the Bayes classifier", share, ">= 0.9") >= 0.9


def test_both_players_of_acgan_lower_the_error_of_the_class_of_samples():
    model, (x, planted) = build(ACGAN), blobs(256)
    model.compile(keras.optimizers.SGD(0.1))
    batch = tf.constant(x), tf.constant(planted["mode"], tf.int32)

    def error():
        with model.noise.training(0, 0, 0):
            return float(np.mean(model.generator_loss(*batch, True)["classification"]))

    for player in ("generator", "discriminator"):
        before = error()
        model.move((player,), batch, 0)
        assert error() < before


# CGAN: both players take the label.


def test_samples_of_cgan_are_of_the_class_asked_for(figure):
    """Of classes that are apart: CGAN draws those of the data, which Bayes' rule may mistake."""
    share = obedience(trained(CGAN, radius=APART), APART)
    assert figure("CGAN: samples of the class asked for", share, ">= 0.9") >= 0.9


def test_other_labels_lower_the_score_of_cgan(figure):
    """Data with their labels and with others, after the discriminator alone has moved."""
    x, planted = blobs(2048)
    model = build(CGAN)
    model.compile(keras.optimizers.Adam(1e-3, 0.5))
    for start in range(0, 2048, 128):
        rows = slice(start, start + 128)
        labels = tf.constant(planted["mode"][rows], tf.int32)
        for _ in range(3):
            model.move(("discriminator",), (tf.constant(x[rows]), labels), 0)
    labels = planted["mode"].astype(np.int32)
    own, others = (float(np.mean(model.score(x, y))) for y in (labels, (labels + 1) % CLASSES))
    assert figure("CGAN: fall of the score with other labels", own - others, "> 0") > 0.0


class Blind(CGAN):
    """Mutation: the discriminator takes labels of other rows."""

    def judge(self, x, y, training):
        return super().judge(x, tf.roll(y, 1, axis=0) if training else y, training)


@pytest.mark.slow
def test_with_labels_of_other_rows_cgan_draws_any(figure):
    share = obedience(trained(Blind, radius=APART), APART)
    assert figure("CGAN, labels of other rows: of the class asked for", share, "below 0.5") < 0.5


# SGAN: K classes of data and one of samples.


def semi_supervised(size=SIZE, classes=CLASSES, **settings):
    keras.utils.set_random_seed(0)
    networks = SGAN.default_networks((size,), NOISE, num_classes=classes, hidden=(64, 64))
    return SGAN(**networks, latent_dim=NOISE, num_classes=classes, seed=0, **settings)


def test_the_logit_of_being_data_is_that_of_all_classes_but_the_last():
    """D(x) = e^Z / (e^Z + 1), the softmax over K + 1 logits the last of which is 0."""
    model, x = semi_supervised(), tf.constant(blobs(64)[0])
    logits = model.discriminator(x)[0]
    explicit = tf.nn.softmax(tf.concat([logits, tf.zeros([64, 1])], axis=1))
    np.testing.assert_allclose(tf.sigmoid(model.score(x)), 1.0 - explicit[:, -1], rtol=1e-5)
    renormalized = explicit[:, :-1] / (1.0 - explicit[:, -1:])
    np.testing.assert_allclose(model.classify(x), renormalized, rtol=1e-4)


def discriminator_terms(model, labels):
    x = tf.constant(blobs(64)[0])
    with model.noise.training(0, 0, 0):
        return model.discriminator_loss(x, tf.constant(labels, tf.int32), True), x


def test_the_classification_of_sgan_is_of_the_rows_that_have_labels():
    model, labels = semi_supervised(), np.where(np.arange(64) < 16, np.arange(64) % CLASSES, -1)
    terms, x = discriminator_terms(model, labels)
    logits = model.discriminator(x[:16])[0]
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels[:16], logits)
    assert float(tf.reduce_mean(terms["classification"])) == pytest.approx(
        float(tf.reduce_mean(errors)), rel=1e-5
    )
    unlabelled, _ = discriminator_terms(model, np.full(64, -1))
    assert float(tf.reduce_mean(unlabelled["classification"])) == 0.0


def test_matching_features_moves_the_generator_alone():
    model, x = semi_supervised(), tf.constant(blobs(64)[0])
    model.compile(keras.optimizers.SGD(0.1))
    before = model.discriminator.get_weights(), model.generator.get_weights()
    model.move(("generator",), (x, tf.fill([64], -1)), 0)
    after = model.discriminator.get_weights(), model.generator.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(before[1], after[1], strict=True))


def few_labels(seed):
    """Two moons, three labels a class of them, and held-out rows."""
    (x, planted), test = moons(2000, seed=seed), moons(2000, seed=seed + 100)
    labels = planted["mode"].astype(np.int32)
    few = np.concatenate([np.flatnonzero(labels == k)[:3] for k in (0, 1)])
    return x, labels, few, test


def accuracy_of_sgan(seed, steps=1500):
    """After batches of the six rows that have labels and 94 that have none."""
    x, labels, few, (test, truth) = few_labels(seed)
    random = np.random.default_rng(seed)
    rows = np.stack([[*few, *random.integers(0, len(x), 94)] for _ in range(steps)])
    partly = np.where(np.arange(100) < len(few), labels[rows], -1)
    model = semi_supervised(size=2, classes=2)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=50)
    model.fit(tf.data.Dataset.from_tensor_slices((x[rows], partly)), verbose=0)
    return np.mean(np.argmax(model.classify(test), axis=1) == truth["mode"])


def accuracy_of_labels_alone(seed, epochs=500):
    """The same network, on cross-entropies of the six rows."""
    x, labels, few, (test, truth) = few_labels(seed)
    keras.utils.set_random_seed(seed)
    network = mlp(2, 2, (64, 64), "leaky_relu")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=False)
    network.fit(x[few], labels[few], epochs=epochs, verbose=0)
    return np.mean(np.argmax(network(test), axis=1) == truth["mode"])


@pytest.mark.slow
def test_unlabelled_rows_of_two_moons_help_sgan(figure):
    ours = np.mean([accuracy_of_sgan(seed) for seed in range(5)])
    alone = np.mean([accuracy_of_labels_alone(seed) for seed in range(5)])
    figure("Labels alone, two moons, 3 a class: accuracy", alone, "-")
    figure("SGAN, two moons, 3 labels a class: accuracy", ours, f">= {alone:.3f} + 0.02")
    assert ours >= alone + 0.02
