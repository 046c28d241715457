"""Projection on kernels of spectral norm one: weights are overwritten, not normalized."""

import tensorflow as tf

from zoo.layers.spectral_norm import Spectral
from zoo.registry import register


@register
class SpectralProjection(Spectral):
    """A linear layer whose kernel becomes W / sigma(W) after every update of its optimizer.

    The gradient is that of the layer as it is: sigma is not differentiated, and the
    optimizer's averages belong to kernels of another length. See `SpectralNorm`.

    Args:
        layer: dense, embedding or convolution.
        exact: measure the convolution itself, not its kernel as a matrix.
        **options: those of `keras.layers.Layer`.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.kernel.constraint = self.projected

    def projected(self, kernel):
        """The kernel over its norm, by one more power iteration."""
        u, sigma = self.measured(kernel)
        self.u.assign(u)
        return tf.convert_to_tensor(kernel) / tf.cast(sigma, kernel.dtype)

    def call(self, x):
        return self.layer(x)
