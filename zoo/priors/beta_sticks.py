"""The stick-breaking prior of a truncated Dirichlet process (Sethuraman, 1994)."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.sticks import log_complement, log_remainders, pieces
from zoo.registry import register


@register
class BetaSticks(keras.layers.Layer):
    """p(pi): breaks v_k ~ Beta(1, concentration), and the pieces of the stick.

    Args:
        latent_dim: how many pieces, at least 2; the last is what is left.
        concentration: alpha_0; about 4.6 alpha_0 pieces hold all but a hundredth.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, concentration=5.0, **options):
        super().__init__(**options)
        if latent_dim < 2:
            raise ValueError(f"`latent_dim` must be at least 2 pieces. Received: {latent_dim}.")
        if not concentration > 0:
            raise ValueError(f"`concentration` must be positive. Received: {concentration}.")
        self.latent_dim, self.concentration = latent_dim, float(concentration)
        self.built = True

    def sample(self, count):
        """`(count, latent_dim)`, on the simplex."""
        log_u = tf.math.log(noise.uniform((count, self.latent_dim - 1)))
        log_rest = log_u / self.concentration  # 1 - v is u^(1 / alpha_0)
        return pieces(log_complement(log_rest), log_rest)

    def log_prob(self, pi):
        """ln p(pi), nats, as a density of the first K - 1 pieces: `(batch,)`."""
        left = log_remainders(pi)
        rest = left[..., 1:] - left[..., :-1]
        each = math.log(self.concentration) + (self.concentration - 1.0) * rest - left[..., :-1]
        return tf.reduce_sum(each, axis=-1)

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "concentration": self.concentration}
        return {**super().get_config(), **own}
