"""One step of a masked autoregressive flow (Papamakarios et al., 2017, arXiv:1705.07057)."""

import keras
import tensorflow as tf

from zoo.layers.masked_dense import filled
from zoo.registry import register

BOUND = 5.0  # of alpha, on both sides


@register
class MAFStep(keras.layers.Layer):
    """u_i = (x_i - mean_i(x_<i)) exp(-alpha_i(x_<i)), from data to noise (Eq. 3 and 4).

    The Jacobian is triangular: ln |det du/dx| = -sum_i alpha_i. To noise is one pass of
    the network, to data as many as there are dimensions. Alphas are bounded, 5 tanh(a / 5)
    of what the network gives: far from the data they would overflow.

    Args:
        network: `zoo.networks.autoregressive.Autoregressive` of two channels: means, alphas.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, network, **options):
        super().__init__(**options)
        self.network = network
        self.built = True

    def forward(self, x, training=False):
        """u, and ln |det du/dx| of each row."""
        mean, alpha = self.parameters(x)
        return (x - mean) * tf.exp(-alpha), -tf.reduce_sum(alpha, axis=1)

    def parameters(self, x):
        """Means and alphas, each of the shape of x."""
        mean, alpha = tf.unstack(self.network(x), axis=-1)
        return mean, BOUND * tf.tanh(alpha / BOUND)

    def inverse(self, u):
        """The x that is mapped to u."""

        def values(x):
            mean, alpha = self.parameters(x)
            return u * tf.exp(alpha) + mean

        return filled(values, self.network.ranks[0], tf.shape(u)[0])

    def get_config(self):
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
        }

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})
