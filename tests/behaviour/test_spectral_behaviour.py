"""A critic of spectral norm one is no steeper than one, and learns what its weights cannot say."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan import sngan
from zoo.gan.sngan import SNGAN
from zoo.layers.spectral_norm import Spectral, SpectralNorm
from zoo.layers.spectral_projection import SpectralProjection
from zoo.networks.mlp import mlp
from zoo.training.data.planted import ring


def build(wrap, cls=SNGAN):
    keras.utils.set_random_seed(0)
    judge = mlp(2, 1, (64, 64), "leaky_relu", wrap=wrap)
    return cls(mlp(16, 2, (64, 64)), judge, 16, discriminator_moves=2, seed=0)


@functools.cache
def trained(wrap):
    """The game on the ring after 600 moves of the critic."""
    model, (x, _) = build(wrap), ring()
    model.compile(keras.optimizers.Adam(1e-3, 0.0, 0.9), steps_per_execution=50)
    model.fit(x[: 64 * 2 * 50], epochs=6, verbose=0)
    return model


def normalized(model):
    """The layers of the critic that know their norm."""
    return [layer for layer in model.discriminator.layers if isinstance(layer, Spectral)]


def norms(model):
    """The largest singular value of each matrix that the critic computes with."""
    result = []
    for layer in normalized(model):
        sigma = layer.measured(layer.kernel)[1] if isinstance(layer, SpectralNorm) else 1.0
        result.append(np.linalg.svd(layer.kernel.numpy() / sigma, compute_uv=False)[0])
    return np.array(result)


def steepest(model):
    """The largest slope of the critic on the plane of the ring."""
    points = tf.constant(np.random.default_rng(0).uniform(-3, 3, (20_000, 2)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        total = tf.reduce_sum(model.judge(points, None, True))
    return np.linalg.norm(tape.gradient(total, points), axis=1).max()


def test_a_trained_critic_computes_with_matrices_of_norm_one(figure):
    measured = np.abs(norms(trained(SpectralNorm)) - 1.0).max()
    assert (
        figure("SNGAN: largest |sigma - 1| of a trained critic", measured, "at most 1e-3") <= 1e-3
    )


def test_a_trained_critic_is_no_steeper_than_one(figure):
    slope = figure(
        "SNGAN: largest slope of the critic", steepest(trained(SpectralNorm)), "<= 1.001"
    )
    assert slope <= 1.001


def test_without_normalization_it_is_steeper(figure, monkeypatch):
    monkeypatch.setattr(sngan, "refuse_bare", lambda discriminator: None)
    slope = steepest(trained(lambda layer: layer))
    assert figure("SNGAN, bare layers: largest slope", slope, "above 1.001") > 1.001


def test_projected_kernels_are_themselves_of_norm_one_after_training():
    model = trained(SpectralProjection)
    assert np.abs(norms(model) - 1.0).max() < 0.02  # one iteration follows each update
    assert steepest(model) < 1.02


def test_bare_layers_are_refused():
    with pytest.raises(ValueError, match="`discriminator` of SNGAN must .*Received: .*dense"):
        build(None)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.SeparableConv2D(2, 3),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.Conv2DTranspose(2, 3),
        keras.layers.EinsumDense("abcd,de->abce", (8, 8, 2)),
    ],
)
def test_bare_layers_of_every_kind_are_refused(layer):
    head = [keras.layers.Flatten(), SpectralNorm(keras.layers.Dense(1))]
    judge = keras.Sequential([keras.Input((8, 8, 1)), layer, *head])
    generator = mlp(2, (8, 8, 1), (4,), final="sigmoid")
    with pytest.raises(ValueError, match=f"SpectralNorm`, which takes .*{layer.name}"):
        SNGAN(generator, judge, 2)


def test_the_loss_has_no_slope_along_a_kernel(figure):
    model, (x, _) = trained(SpectralNorm), ring(count=64)
    kernels = [layer.kernel for layer in normalized(model)]
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.discriminator_loss(x, None, True)["adversarial"])
    slopes = tape.gradient(loss, [kernel.value for kernel in kernels])
    measured = max(
        abs(np.sum(s * k.numpy(), dtype="float64")) for s, k in zip(slopes, kernels, strict=True)
    )
    assert figure("SNGAN: sum of dL/dW times W", measured, "below 1e-5") < 1e-5


def test_the_vectors_move_in_the_moves_of_the_critic_alone():
    model, (x, _) = build(SpectralNorm), ring(count=64)
    model.compile()
    for player, moves in (("generator", False), ("discriminator", True)):
        before = [layer.u.numpy() for layer in normalized(model)]
        model.move((player,), (tf.constant(x), None), 0)
        after = [layer.u.numpy() for layer in normalized(model)]
        assert [np.any(a != b) for a, b in zip(before, after, strict=True)] == [moves] * 3


def test_a_move_of_the_generator_makes_two_batches():
    model = build(SpectralNorm)
    with model.noise.training(0, 0, 0):
        assert model.generator_loss(tf.zeros([5, 2]), None, True)["adversarial"].shape == (10,)
