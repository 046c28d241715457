"""Dropout whose noise is the model's: right on replicas, and replayed after a resume."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class Dropout(keras.layers.Layer):
    """Sets entries to 0 with probability `rate` and scales the others by 1 / (1 - rate).

    `keras.layers.Dropout` repeats its mask on every replica and its state is not saved.

    Args:
        rate: probability in [0, 1).
        always: drop in inference too, where dropout is the model's noise (Pix2Pix).
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, rate, always=False, **options):
        super().__init__(**options)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}.")
        self.rate, self.always = rate, always

    def call(self, x, training=False):
        if not (training or self.always) or self.rate == 0:
            return x
        mask = noise.uniform([tf.shape(x)[0], *x.shape[1:]]) >= self.rate
        return tf.where(mask, x / (1.0 - self.rate), tf.zeros_like(x))

    def compute_output_spec(self, x, training=False):
        return keras.KerasTensor(x.shape, dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "always": self.always}
