"""M2: its bound against enumeration by hand, and what data without labels teach."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.training.data.labels import some_labels
from zoo.training.data.planted import blobs
from zoo.vae_label.m2_vae import M2VAE


def build(size=20, latent_dim=5, classes=5, hidden=(128,), seed=0, cls=M2VAE, **settings):
    keras.utils.set_random_seed(seed)
    encoder = labelled(lambda shape: mlp(shape, 2 * latent_dim, hidden), (size,), classes)
    decoder = labelled(lambda shape: mlp(shape, size, hidden), (latent_dim,), classes)
    classifier = mlp(size, classes, hidden)
    return cls(encoder, decoder, classifier, latent_dim, classes, seed=seed, **settings)


# The terms, against a loop over rows and classes.


def rows(count=6, size=4):
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)


def terms(model, x, y):
    """What the loss of a model gives in the first move of its first step."""
    with model.noise.training(model.seed, 0, 0):
        result = model.model_loss(tf.constant(x), tf.constant(y, tf.int32), training=True)
    return {name: value.numpy() for name, value in result.items()}


def by_hand(model, x):
    """L(x, y) of each row and label, and q(y|x), with the draws of the model."""
    classes, latent_dim = model.num_classes, model.latent_dim
    with model.noise.training(model.seed, 0, 0), model.noise.expanded(classes):
        drawn = model.noise.normal([len(x) * classes, latent_dim]).numpy()
    losses = np.zeros((len(x), classes))
    for i, row in enumerate(x):
        for k in range(classes):
            output = model.encoder([row[None], np.array([k], np.int32)]).numpy()[0]
            mean, deviation = output[:latent_dim], np.exp(output[latent_dim:] / 2)
            z = mean + deviation * drawn[i * classes + k]
            decoded = model.decoder([z[None], np.array([k], np.int32)]).numpy()[0]
            nll = -scipy.stats.norm(decoded, 1.0).logpdf(row).sum()
            kl = 0.5 * np.sum(mean**2 + deviation**2 - 1.0 - 2.0 * np.log(deviation))
            losses[i, k] = nll + kl + np.log(classes)
    return losses, tf.nn.softmax(model.classifier(x)).numpy()


def test_the_bound_of_an_unlabelled_row_is_the_enumeration_of_its_labels():
    model, x = build(4, 2, 3, (8,)), rows()
    losses, shares = by_hand(model, x)
    expected = np.sum(shares * losses, axis=1) - scipy.stats.entropy(shares, axis=1)
    actual = terms(model, x, np.full(6, -1))
    np.testing.assert_allclose(actual["bound"], expected, rtol=1e-5)
    assert actual["classification"] == 0.0


def test_the_terms_of_labelled_rows_are_those_of_their_label():
    model, x, y = build(4, 2, 3, (8,)), rows(), np.array([0, -1, 2, 1, -1, 2])
    losses, shares = by_hand(model, x)
    known = y >= 0
    result = terms(model, x, y)
    np.testing.assert_allclose(result["bound"][known], losses[known, y[known]], rtol=1e-5)
    error = -np.log(shares[known, y[known]]).mean()
    np.testing.assert_allclose(result["classification"], 0.1 * error, rtol=1e-5)


def weighed(share, batches, few):
    """The mean of the last term over batches, of a model that was told the share of labels."""
    model, x = build(4, 2, 3, (8,), labelled_share=share), rows(len(few))
    result = [terms(model, x[rows_], few[rows_])["classification"].mean() for rows_ in batches]
    known = few >= 0
    logits = model.classifier(x[known])
    error = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=few[known], logits=logits)
    return np.mean(result) / (0.1 * float(tf.reduce_mean(error)))


def test_labelled_rows_weigh_alike_however_few_batches_hold_one():
    few = np.full(640, -1)
    few[[5, 300, 301]] = 0, 1, 2  # three labels of 640 rows: one batch in ten has some
    batches = np.arange(640).reshape(20, 32)
    assert weighed(3 / 640, batches, few) == pytest.approx(1.0, rel=1e-4)
    assert weighed(0.0, batches, few) < 0.2  # mutation: the mean over the rows of a batch


def test_fit_counts_the_share_of_labelled_rows():
    x, y = rows(40), np.where(np.arange(40) % 4, -1, 1)
    for data in ((x, y), (tf.data.Dataset.from_tensor_slices((x, y)).batch(8),)):
        model = build(4, 2, 3, (8,))
        model.compile()
        model.fit(*data, batch_size=8, epochs=1, verbose=0)
        assert model.share == 0.25 == model.get_config()["labelled_share"]
        means = model.evaluate(x, np.abs(y), verbose=0, return_dict=True)  # every label is known
        logits = model.classifier(x)
        error = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=np.abs(y), logits=logits)
        expected = 0.1 * float(tf.reduce_mean(error))
        assert means["classification"] == pytest.approx(expected, rel=1e-4)


def test_a_config_without_the_share_is_of_the_version_that_took_the_mean_of_each_batch():
    config = build(4, 2, 3, (8,)).get_config()
    config.pop("labelled_share")
    assert M2VAE.from_config(config).labelled_share == 0.0


def test_with_one_class_a_known_label_says_nothing():
    model, x = build(4, 2, 1, (8,)), rows()
    known, unknown = (terms(model, x, np.full(6, y))["bound"] for y in (0, -1))
    np.testing.assert_allclose(known, unknown, rtol=1e-6)


@pytest.mark.parametrize("weight, taught", [(0.1, True), (0.0, False)])
def test_labels_teach_the_classifier_by_the_last_term_alone(weight, taught):
    model, x = build(4, 2, 3, (8,), classification_weight=weight), tf.constant(rows())
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        result = model.model_loss(x, tf.constant([0, 1, 2, 0, 1, 2]), training=True)
        loss = tf.add_n([tf.reduce_mean(term) for term in result.values()])
    slopes = tape.gradient(loss, [w.value for w in model.classifier.trainable_variables])
    assert (max(np.abs(slope).max() for slope in slopes) > 1e-4) == taught
    assert taught or all((slope.numpy() == 0).all() for slope in slopes)


# Five overlapping blobs, five labels of each, and four thousand rows without.


@functools.cache
def split(seed):
    """Rows and labels of training, most unknown; held-out rows and labels."""
    x, planted = blobs(6_025, seed=seed)
    labels = planted["mode"].astype(np.int32)
    return x[:4_025], some_labels(labels[:4_025], 5, seed), x[4_025:], labels[4_025:]


def accuracy(logits, answer):
    return np.mean(np.argmax(logits, axis=1) == answer)


@functools.cache
def of_all_rows(seed, **settings):
    """Accuracy of M2 on held-out rows."""
    x, few, held_out, answer = split(seed)
    model = build(seed=seed, **settings)
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=31)
    model.fit(x, few, batch_size=128, epochs=62, verbose=0)  # 1,922 steps
    return accuracy(model.classify(held_out), answer)


@functools.cache
def of_labelled_rows(seed):
    """Accuracy of the same classifier, taught by the labelled rows alone."""
    x, few, held_out, answer = split(seed)
    classifier = build(seed=seed).classifier
    error = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile("adam", error, steps_per_execution=30)
    known = np.tile(np.flatnonzero(few >= 0), 30)
    classifier.fit(x[known], few[known], batch_size=100, epochs=10, verbose=0)
    return accuracy(classifier.predict(held_out, verbose=0), answer)


def gain(seed, **settings):
    """Points that the rows without labels add."""
    return 100 * (of_all_rows(seed, **settings) - of_labelled_rows(seed))


def test_rows_without_labels_teach_ten_points(figure):
    figure("Classifier of 25 labels: accuracy", of_labelled_rows(1), "-")
    figure("M2 with 4,000 unlabelled rows: accuracy", of_all_rows(1), "at least 0.8")
    assert of_all_rows(1) >= 0.8
    assert figure("M2: points over the labels alone", gain(1), "at least 10") >= 10


@pytest.mark.slow
def test_without_the_weight_of_its_classifier_unlabelled_rows_teach_no_classes(figure):
    measured = gain(1, classification_weight=0.0)
    assert figure("M2 with alpha = 0: points over the labels", measured, "below 10") < 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 2, 3, 4])
def test_rows_without_labels_teach_ten_points_for_every_seed(seed, figure):
    assert figure(f"M2: points over the labels, seed {seed}", gain(seed), "at least 10") >= 10
