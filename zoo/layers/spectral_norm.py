"""Spectral normalization (Miyato et al., 2018, arXiv:1802.05957, Section 2.1, Algorithm 1)."""

import math

import keras
import tensorflow as tf

from zoo.registry import register

LINEAR = (
    keras.layers.Dense,
    keras.layers.Embedding,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
)


class Spectral(keras.layers.Wrapper):
    """What layers share that know the largest singular value of a kernel.

    Args:
        layer: dense, embedding or convolution.
        exact: measure the convolution itself, at its input's size, and not its kernel as a
            matrix `(height * width * in, out)`, whose norm is another.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, layer, exact=False, **options):
        if not isinstance(layer, LINEAR):
            kinds = ", ".join(kind.__name__ for kind in LINEAR)
            raise ValueError(f"`layer` must be one of {kinds}. Received: {layer!r}.")
        super().__init__(layer, **{"dtype": layer.dtype_policy, **options})
        self.exact = exact

    def build(self, input_shape):
        super().build(input_shape)
        space = tuple(input_shape[1:]) if self.maps else (math.prod(self.kernel.shape[:-1]),)
        if None in space:
            raise ValueError(f"`exact` needs inputs of one size. Received: {input_shape}.")
        start = {"initializer": "random_normal", "trainable": False, "autocast": False}
        self.u = self.add_weight(name="u", shape=(1, *space), dtype="float32", **start)
        self.built = True

    @property
    def kernel(self):
        """The weights of the linear map."""
        return self.layer.embeddings if hasattr(self.layer, "embeddings") else self.layer.kernel

    @property
    def maps(self):
        """Whether the linear map is taken on maps and not on their patches."""
        return self.exact and hasattr(self.layer, "convolution_op")

    def operator(self, kernel, u):
        """The linear map at u, `(1, ...)`."""
        if self.maps:
            return self.layer.convolution_op(u, kernel)
        return tf.matmul(u, tf.reshape(kernel, [-1, kernel.shape[-1]]))

    def adjoint(self, kernel, v):
        """The transposed map at v, `(1, ...)`."""
        if not self.maps:
            return tf.matmul(v, tf.reshape(kernel, [-1, kernel.shape[-1]]), transpose_b=True)
        with tf.GradientTape() as tape:  # the gradient of a linear map is its transpose
            u = tf.zeros(self.u.shape)
            tape.watch(u)
            image = self.operator(kernel, u)
        return tape.gradient(image, u, v)

    def measured(self, kernel):
        """u after one power iteration, and sigma = u^T W v, which is linear in the kernel."""
        kernel = tf.cast(kernel, "float32")
        still = tf.stop_gradient(kernel)
        v = unit(self.operator(still, tf.convert_to_tensor(self.u)))
        u = unit(self.adjoint(still, v))
        return u, tf.maximum(tf.reduce_sum(v * self.operator(kernel, u)), 1e-12)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "exact": self.exact}


def unit(x):
    """x over its length."""
    return x * tf.math.rsqrt(tf.reduce_sum(tf.square(x)) + 1e-12)


@register
class SpectralNorm(Spectral):
    """A linear layer that computes with W / sigma(W), and learns W.

        v <- W^T u / |.|,   u <- W v / |.|,   sigma = u^T W v    (Algorithm 1)

    One power iteration in each training forward; u and v are constants to the gradient and W
    is not, so that the gradient has no part along W. `keras.layers.SpectralNormalization`
    overwrites W instead and does not differentiate sigma.

    Args:
        layer: dense, embedding or convolution; its bias and activation stay as they are.
        exact: measure the convolution itself, at its input's size, and not its kernel as a
            matrix `(height * width * in, out)`, as the paper does.
        **options: those of `keras.layers.Layer`.
    """

    def call(self, x, training=False):
        kernel = tf.convert_to_tensor(self.kernel)
        u, sigma = self.measured(kernel)
        if training:
            self.u.assign(u)
        weights = [
            kernel / tf.cast(sigma, kernel.dtype) if weight is self.kernel else weight
            for weight in self.layer.trainable_variables
        ]
        return self.layer.stateless_call(weights, self.layer.non_trainable_variables, x)[0]
