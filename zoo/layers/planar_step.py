"""One step of a planar flow (Rezende and Mohamed, 2015, arXiv:1505.05770)."""

from typing import Any

import keras
import tensorflow as tf

from zoo.registry import register
from zoo.replicas import copies


@register
class PlanarStep(keras.layers.Layer):
    """z' = z + v tanh(w'z + b),  v = u + (softplus(w'u) - 1 - w'u) w / |w|^2    (Eq. 10, A.1)

        ln |det dz'/dz| = ln |1 + (1 - tanh^2(w'z + b)) w'v|                     (Eq. 12)

    w'v > -1 makes it invertible. u, w and b are weights, or read off a context by a dense layer.

    Args:
        latent_dim: size of z.
        context: size of the context; 0: u, w and b are weights, the same for all rows.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, context=0, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.latent_dim, self.context = latent_dim, context
        size, spread = 2 * latent_dim + 1, keras.initializers.RandomNormal(stddev=0.1)
        self.bias = self.add_weight(name="bias", shape=(size,), initializer=spread)
        if context:
            self.kernel = self.add_weight(
                name="kernel", shape=(context, size), initializer="glorot_uniform"
            )
        self.built = True

    def plane(self, context: Any = None):
        """v, w and b, and w'v, `(rows, ...)` each."""
        own = self.bias.value[None]
        if self.context:
            own += tf.matmul(context, self.kernel.value)
        u, w, b = tf.split(own, [self.latent_dim, self.latent_dim, 1], axis=1)
        normal, side, squared, direction = copies(w, 4)
        along = tf.reduce_sum(side * u, axis=1, keepdims=True)
        length = tf.reduce_sum(tf.square(squared), axis=1, keepdims=True) + 1e-12
        onwards = tf.math.softplus(along) - 1.0  # w'v
        return u + (onwards - along) * direction / length, normal, b, onwards

    def forward(self, z, context=None):
        """z', and ln |det dz'/dz| of each row."""
        v, w, b, onwards = self.plane(context)
        inner, outer = copies(z, 2)
        bend = tf.tanh(tf.reduce_sum(w * inner, axis=1, keepdims=True) + b)
        slope = ((1.0 - tf.square(bend)) * onwards)[:, 0]
        return outer + v * bend, tf.math.log1p(tf.maximum(slope, 1e-6 - 1.0))

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim, "context": self.context}
