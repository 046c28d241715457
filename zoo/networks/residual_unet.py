"""A U-Net at full resolution that adds to its input (Ronneberger et al., 2015, arXiv:1505.04597;
residual as in Zhang et al., 2017, arXiv:1608.03981)."""

import keras

from zoo.layers.clipped import Clipped
from zoo.layers.dropout import Dropout
from zoo.networks.pixels import padding


def residual_unet(data_shape, channels=(16, 32, 64), dropout=0.0):
    """Images in [0, 1] to images in [0, 1]: x + h(x), clipped, h a U-Net that starts near 0.

    Stage i has two 3 x 3 convolutions of w_i channels with ReLU; between stages means of 2 x 2
    pixels on the way down, repeated pixels on the way up, joined with the stage of that size.
    No convolution is strided, so that edges stay where they are. With n stages, parameters:
        9 c w_1 + 9 sum_(i>1) w_(i-1) w_i + 9 sum_i w_i^2 + 2 sum_i w_i       down
        + sum_(i<n) (9 (w_i + w_(i+1)) w_i + 9 w_i^2 + 2 w_i)                 up
        + 9 w_1 c + c.

    Args:
        data_shape: `(height, width, c)`; padded to a multiple of 2^(n - 1).
        channels: w_1 ... w_n.
        dropout: rate in the innermost stage, on in inference too: the noise.
    """
    image, margins = keras.Input(data_shape), padding(data_shape, 2 ** (len(channels) - 1))
    x, skips = keras.layers.ZeroPadding2D(margins)(image), []
    for number, width in enumerate(channels):
        x = keras.layers.AveragePooling2D(2)(x) if number else x
        x = _convolved(x, width)
        skips.append(x)
    x = Dropout(dropout, always=True)(x) if dropout else x
    for width, skip in zip(channels[-2::-1], skips[-2::-1], strict=True):
        x = keras.layers.Concatenate()([keras.layers.UpSampling2D(2)(x), skip])
        x = _convolved(x, width)
    start = keras.initializers.RandomNormal(stddev=1e-3)
    last = keras.layers.Conv2D(data_shape[-1], 3, padding="same", kernel_initializer=start)
    change = keras.layers.Cropping2D(margins, dtype="float32")(last(x))
    change = keras.layers.Activation("tanh", dtype="float32")(change)
    x = Clipped(dtype="float32")(keras.layers.Add(dtype="float32")([image, change]))
    return keras.Model(image, x, name="generator")


def _convolved(x, width):
    for _ in range(2):
        layer = keras.layers.Conv2D(
            width, 3, padding="same", activation="relu", kernel_initializer="he_normal"
        )
        x = layer(x)
    return x
