"""DCGAN: its networks are those of its paper, for images of any size."""

import keras
import numpy as np
import pytest

import zoo
from zoo.gan.dcgan import DCGAN

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
POOLS = tuple(getattr(keras.layers, name) for name in dir(keras.layers) if "Pooling" in name)


def build(side=64, channels=3, **sizes):
    return zoo.create("dcgan", (side, side, channels), 10, **{"width": 4, "seed": 0, **sizes})


@pytest.mark.parametrize("side, channels, stages", [(28, 1, 2), (32, 3, 3), (64, 3, 4)])
def test_images_of_every_size_come_from_convolutions_of_stride_two(side, channels, stages):
    model = build(side, channels)
    for network in (model.generator, model.discriminator):
        own = [layer for layer in network.layers if isinstance(layer, CONVOLUTIONS)]
        assert [layer.strides for layer in own] == [(2, 2)] * stages
        assert [layer.kernel_size for layer in own] == [(5, 5)] * stages
        assert not [layer for layer in network.layers if isinstance(layer, POOLS)]
    shown = model.sample(2, seed=0).numpy()
    assert shown.shape == (2, side, side, channels)
    assert 0.0 <= shown.min() and shown.max() <= 1.0


def test_normalization_is_in_every_layer_but_the_generators_last_and_the_critics_first():
    model = build()
    inner = [[type(layer) for layer in n.layers] for n in (model.generator, model.discriminator)]
    batch_norm = keras.layers.BatchNormalization
    last = max(i for i, kind in enumerate(inner[0]) if kind is keras.layers.Conv2DTranspose)
    assert batch_norm not in inner[0][last:] and inner[0].count(batch_norm) == 4
    first = inner[1].index(keras.layers.Conv2D)
    assert inner[1][first + 1] is keras.layers.LeakyReLU and inner[1].count(batch_norm) == 3


def test_weights_start_small_and_noise_is_uniform():
    model = build(width=64)
    kernels = [v.numpy() for v in model.trainable_weights if v.name == "kernel"]
    assert all(abs(kernel.std() - 0.02) < 0.002 for kernel in kernels if kernel.size > 5000)
    with model.noise.serving(0, 2000):
        z = model.draw_codes(2000).numpy()
    assert -1.0 < z.min() < -0.99 and 0.99 < z.max() < 1.0
    assert z.var() == pytest.approx(1.0 / 3.0, rel=0.03)


def test_the_kernel_of_the_torch_code_can_be_had():
    own = [layer for layer in build(kernel=4).generator.layers if isinstance(layer, CONVOLUTIONS)]
    assert {layer.kernel_size for layer in own} == {(4, 4)}


def test_vectors_are_refused():
    with pytest.raises(ValueError, match="`data_shape` must be"):
        zoo.create("dcgan", (6,), 3)


def test_a_walk_begins_and_ends_at_the_images_of_its_codes():
    model = build(28, 1)
    z = np.random.default_rng(0).uniform(-1, 1, (2, 3, 10)).astype(np.float32)
    walk = model.interpolate(*z, steps=5).numpy()
    for place, code in ((0, z[0]), (-1, z[1])):
        np.testing.assert_allclose(walk[:, place], model.decode(code), atol=1e-5)


def test_its_optimizer_and_class_are_those_of_the_paper():
    optimizer = build().default_optimizer("generator")
    assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(2e-4), 0.5)
    assert DCGAN.batch_size == 128
