"""Pix2Pix's generator (Isola et al., 2017, arXiv:1611.07004, Section 6.1.1)."""

import math

import keras

from zoo import compatibility
from zoo.layers.dropout import Dropout
from zoo.networks.pixels import instance_norm, inwards, outwards, padding, small

STAGE = {"kernel_size": 4, "strides": 2, "padding": "same"}
DEEPEST = 8  # stages, which bring 256 pixels to 1


def unet(data_shape, outputs, channels=(64, 128, 256, 512), dropout=0.5, normalized=True):
    """Images in [0, 1] to images in [0, 1]: down to one pixel and up, joined stage by stage.

    Stage i of d has w_i channels; on the way down leaky ReLU before every convolution but the
    first, on the way up ReLU, of the joined maps too. Parameters, normalized:
        16 c w_1 + w_1 + 16 sum_(i>1) w_(i-1) w_i + 2 sum_(1<i<d) w_i + w_d    down
        + 16 w_d w_(d-1) + 32 sum_(1<i<d) w_i w_(i-1) + 2 sum_(i<d) w_i        up
        + 32 w_1 c' + c'
    which is 54,414,531 for 256 x 256 x 3 (d = 8) both ways. The innermost entries see
    3 2^d - 2 pixels (766) a side, so every pixel depends on all of the image.

    Args:
        data_shape: `(height, width, c)` of the input; padded to a multiple of 2^d.
        outputs: channels of the result, c'.
        channels: w_1, w_2, ...; the last repeats until a side is one pixel.
        dropout: rate in the three innermost stages up, on in inference too: the noise.
        normalized: instance normalization (the paper's batches of one), but not in the
            outermost and the innermost stage.
    """
    depth = min(DEEPEST, int(math.log2(min(data_shape[:2]))))
    widths = (*channels, *[channels[-1]] * depth)[:depth]
    image = keras.Input(data_shape)
    margins = padding(data_shape, 2**depth)
    x, skips = keras.layers.ZeroPadding2D(margins)(inwards()(image)), []
    for number, width in enumerate(widths):
        norm = normalized and 0 < number < depth - 1
        options = {"use_bias": not norm, "kernel_initializer": small()}
        x = keras.layers.Conv2D(width, **STAGE, **options)(x)
        x = keras.layers.LeakyReLU(0.2)(instance_norm()(x) if norm else x)
        skips.append(x)
    for number, (width, skip) in enumerate(zip(widths[-2::-1], skips[-2::-1], strict=True)):
        x = _up(width, use_bias=not normalized)(_rectified(x))
        x = instance_norm()(x) if normalized else x
        x = Dropout(dropout, always=True)(x) if dropout and number < 3 else x
        x = keras.layers.Concatenate()([keras.layers.ReLU()(x), skip])
    x = keras.layers.Cropping2D(margins)(_up(outputs)(_rectified(x)))
    for layer in outwards():
        x = layer(x)
    return keras.Model(image, x, name="generator")


def _rectified(x):
    """ReLU of what a transposed convolution takes; in version 1 of the defaults it was missing."""
    return keras.layers.ReLU()(x) if compatibility.version() > 1 else x


def _up(channels, use_bias=True):
    options = {**STAGE, "use_bias": use_bias, "kernel_initializer": small()}
    return keras.layers.Conv2DTranspose(channels, **options)
