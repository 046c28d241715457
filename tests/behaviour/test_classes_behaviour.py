"""A mixture with a Gaussian for each class: its bound, what it tells, and what it rejects."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks.mlp import mlp
from zoo.priors.class_mixture import ClassMixture
from zoo.training.data.planted import blobs
from zoo.vae_mixture.mog_vae_classifier import MoGVAEClassifier

CLASSES, LATENT, SIZE = 5, 5, 20


def made(cls=MoGVAEClassifier, head=None, seed=0):
    keras.utils.set_random_seed(seed)
    networks = mlp(SIZE, 2 * LATENT, (64,)), mlp(LATENT, SIZE, (64,))
    classifier = mlp(LATENT, CLASSES, ()) if head == "softmax" else None
    return cls(*networks, LATENT, CLASSES, classifier=classifier, seed=seed)


def test_the_divergence_to_a_class_is_that_to_the_mixture_less_its_responsibility(figure):
    """E_q [-ln p(c|z)] + KL(q | mixture) = KL(q | class c) - ln w_c, for random q."""
    prior, random = ClassMixture(3, 4), np.random.default_rng(0)
    mean, log_var = (random.normal(size=(1, 3)).astype(np.float32) for _ in "mv")
    closed = prior.divergences(mean, log_var) - prior.log_shares
    z = mean + np.exp(0.5 * log_var) * random.normal(size=(200_000, 3)).astype(np.float32)
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var + np.log(2 * np.pi), axis=1)
    joint = prior.joint_log_prob(z)
    drawn = log_q[:, None] - prior.log_prob(z)[:, None] - tf.nn.log_softmax(joint)
    gap = np.abs(np.mean(drawn, axis=0) - closed).max()
    assert figure("MoGVAEClassifier: error of the identity, nats", gap, "below 0.05") < 0.05


class Unlabelled(MoGVAEClassifier):
    """Mutation: the divergence to the whole mixture, whatever the label."""

    def autoencoder_loss(self, x, y, training):
        return super().autoencoder_loss(x, tf.zeros_like(y), training)


@functools.cache
def rows():
    x, planted = blobs(6_000, modes=CLASSES, size=SIZE, radius=5.0)
    return x, planted["mode"].astype(np.int32)


@functools.cache
def trained(cls=MoGVAEClassifier, head=None):
    x, y = rows()
    model = made(cls, head)
    model.compile(keras.optimizers.Adam(2e-3), steps_per_execution=40)
    model.fit(x[:5_120], y[:5_120], batch_size=128, epochs=8, verbose=0)
    return model


def accuracy(model):
    x, y = rows()
    return np.mean(np.argmax(model.classify(x[5_120:]), axis=1) == y[5_120:])


@pytest.mark.parametrize("head", [None, "softmax"])
def test_blobs_are_classified(head, figure):
    found = accuracy(trained(head=head))
    words = "MoGVAEClassifier" + (", a learned head" if head else "")
    assert figure(f"{words}: accuracy on blobs", found, "at least 0.97") >= 0.97


def test_without_labels_classes_are_unknown(figure):
    found = accuracy(trained(Unlabelled))
    assert figure("MoGVAEClassifier that ignores labels: accuracy", found, "below 0.97") < 0.97


def test_samples_of_a_class_are_encoded_nearest_to_its_mean(figure):
    model, labels = trained(), np.arange(500) % CLASSES
    z = np.asarray(model.encode(model.sample(500, labels=labels, seed=0)))
    means = model.prior.means.numpy()
    nearest = np.linalg.norm(z[:, None] - means, axis=2).argmin(axis=1)
    share = np.mean(nearest == labels)
    assert figure("MoGVAEClassifier: samples nearest to their mean", share, "at least 0.95") >= 0.95


def test_noise_is_rejected_and_data_are_not(figure):
    model, (x, _) = trained(), rows()
    model.set_limits(x[:5_120], 0.01)
    noise = np.random.default_rng(0).normal(scale=np.std(x), size=(1_000, SIZE)).astype(np.float32)
    data, strange = (float(np.mean(model.rejects(side))) for side in (x[5_120:], 2.0 * noise))
    figure("MoGVAEClassifier: data rejected", data, "below 0.05")
    figure("MoGVAEClassifier: noise rejected", strange, "above 0.5")
    assert data < 0.05 < 0.5 < strange


def test_limits_are_saved_with_the_model(tmp_path):
    model = trained()
    model.set_limits(rows()[0], 0.02)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for name in model.state:
        assert float(getattr(again, name).numpy()) == float(getattr(model, name).numpy()) < 1e29
