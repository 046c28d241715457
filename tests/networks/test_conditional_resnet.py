"""Residual networks of classes: the numbers of parameters of the papers, added up by layer."""

import itertools

import keras
import numpy as np
import pytest

from zoo.networks.conditional_resnet import Style, discriminator, generator, pyramid


def parameters(make):
    """Trainable numbers of a network that is not made."""
    with keras.StatelessScope(initialize_variables=False):
        network = make()
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def pair(data_shape, latent_dim, num_classes, width, style, attention, shared_size=None):
    """Numbers of the generator's and of the discriminator's parameters."""
    widths, judge_widths, halvings = pyramid(data_shape, width)
    shape = data_shape, num_classes
    own = widths, style, attention, shared_size
    return (
        parameters(lambda: generator(latent_dim, *shape, *own)),
        parameters(lambda: discriminator(*shape, judge_widths, halvings, style, attention)),
    )


def conv(kernel, inputs, outputs):
    return kernel * kernel * inputs * outputs + outputs


def attention_layers(width):
    return 2 * width * (width // 8) + 2 * width * (width // 2) + 1


def test_biggan_for_128_pixels_has_the_numbers_of_the_paper():
    style = Style(True, "orthogonal", pool=True)
    found = pair((128, 128, 3), 120, 1000, 96, style, 64, 128)
    assert found == (70_433_988, 87_982_370)


def test_sagan_for_128_pixels_has_the_sum_of_its_layers():
    w, classes = 64, 1000
    widths = [16 * w, 16 * w, 8 * w, 4 * w, 2 * w, w]
    layers = [128 * 16 * widths[0] + 16 * widths[0]]  # to the first map, 4 x 4
    for a, b in itertools.pairwise(widths):
        layers += [2 * classes * a, conv(3, a, b), 2 * classes * b, conv(3, b, b), conv(1, a, b)]
    layers += [attention_layers(4 * w), 2 * w, conv(3, w, 3)]  # at 32 x 32; the last layers
    judge = [3, w, 2 * w, 4 * w, 8 * w, 16 * w, 16 * w]
    told = []
    for number, (a, b) in enumerate(itertools.pairwise(judge)):
        told += [conv(3, a, b), conv(3, b, b), conv(1, a, b) if number < 5 else 0]
    told += [attention_layers(2 * w), 16 * w + 1, classes * 16 * w]
    assert pair((128, 128, 3), 128, classes, w, Style(True), 32) == (sum(layers), sum(told))


def test_the_projection_networks_for_cifar10_have_the_sum_of_their_layers():
    g, d, classes = 256, 128, 10
    layers = [128 * 16 * g + 16 * g, 2 * g, conv(3, g, 3)]
    layers += 3 * [2 * (2 * classes * g) + 2 * conv(3, g, g) + conv(1, g, g)]
    told = [conv(3, 3, d) + conv(3, d, d) + conv(1, 3, d)]
    told += [2 * conv(3, d, d) + conv(1, d, d), 2 * (2 * conv(3, d, d)), d + 1 + classes * d]
    shape = (32, 32, 3), classes
    found = parameters(lambda: generator(128, *shape, [g] * 4, Style(False)))
    assert found == sum(layers)
    assert parameters(lambda: discriminator(*shape, [d] * 4, 2, Style(True))) == sum(told)


@pytest.mark.parametrize("side", [8, 28, 32, 64, 128, 256])
def test_every_size_of_images_has_networks(side):
    shape, style = (side, side, 3), Style(True)
    widths, judge_widths, halvings = pyramid(shape, 1)
    with keras.StatelessScope(initialize_variables=False):
        g = generator(8, shape, 3, widths, style, side // 2, 4)
        d = discriminator(shape, 3, judge_widths, halvings, style, side // 2)
    assert g.output_shape == (None, *shape) and d.output_shape == (None, 1)
    last = side // 2**halvings
    assert last <= 8
