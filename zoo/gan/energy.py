"""What games share whose discriminator is an autoencoder: data that it rebuilds are real."""

from typing import Any

import keras

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Widths
from zoo.networks import default
from zoo.verbs.generators import GeneratorVerbs


class EnergyModel(GeneratorVerbs, GenerativeModel):
    """A generator against an autoencoder, whose error is the energy. Not trained itself.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        encoder: data to codes, `(batch, size)`.
        decoder: codes to data.
        latent_dim: size of the noise z.
        **parts: those of `GenerativeModel`.
    """

    players = {"discriminator": ("encoder", "decoder"), "generator": ("generator",)}
    terms = {"discriminator": ("real", "fake"), "generator": ("energy",)}
    verbs = {
        **GeneratorVerbs.verbs,
        "encode": ("x",),
        "reconstruct": ("x",),
        "score": ("x",),
    }
    score_kind = "neg_energy"

    def __init__(self, generator, encoder, decoder, latent_dim, **parts):
        data_shape, codes = encoder.input_shape[1:], decoder.input_shape[1:]
        checks.require_map(type(self), "encoder", encoder, None, codes)
        checks.require_map(type(self), "decoder", decoder, None, data_shape)
        checks.require_map(type(self), "generator", generator, (latent_dim,), data_shape)
        networks = {"generator": generator, "encoder": encoder, "decoder": decoder}
        super().__init__(**networks, latent_dim=latent_dim, **parts)

    @classmethod
    def default_networks(
        cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), channels: Widths = (32, 64)
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        sizes["final"] = "sigmoid" if default.is_image(data_shape) else "linear"
        return {
            "generator": default.decoder(latent_dim, data_shape, name="generator", **sizes),
            **default.codec(data_shape, latent_dim, latent_dim, **sizes),
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)

    def rebuild(self, x, training):
        """What the autoencoder makes of x."""
        return self.decoder(self.encoder(x, training=training), training=training)

    def encode(self, x):
        """The discriminator's code of x."""
        return self.encoder(x, training=False)

    def reconstruct(self, x):
        """The data that the discriminator rebuilds x to."""
        return self.rebuild(x, training=False)

    def score(self, x):
        """Minus the energy of x; higher is judged more real."""
        return -self.energy(x, training=False)
