"""CycleGAN's generator (Zhu et al., 2017, arXiv:1703.10593, Section 7.2)."""

import math

import keras

from zoo.layers.clipped import Clipped
from zoo.layers.reflection_padding import ReflectionPadding
from zoo.networks.pixels import cropped, instance_norm, inwards, outwards, small


def translator(
    data_shape,
    channels=(64, 128, 256),
    blocks=9,
    normalized=True,
    residual=False,
    name="generator",
):
    """Images in [0, 1] to images in [0, 1] of the same shape: down, residual blocks, up.

    With n = len(channels) - 1 halvings and B blocks, parameters, normalized:
        49 c w_0 + 2 w_0 + sum_i (9 w_(i-1) w_i + 2 w_i) + B (18 w_n^2 + 4 w_n)
        + sum_i (9 w_(i-1) w_i + 2 w_(i-1)) + 49 w_0 c + c
    which is 11,383,427 for 9 blocks and 3 channels. A pixel sees (p + 4 B + 1) 2^n + 5
    pixels a side, p = 7, 5, 4 for n = 0, 1, 2 and then 3: 169 for 9 blocks, 121 for 6.
    (With instance normalization it sees the whole image, through means and variances.)

    Args:
        data_shape: `(height, width, c)`, sides at least 8.
        channels: w_0 ... w_n.
        blocks: B; 6 in the paper up to 128 pixels, 9 from 256 on.
        normalized: instance normalization after every convolution but the last.
        residual: give the image plus what the network makes of it, within [0, 1]; its last
            kernel starts small, and so the network near the identity.
        name: of the network.
    """

    def convolved(x, width, kernel=3, stride=1, up=False, reflected=False):
        kind = keras.layers.Conv2DTranspose if up else keras.layers.Conv2D
        x = ReflectionPadding(kernel // 2)(x) if reflected else x
        padding = "valid" if reflected else "same"
        options = {"use_bias": not normalized, "kernel_initializer": small()}
        x = kind(width, kernel, stride, padding, **options)(x)
        return instance_norm()(x) if normalized else x

    relu, halvings = keras.layers.ReLU, len(channels) - 1
    image = keras.Input(data_shape)
    x = relu()(convolved(inwards()(image), channels[0], 7, reflected=True))
    for width in channels[1:]:
        x = relu()(convolved(x, width, stride=2))
    for _ in range(blocks):
        h = relu()(convolved(x, channels[-1], reflected=True))
        x = keras.layers.Add()([x, convolved(h, channels[-1], reflected=True)])
    for width in channels[-2::-1]:
        x = relu()(convolved(x, width, stride=2, up=True))
    full = [math.ceil(side / 2**halvings) * 2**halvings for side in data_shape[:2]]
    start = keras.initializers.RandomNormal(stddev=1e-3) if residual else small()
    last = keras.layers.Conv2D(data_shape[-1], 7, kernel_initializer=start)
    for layer in (*cropped(full, data_shape), ReflectionPadding(3), last):
        x = layer(x)
    if residual:
        change = keras.layers.Activation("tanh", dtype="float32")(x)
        x = Clipped(dtype="float32")(keras.layers.Add(dtype="float32")([image, change]))
        return keras.Model(image, x, name=name)
    for layer in outwards():
        x = layer(x)
    return keras.Model(image, x, name=name)
