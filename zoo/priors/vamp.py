"""A mixture of the posterior at learned inputs (Tomczak and Welling, 2018, "VampPrior")."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class VampPrior(keras.layers.Layer):
    """p(z) = 1/K sum_k q(z|u_k), with K trained pseudo-inputs u_k.

    The layer holds the pseudo-inputs alone. Its model passes what its encoder gives for
    them, `outputs`, and the posterior that reads it.

    Args:
        data_shape: of one pseudo-input.
        components: K.
        mean, deviation: of the normal distribution they start from; N(0.05, 0.01^2) where None and
            bounded, N(0, 1) where not. A start of data goes through `start_at`.
        bounded: keep every pseudo-input in [0, 1].
        **options: those of `keras.layers.Layer`.
    """

    def __init__(
        self, data_shape, components=500, mean=None, deviation=None, bounded=False, **options
    ):
        super().__init__(**{"dtype": "float32", **options})
        if components < 1:
            raise ValueError(f"`components` must be at least 1. Received: {components}.")
        start = (0.05, 0.01) if bounded else (0.0, 1.0)
        self.mean = start[0] if mean is None else mean
        self.deviation = start[1] if deviation is None else deviation
        self.data_shape, self.components, self.bounded = tuple(data_shape), components, bounded
        self.pseudo_inputs = self.add_weight(
            name="pseudo_inputs",
            shape=(components, *self.data_shape),
            initializer=keras.initializers.RandomNormal(self.mean, self.deviation),
            constraint=self.within,
        )
        self.start_at(self.pseudo_inputs.value)
        self.built = True

    def within(self, inputs):
        """Pseudo-inputs brought into the range of the data."""
        return tf.clip_by_value(inputs, 0.0, 1.0) if self.bounded else inputs

    def start_at(self, inputs):
        """Sets the pseudo-inputs: `(components, *data_shape)`."""
        self.pseudo_inputs.assign(self.within(inputs))

    def sample(self, count, posterior, outputs):
        """`(count, latent_dim)`: a component each, all equally likely, and a draw of it."""
        chosen = tf.cast(noise.uniform((count, 1))[:, 0] * self.components, tf.int32)
        return posterior.sample(tf.gather(outputs, chosen))[0]

    def log_prob(self, z, posterior, outputs):
        """ln p(z), nats: `(batch,)`."""
        each = posterior.log_prob(z[:, None], outputs[None])
        return tf.reduce_logsumexp(each, axis=1) - math.log(self.components)

    def get_config(self):
        names = ("data_shape", "components", "mean", "deviation", "bounded")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
