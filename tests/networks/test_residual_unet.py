"""A U-Net of full resolution: its parameters, its shape, and that it begins near its input."""

import itertools
import math

import numpy as np
import pytest

from zoo.networks.residual_unet import residual_unet


def parameters(channels, w):
    """As the docstring states them."""
    down = 9 * channels * w[0] + 9 * sum(a * b for a, b in itertools.pairwise(w))
    down += 9 * sum(a * a for a in w) + 2 * sum(w)
    up = sum(9 * (a + b) * a + 9 * a * a + 2 * a for a, b in itertools.pairwise(w))
    return down + up + 9 * w[0] * channels + channels


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 13, 2), (28, 28, 3)])
@pytest.mark.parametrize("widths", [(4,), (4, 6), (4, 6, 10)])
def test_parameters_and_shape(shape, widths):
    network = residual_unet(shape, widths)
    found = sum(math.prod(weight.shape) for weight in network.trainable_variables)
    assert found == parameters(shape[-1], widths)
    image = np.random.default_rng(0).uniform(size=(2, *shape)).astype(np.float32)
    shown = network(image).numpy()
    assert shown.shape == image.shape and shown.min() >= 0.0 and shown.max() <= 1.0
    assert np.abs(shown - image).max() < 0.1  # h starts small


def test_an_edge_stays_where_it_is():
    """Moving the image by one pixel moves what is made of it: nothing is strided or pooled."""
    network = residual_unet((16, 16, 1), (4,))
    image = np.zeros((1, 16, 16, 1), np.float32)
    image[0, 7:9, 7:9] = 0.5
    moved = np.roll(image, 1, axis=1)
    inner = np.s_[:, 3:-3, 3:-3]
    expected = np.roll(network(image).numpy(), 1, axis=1)
    np.testing.assert_allclose(network(moved).numpy()[inner], expected[inner], atol=1e-6)
