"""Padding by reflection, which Keras has no layer for."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class ReflectionPadding(keras.layers.Layer):
    """Adds `margin` mirrored rows and columns on every side of images, edges not repeated.

    Args:
        margin: below the smaller side of the images.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, margin, **options):
        super().__init__(**options)
        self.margin = margin

    def call(self, x):
        return tf.pad(x, [[0, 0], [self.margin] * 2, [self.margin] * 2, [0, 0]], "REFLECT")

    def compute_output_spec(self, x):
        batch, height, width, channels = x.shape
        more = 2 * self.margin
        return keras.KerasTensor((batch, height + more, width + more, channels), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
