"""A prior that is itself a generator of codes (Mondal et al., 2021, "FlexAE")."""

import keras

from zoo import noise
from zoo.registry import register


@register
class PriorGenerator(keras.layers.Layer):
    """z = network(u), u ~ N(0, I).

    Args:
        network: noise `(batch, noise_dim)` to codes `(batch, latent_dim)`.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, network, **options):
        super().__init__(**options)
        self.network = network
        self.built = True

    def noise_map(self):
        """Codes as a function of u ~ N(0, I), the size of u, and 1."""
        network = self.network
        return (lambda u: network(u, training=False)), network.input_shape[1], 1.0

    def sample(self, count, training=False):
        """`(count, latent_dim)`."""
        return self.network(noise.normal([count, self.network.input_shape[1]]), training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
        }

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})
