"""Encoders for posteriors that may want noise beside the data."""

import keras

from zoo.layers.with_noise import WithNoise
from zoo.networks import default


def posterior_encoder(data_shape, latent_dim, posterior, **sizes):
    """Data to what a posterior of codes wants, with noise behind the data where it draws some.

    Args:
        data_shape: of one example.
        latent_dim: size of the code.
        posterior: `zoo.posteriors` object.
        **sizes: `hidden` and `channels`.
    """
    outputs, entries = posterior.width(latent_dim), getattr(posterior, "drawn_entries", 0)
    if not entries:
        return default.encoder(data_shape, outputs, **sizes)
    data = keras.Input(data_shape)
    seen = WithNoise(entries)(data)
    inner = default.encoder(tuple(seen.shape[1:]), outputs, **sizes, name="noisy")
    return keras.Model(data, inner(seen), name="encoder")
