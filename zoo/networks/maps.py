"""Networks between data and maps of vectors, for codes that have places."""

import math

import keras

from zoo.networks.conv import KERNEL
from zoo.networks.mlp import mlp
from zoo.networks.pixels import cropped

BLOCKS = 2  # residual blocks at the smallest size


def codec(data_shape, size, depth=1, hidden=(256, 256), channels=(32, 64), places=4):
    """An encoder and a decoder, by name; `depth`: numbers for each entry of the data."""
    sizes = {"hidden": tuple(hidden), "channels": tuple(channels), "places": places}
    outputs = (*data_shape[:-1], depth * data_shape[-1])
    return {
        "encoder": encoder(data_shape, size, **sizes),
        "decoder": decoder(outputs, size, **sizes),
    }


def encoder(data_shape, size, hidden=(256, 256), channels=(32, 64), places=4):
    """Data to vectors of `size` numbers: an image's have the places of a smaller image.

    Each entry of `channels` halves the sides (van den Oord et al., 2017, Section 4.1).

    Args:
        data_shape: `(height, width, channels)`, or `(entries,)`.
        size: of the vectors.
        hidden: widths of the layers, where the data are vectors.
        channels: of the convolutions, where they are images.
        places: how many vectors stand for a vector.
    """
    if len(data_shape) == 1:
        return mlp(data_shape, (places, size), hidden, name="encoder")
    x = h = keras.Input(data_shape)
    for width in channels:
        h = keras.layers.Conv2D(width, KERNEL, 2, "same", activation="relu")(h)
    h = keras.layers.Conv2D(size, 1)(_residual(h))
    return keras.Model(x, _float32(h), name="encoder")


def decoder(data_shape, size, hidden=(256, 256), channels=(32, 64), places=4):
    """The mirror of `encoder`: vectors in their places to data of `data_shape`."""
    if len(data_shape) == 1:
        return mlp((places, size), data_shape, hidden, name="decoder")
    scale, depth = 2 ** len(channels), data_shape[-1]
    small = [math.ceil(side / scale) for side in data_shape[:2]]
    x = keras.Input((*small, size))
    h = _residual(keras.layers.Conv2D(channels[-1], 3, 1, "same")(x))
    for width in channels[-2::-1]:
        h = keras.layers.Conv2DTranspose(width, KERNEL, 2, "same", activation="relu")(h)
    h = keras.layers.Conv2DTranspose(depth, KERNEL, 2, "same")(h)
    for layer in cropped([side * scale for side in small], data_shape):
        h = layer(h)
    return keras.Model(x, _float32(h), name="decoder")


def _residual(h):
    """Blocks of ReLU, a convolution, ReLU and a 1 x 1 convolution, each added to its input."""
    width = h.shape[-1]
    for _ in range(BLOCKS):
        inner = keras.layers.Conv2D(width, 3, 1, "same", activation="relu")(keras.layers.ReLU()(h))
        h = keras.layers.Add()([h, keras.layers.Conv2D(width, 1)(inner)])
    return keras.layers.ReLU()(h)


def _float32(h):
    return keras.layers.Activation("linear", dtype="float32")(h)
