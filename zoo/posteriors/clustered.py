"""The posterior of a code and of the cluster it lies in."""

import keras
import tensorflow as tf

from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.registry import register


@register
class ClusteredGaussian(keras.layers.Layer):
    """q(z, c|x) = N(z; mean, diag exp(log_var)) q(c|x); the encoder's output holds all three.

    Args:
        clusters: how many; their logits stand last.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, clusters, **options):
        super().__init__(**options)
        self.clusters, self.code = clusters, DiagonalGaussian()

    def width(self, latent_dim):
        """How many numbers the encoder gives for a code of this size."""
        return self.code.width(latent_dim) + self.clusters

    def mean(self, output):
        """E[z|x], `(batch, latent_dim)`."""
        return self.code.mean(output[:, : -self.clusters])

    def sample(self, output):
        """z and ln q(z|x)."""
        return self.code.sample(output[:, : -self.clusters])

    def log_shares(self, output):
        """ln q(c|x), `(batch, clusters)`."""
        return tf.nn.log_softmax(output[:, -self.clusters :])

    def best_shares(self, output, prior):
        """The q(c|x) that makes the divergence least: pi_k exp(-KL(q(z|x) | k)), normalized."""
        return tf.nn.softmax(prior.log_shares - prior.divergences(*self._code(output)))

    def divergences(self, output, prior):
        """sum_k q_k KL(q(z|x) | component k) and KL(q(c|x) | pi), each `(batch,)`, nats."""
        log_q, gaps = self.log_shares(output), prior.divergences(*self._code(output))
        parts = tf.exp(log_q) * gaps, tf.exp(log_q) * (log_q - prior.log_shares)
        return [tf.reduce_sum(part, axis=1) for part in parts]

    def unit_divergences(self, output, prior):
        """None: no dimension has a closed form of its own."""

    def divergence(self, output, z, log_q, prior):
        """KL(q(z, c|x) | p(z, c)), nats: `(batch,)`; `prior` is a `MixturePrior`."""
        return tf.add_n(self.divergences(output, prior))

    def _code(self, output):
        return tf.split(output[:, : -self.clusters], 2, axis=1)

    def get_config(self):
        return {**super().get_config(), "clusters": self.clusters}
