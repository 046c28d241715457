"""One step of an inverse autoregressive flow (Kingma et al., 2016, arXiv:1606.04934)."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class IAFStep(keras.layers.Layer):
    """z' = sigma z + (1 - sigma) m,  (m, s) = network(z, h),  sigma = sigmoid(s + forget)

    m_i and s_i depend on the entries before i, and on h: the Jacobian is triangular, and
    ln |det dz'/dz| = sum_i ln sigma_i (Algorithm 1 and Eq. 13 to 15). It starts near the
    identity: `forget` opens the gate.

    Args:
        network: `zoo.networks.autoregressive.Autoregressive` of two channels: m, s.
        forget: added to s.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, network, forget=1.5, **options):
        super().__init__(**options)
        self.network, self.forget = network, forget
        self.built = True

    def forward(self, z, context=None):
        """z', and ln |det dz'/dz| of each row."""
        m, s = tf.unstack(self.network(z, context=context), axis=-1)
        gate = tf.sigmoid(s + self.forget)
        log_det = -tf.reduce_sum(tf.math.softplus(-s - self.forget), axis=1)
        return gate * z + (1.0 - gate) * m, log_det

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network, "forget": self.forget}

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})
