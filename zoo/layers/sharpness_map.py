"""A map of local sharpness: the smoothed energy of the Laplacian."""

import keras
import tensorflow as tf

from zoo.registry import register

LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


@register
class SharpnessMap(keras.layers.Layer):
    """S(x) = sqrt(mean of (Laplacian of x)^2 over a window + epsilon), for each channel.

    Has no weights; flat regions give about 0, edges and noise large values.

    Args:
        window: side of the square over which the energy is averaged.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, window=5, **options):
        super().__init__(**options)
        self.window = window

    def call(self, x):
        channels = x.shape[-1]
        kernel = tf.constant(LAPLACIAN, x.dtype)[:, :, None, None]
        kernel = tf.tile(kernel, [1, 1, channels, 1])
        edges = tf.nn.depthwise_conv2d(_mirrored(x, 1), kernel, [1, 1, 1, 1], "VALID")
        energy = tf.nn.avg_pool2d(tf.square(edges), self.window, 1, "SAME")
        return tf.sqrt(energy + 1e-6)

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {**super().get_config(), "window": self.window}


def _mirrored(x, margin):
    return tf.pad(x, [[0, 0], [margin, margin], [margin, margin], [0, 0]], "REFLECT")
