"""A distribution of codes, or of data, that an invertible flow takes to N(0, I)."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.layers.flow_batch_norm import FlowBatchNorm
from zoo.layers.maf_step import MAFStep
from zoo.losses.reconstruction import gaussian_nll
from zoo.networks.autoregressive import Autoregressive
from zoo.registry import register


@register
class FlowPrior(keras.layers.Layer):
    """p(z) = N(u; 0, I) |det du/dz|, u = forward(z): the steps one after another.

    Args:
        latent_dim: size of z.
        steps: layers with `forward(z, training)`, which gives a vector and ln |det| of each
            row, and `inverse`; from z to the noise.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, steps, **options):
        super().__init__(**options)
        self.latent_dim, self.steps = latent_dim, list(steps)
        self.built = True

    def forward(self, z, training=False):
        """The noise u of z, and ln |det du/dz| of each row."""
        total = tf.zeros_like(z[:, 0])
        for step in self.steps:
            z, log_det = step.forward(z, training=training)
            total += log_det
        return z, total

    def inverse(self, u):
        """The z of which the noise is u."""
        for step in reversed(self.steps):
            u = step.inverse(u)
        return u

    def sample(self, count):
        """`(count, latent_dim)`."""
        return self.inverse(noise.normal([count, self.latent_dim]))

    def log_prob(self, z, training=False):
        """ln p(z), nats: `(batch,)`."""
        u, log_det = self.forward(z, training)
        return log_det - gaussian_nll(u, 0.0, tf.zeros_like(u))

    def get_config(self):
        steps = [keras.saving.serialize_keras_object(step) for step in self.steps]
        return {**super().get_config(), "latent_dim": self.latent_dim, "steps": steps}

    @classmethod
    def from_config(cls, config):
        steps = [keras.saving.deserialize_keras_object(step) for step in config["steps"]]
        return cls(**{**config, "steps": steps})


def masked_autoregressive_flow(size, depth=5, hidden=(100,), batch_norm=False):
    """`depth` steps of MADE layers, the order reversed from one to the next.

    Args:
        size: of the vectors.
        depth: how many steps.
        hidden: widths of the hidden layers of each.
        batch_norm: normalize after each step; for densities trained on their own: a prior
            is evaluated by its moving averages alone.
    """
    steps = []
    for number in range(depth):
        steps.append(MAFStep(Autoregressive(size, 2, hidden, reverse=number % 2 == 1)))
        steps += [FlowBatchNorm(size)] if batch_norm else []
    return FlowPrior(size, steps)
