"""Minibatch discrimination (Salimans et al., 2016, arXiv:1606.03498, Section 3.2)."""

import keras
import tensorflow as tf

from zoo import replicas
from zoo.registry import register


@register
class MinibatchDiscrimination(keras.layers.Layer):
    """Features, and behind them how near the other rows of the batch are.

        M_i = T f_i, of kernels x dims;   o_ib = sum_{j != i} exp(-|M_ib - M_jb|_1)

    A discriminator that sees o knows samples that are all alike. Rows are those of the global
    batch, of data or of samples, never of both.

    Args:
        kernels: B, how many numbers are added.
        dims: C, of the space in which rows are compared.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, kernels=50, dims=5, **options):
        super().__init__(**options)
        self.kernels, self.dims = kernels, dims

    def build(self, shape):
        start = keras.initializers.RandomNormal(stddev=0.05)
        shape = (shape[-1], self.kernels * self.dims)
        self.tensor = self.add_weight(name="tensor", shape=shape, initializer=start)

    def call(self, features):
        own = tf.reshape(features @ self.tensor, [-1, self.kernels, self.dims])
        apart = tf.reduce_sum(tf.abs(own[:, None] - replicas.gather(own)[None]), axis=3)
        near = tf.reduce_sum(tf.exp(-apart), axis=1) - 1.0  # without the row itself
        return tf.concat([features, near], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + self.kernels)

    def get_config(self):
        return {**super().get_config(), "kernels": self.kernels, "dims": self.dims}
