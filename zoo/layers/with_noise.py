"""Noise beside the data that a network sees."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class WithNoise(keras.layers.Layer):
    """Data, and behind its last axis `size` draws of N(0, 1): entries, or channels of an image.

    A network that begins with it draws from any distribution that a function of noise can
    have. Noise is that of the open stream of `zoo.noise`.

    Args:
        size: how many.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, size, **options):
        super().__init__(**options)
        self.size = size

    def call(self, x):
        drawn = noise.normal([tf.shape(x)[0], *x.shape[1:-1], self.size])
        return tf.concat([x, tf.cast(drawn, x.dtype)], axis=-1)

    def compute_output_spec(self, x):
        return keras.KerasTensor((*x.shape[:-1], x.shape[-1] + self.size), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
