"""Encoders that draw noise beside the data."""

import keras

from zoo.layers.with_noise import WithNoise
from zoo.networks import default


def noisy_encoder(data_shape, outputs, entries, **sizes):
    """Data to a vector of `outputs` numbers, a function of `entries` draws of noise as well.

    Args:
        data_shape, outputs: as of `zoo.networks.default.encoder`.
        entries: of the noise; for images channels. With 0 there is none.
        **sizes: `hidden` and `channels`.
    """
    if not entries:
        return default.encoder(data_shape, outputs, **sizes)
    data = keras.Input(data_shape)
    seen = WithNoise(entries)(data)
    inner = default.encoder(tuple(seen.shape[1:]), outputs, **sizes, name="noisy")
    return keras.Model(data, inner(seen), name="encoder")
