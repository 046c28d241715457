"""A mixture of Gaussians whose means and variances follow from a style (Dilokthanakul et al.)."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.losses.divergence import gaussian_kl
from zoo.registry import register


@register
class StyleMixture(keras.layers.Layer):
    """p(z, k, w) = N(w; 0, I) 1/K N(z; mean_k(w), diag var_k(w)).

    Args:
        network: styles `(batch, style_dim)` to `(batch, 2, components, latent_dim)`: means, then
            ln variances.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, network, **options):
        super().__init__(**options)
        self.network = network
        *_, self.style_dim = network.input_shape
        _, self.components, self.latent_dim = network.output_shape[1:]
        self.built = True

    def parameters(self, w, training=False):
        """Means and ln variances of every component, `(batch, components, latent_dim)`."""
        return tf.unstack(self.network(w, training=training), axis=1)

    def log_prob(self, z, w):
        """ln p(z, w), nats: `(batch,)`."""
        each = gaussian_log_density(z[:, None], *self.parameters(w))
        log_style = gaussian_log_density(w, 0.0, tf.zeros_like(w))
        return tf.reduce_logsumexp(each, axis=1) - math.log(self.components) + log_style

    def responsibilities(self, z, w):
        """p(k|z, w), by Bayes' rule: `(batch, components)`."""
        return tf.nn.softmax(gaussian_log_density(z[:, None], *self.parameters(w)))

    def divergences(self, mean, log_var, z, w, training=False):
        """sum_k r_k KL(N(mean, diag var) | p(z|w, k)) and KL(r | 1/K), r_k = p(k|z, w), of
        z ~ N(mean, diag var); each `(batch,)`, nats."""
        parameters = self.parameters(w, training)
        log_shares = tf.nn.log_softmax(gaussian_log_density(z[:, None], *parameters))
        gaps = gaussian_kl(mean[:, None], log_var[:, None], *parameters)
        parts = gaps, log_shares + math.log(self.components)
        return [tf.reduce_sum(tf.exp(log_shares) * part, axis=1) for part in parts]

    def choose(self, count):
        """Components, int32 `(count,)`."""
        return noise.choice(tf.fill([self.components], 1.0 / self.components), count)

    def sample(self, count, components=None):
        """`(count, latent_dim)`: of these components, int32 `(count,)`, or drawn ones."""
        chosen = self.choose(count) if components is None else components
        parameters = self.parameters(noise.normal((count, self.style_dim)))
        mean, log_var = (tf.gather(each, chosen, batch_dims=1) for each in parameters)
        return mean + tf.exp(0.5 * log_var) * noise.normal((count, self.latent_dim))

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network}

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})
