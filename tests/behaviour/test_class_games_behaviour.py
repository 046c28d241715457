"""Games whose generator is told a class: it draws the class that was asked for."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan_label.acgan import ACGAN
from zoo.networks.features import with_head
from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.training.data.planted import blobs

CLASSES, SIZE, NOISE = 5, 20, 4


def generator():
    return labelled(lambda shape: mlp(shape, SIZE, (64, 64)), (NOISE,), CLASSES)


def judge(cls):
    """A discriminator of the kind that a class takes."""
    if cls.score_is_labelled:
        return labelled(lambda shape: mlp(shape, 1, (64, 64), "leaky_relu"), (SIZE,), CLASSES)
    return with_head(mlp(SIZE, 1, (64, 64), "leaky_relu"), CLASSES, hidden=())


def made(cls, **settings):
    keras.utils.set_random_seed(0)
    return cls(generator(), judge(cls), NOISE, CLASSES, seed=0, **settings)


@functools.cache
def trained(cls, steps=1000, **settings):
    """The game on five blobs of 20 dimensions."""
    x, planted = blobs(12_800)
    model = made(cls, **settings)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=50)
    model.fit(x, planted["mode"], epochs=steps // 50, steps_per_epoch=50, verbose=0)
    return model


def nearest(x):
    """The class whose centre is nearest to each row."""
    centres = blobs(1)[1]["centres"]
    return np.linalg.norm(np.asarray(x)[:, None] - centres, axis=2).argmin(axis=1)


def obedience(model):
    """How often samples lie nearest to the centre of the class that was asked for."""
    labels = np.arange(2000) % CLASSES
    return np.mean(nearest(model.sample(2000, labels, seed=0)) == labels)


# ACGAN: the discriminator is told no label, and tells one.


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
    model, (x, planted) = made(ACGAN), blobs(256)
    model.compile(keras.optimizers.SGD(0.1))
    batch = tf.constant(x), tf.constant(planted["mode"], tf.int32)

    def error():
        with model.noise.training(0, 0, 0):
            return float(np.mean(model.generator_loss(*batch, True)["classification"]))

    for player in ("generator", "discriminator"):
        before = error()
        model.move((player,), batch, 0)
        assert error() < before
