"""Values held within the range of images."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class Clipped(keras.layers.Layer):
    """x clipped to [0, 1], with the gradient of x: what lies outside can come back."""

    def call(self, x):
        return x + tf.stop_gradient(tf.clip_by_value(x, 0.0, 1.0) - x)

    def compute_output_shape(self, shape):
        return shape
