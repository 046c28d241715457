"""A prior that is itself a latent-variable model (Klushyn et al., 2019, "VHP")."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.registry import register


@register
class HierarchicalPrior(keras.layers.Layer):
    """p(z) = E p(z|u), u ~ N(0, I), bounded from below by importance samples.

        ln p(z) >= ln 1/K sum_k p(z|u_k) N(u_k; 0, I) / q(u_k|z),  u_k ~ q(u|z)    (Eq. 11)

    p(z|u) and q(u|z) are diagonal Gaussians: each network gives means, then ln variances, which
    are clipped to [-10, 10].

    Args:
        upper_encoder: codes to `(batch, 2 upper_dim)`.
        upper_decoder: `(batch, upper_dim)` to `(batch, 2 latent_dim)`.
        samples: K; the bound rises to ln p(z) with it.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, upper_encoder, upper_decoder, samples=16, **options):
        super().__init__(**options)
        sizes = upper_encoder.input_shape[1], upper_encoder.output_shape[1]
        widths = upper_decoder.output_shape[1], 2 * upper_decoder.input_shape[1]
        if widths != (2 * sizes[0], sizes[1]):
            raise ValueError(
                "`upper_decoder` must take half of what `upper_encoder` gives, and give twice "
                f"what it takes. Received: {sizes[0]} to {sizes[1]} and back from "
                f"{widths[1] // 2} to {widths[0]}."
            )
        if samples < 1:
            raise ValueError(f"`samples` must be at least 1. Received: {samples}.")
        self.upper_encoder, self.upper_decoder = upper_encoder, upper_decoder
        self.samples, self.upper_dim = samples, upper_decoder.input_shape[1]
        self.built = True

    def sample(self, count):
        """`(count, latent_dim)`: u, then a draw of p(z|u)."""
        drawn = self.upper_decoder(noise.normal([count, self.upper_dim]), training=False)
        mean, log_var = gaussian(drawn)
        return mean + tf.exp(0.5 * log_var) * noise.normal([count, mean.shape[1]])

    def log_prob(self, z, training=False):
        """The bound of ln p(z) from K draws for each row, nats: `(batch,)`."""
        q = gaussian(self.upper_encoder(z, training=training)[:, None])
        drawn = noise.normal([tf.shape(z)[0], self.samples, self.upper_dim])
        u = q[0] + tf.exp(0.5 * q[1]) * drawn
        flat = self.upper_decoder(tf.reshape(u, [-1, self.upper_dim]), training=training)
        p = gaussian(tf.reshape(flat, [-1, self.samples, flat.shape[1]]))
        weights = gaussian_log_density(z[:, None], *p) - gaussian_log_density(u, *q)
        weights += gaussian_log_density(u, 0.0, tf.zeros_like(u))
        return tf.reduce_logsumexp(weights, axis=1) - math.log(self.samples)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        names = ("upper_encoder", "upper_decoder")
        networks = {name: serialize(getattr(self, name)) for name in names}
        return {**super().get_config(), **networks, "samples": self.samples}

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        networks = {name: deserialize(config[name]) for name in ("upper_encoder", "upper_decoder")}
        return cls(**{**config, **networks})


def gaussian(output):
    """Mean and ln variance, which is bounded: its exponential would overflow."""
    mean, log_var = tf.split(output, 2, axis=-1)
    return mean, tf.clip_by_value(log_var, -10.0, 10.0)
