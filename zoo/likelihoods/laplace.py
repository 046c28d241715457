"""Laplace likelihood: reconstructions measured by absolute error."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import laplace_nll
from zoo.registry import register


@register
class Laplace(keras.layers.Layer):
    """p(x|z) = prod_i exp(-|x_i - mean_i(z)| / b) / 2 b.

        nll = |x - mean|_1 / b + D ln 2 b

    Args:
        scale: b.
        bounded: pass the mean through a sigmoid, for data in [0, 1].
        **options: those of `keras.layers.Layer`.
    """

    channels = 1  # decoder outputs for each entry of x

    def __init__(self, scale=1.0, bounded=False, **options):
        super().__init__(**options)
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}.")
        self.scale, self.bounded = scale, bounded
        self.data_range = (0.0, 1.0) if bounded else None
        self.built = True

    def nll(self, x, output):
        """-ln p(x|z), nats summed over the data: `(batch,)`."""
        return laplace_nll(x, self.mean(output), self.scale)

    def mean(self, output):
        """E[x|z]."""
        return tf.sigmoid(output) if self.bounded else output

    def sample(self, output):
        """A draw of x."""
        return self.drawn(output, noise.uniform([tf.shape(output)[0], *output.shape[1:]]))

    def drawn(self, output, uniform):
        """The draw of x that numbers of U(0, 1) give, one for each entry."""
        tail = 1.0 - 2.0 * tf.abs(uniform - 0.5)  # in (0, 1]; 1 at the median
        return self.mean(output) - self.scale * tf.sign(uniform - 0.5) * tf.math.log(tail)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "bounded": self.bounded}
