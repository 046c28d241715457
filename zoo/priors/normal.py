"""The spherical normal prior."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import gaussian_nll
from zoo.registry import register


@register
class StandardNormal(keras.layers.Layer):
    """p(z) = N(0, sigma^2 I).

    Args:
        latent_dim: size of the code.
        sigma: standard deviation of every dimension.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, sigma=1.0, **options):
        super().__init__(**options)
        self.latent_dim, self.sigma = latent_dim, sigma
        self.built = True

    def noise_map(self):
        """Codes as a function of u ~ N(0, sigma^2 I), the size of u, and sigma."""
        return (lambda u: u), self.latent_dim, self.sigma

    def sample(self, count):
        """`(count, latent_dim)`."""
        return self.sigma * noise.normal([count, self.latent_dim])

    def log_prob(self, z):
        """ln p(z), nats: `(batch,)`."""
        return -gaussian_nll(z, 0.0, 2.0 * math.log(self.sigma) * tf.ones_like(z))

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim, "sigma": self.sigma}
