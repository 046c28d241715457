"""Games of classes: the class that is asked for is drawn, and what each paper adds is felt."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan_label.biggan import BigGAN
from zoo.gan_label.projection_gan import ProjectionGAN
from zoo.gan_label.sagan import SAGAN
from zoo.layers.projection_head import ProjectionHead
from zoo.layers.self_attention import SelfAttention
from zoo.losses.orthogonality import off_diagonal
from zoo.training.data.planted import ring

# Projection: the ring of eight, each mode a class.


class Unprojected(ProjectionHead):
    """Mutation: the output without the inner product of label and features."""

    def call(self, inputs, training=False):
        return self.linear(inputs[0], training=training) + 0.0 * super().call(inputs, training)


@functools.cache
def on_the_ring(head=ProjectionHead):
    """Share of samples that lie nearest to the mode of the class asked for."""
    x, planted = ring(count=20_000)
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoo.gan_label.projection_gan.ProjectionHead", head)
        model = ProjectionGAN.for_data(
            (2,), 8, num_classes=8, hidden=(64, 64), discriminator_moves=2, seed=0
        )
    model.compile(keras.optimizers.Adam(1e-3, 0.0, 0.9), steps_per_execution=50, jit_compile=True)
    labels = planted["mode"].astype(np.int32)
    model.fit(x, labels, batch_size=64, epochs=8, verbose=0)
    asked = np.arange(2000) % 8
    samples = model.sample(2000, labels=asked, seed=0).numpy()
    angles = 2.0 * np.pi * np.arange(8) / 8
    centres = np.stack([x[labels == k].mean(axis=0) for k in range(8)])
    assert len(angles) == len(centres)
    nearest = np.linalg.norm(samples[:, None] - centres, axis=2).argmin(axis=1)
    return (nearest == asked).mean()


def test_projection_draws_the_class_that_is_asked_for(figure):
    accuracy = figure("ProjectionGAN: class-conditional accuracy", on_the_ring(), "at least 0.9")
    assert accuracy >= 0.9


@pytest.mark.slow
def test_without_the_inner_product_classes_are_not_told(figure):
    accuracy = on_the_ring(Unprojected)
    assert figure("ProjectionGAN without y' V phi: accuracy", accuracy, "below 0.5") < 0.5


# Images of one row or of one column: two classes that arithmetic tells apart.


def bars(count=6000, seed=0):
    """8 x 8 images with a bright row (class 0) or column (class 1)."""
    rng = np.random.default_rng(seed)
    x, labels = np.zeros((count, 8, 8, 1), np.float32), rng.integers(2, size=count)
    places = rng.integers(8, size=count)
    for image, label, place in zip(x, labels, places, strict=True):
        image[place if label == 0 else slice(None), place if label == 1 else slice(None)] = 1.0
    return x, labels.astype(np.int32)


def told(images):
    """0 where the brightest row is brighter than the brightest column, else 1."""
    rows, columns = images.mean(axis=(2, 3)).max(axis=1), images.mean(axis=(1, 3)).max(axis=1)
    return (columns > rows).astype(int)


@functools.cache
def trained(cls, **settings):
    """A model of the bars after 500 steps."""
    x, labels = bars()
    keras.utils.set_random_seed(0)
    model = cls.for_data((8, 8, 1), 8, num_classes=2, width=4, seed=0, **settings)
    rates = {"discriminator": 4e-3, "generator": 1e-3}
    optimizers = {p: keras.optimizers.Adam(rate, 0.0, 0.9) for p, rate in rates.items()}
    model.compile(optimizers, steps_per_execution=50, jit_compile=True)
    steps = 32 * model.parts * 100
    model.fit(x[:steps], labels[:steps], batch_size=32, epochs=5, verbose=0)
    return model


def accuracy(model):
    asked = np.arange(400) % 2
    return (told(model.sample(400, labels=asked, seed=0).numpy()) == asked).mean()


@pytest.mark.parametrize("cls", [SAGAN, BigGAN])
def test_images_are_of_the_class_that_is_asked_for(cls, figure):
    settings = {"average_decay": 0.99, "average_start": 100} if cls is BigGAN else {}
    found = accuracy(trained(cls, **settings))
    assert figure(f"{cls.__name__}: class-conditional accuracy", found, "at least 0.9") >= 0.9


def test_attention_starts_as_the_identity_and_is_learned():
    fresh = SAGAN.for_data((8, 8, 1), 8, num_classes=2, width=4, seed=0)
    before = [a.gamma.numpy() for a in attentions(fresh)]
    after = [a.gamma.numpy() for a in attentions(trained(SAGAN))]
    assert before == [0.0] and abs(after[0]) > 1e-3
    model = trained(SAGAN)
    counts = {player: o.iterations.numpy() for player, o in model.optimizers.items()}
    assert counts["discriminator"] == counts["generator"]


def attentions(model):
    return [layer for layer in model.discriminator.layers if isinstance(layer, SelfAttention)]


def test_two_rates_are_the_papers():
    model = SAGAN.for_data((8, 8, 1), 8, num_classes=2, width=2, seed=0)
    rates = {p: float(model.default_optimizer(p).learning_rate) for p in model.players}
    assert rates == pytest.approx({"discriminator": 4e-4, "generator": 1e-4})


# BigGAN: truncation, averages, orthogonal filters.


def spread(model, truncation):
    """The variance of samples of one class, summed over pixels."""
    samples = model.sample(300, labels=1, truncation=truncation, seed=3).numpy()
    return samples.var(axis=0).sum()


def test_truncation_trades_variety(figure):
    model = trained(BigGAN, average_decay=0.99, average_start=100)
    found = [spread(model, truncation) for truncation in (0.02, 0.25, 0.5, 1.0, 2.0)]
    assert all(a < b for a, b in itertools.pairwise(found)), found
    ratio = found[0] / found[-1]
    assert figure("BigGAN: variance at truncation 0.02 over that at 2", ratio, "below 0.1") < 0.1


def test_samples_are_of_averaged_weights():
    model = trained(BigGAN, average_decay=0.99, average_start=100)
    z, labels = np.random.default_rng(0).normal(size=(5, 8)).astype("float32"), np.zeros(5, int)
    live = model.generator([tf.constant(z), tf.constant(labels)], training=False).numpy()
    assert np.abs(model.decode(z, labels) - live).max() > 1e-3


def overlap(weight):
    """How far filters of the generator are from orthogonal, after training."""
    model = trained(BigGAN, orthogonality_weight=weight, average_start=100)
    kernels = [v.value for v in model.generator.trainable_variables if v.name == "kernel"]
    return float(off_diagonal(kernels))


@pytest.mark.slow
def test_the_penalty_keeps_filters_nearer_to_orthogonal(figure):
    ratio = overlap(1e-2) / overlap(0.0)
    assert figure("BigGAN: overlap of filters with penalty over without", ratio, "below 0.5") < 0.5
