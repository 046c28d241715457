"""Self-attention over the places of a map (Zhang et al., 2019, arXiv:1805.08318)."""

import keras
import tensorflow as tf

from zoo.layers.spectral_norm import SpectralNorm
from zoo.registry import register


@register
class SelfAttention(keras.layers.Layer):
    """y_j = x_j + gamma W_v o_j, where o_j averages values over all places of the map.

        o_j = sum_i b_ji h(x_i),  b_ji = softmax_i f(x_i)' g(x_j)    (Eq. 1 and 2)

    f, g and h are 1 x 1 convolutions without bias from C channels to C / 8, C / 8 and C / 2,
    W_v is one back to C. gamma starts at 0, so that the layer starts as the identity.

    Args:
        pool: take the maxima of f and h over 2 x 2 places, as the released code does.
        spectral: normalize the four convolutions (`zoo.layers.spectral_norm`).
        initializer: of their kernels.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, pool=False, spectral=False, initializer="glorot_uniform", **options):
        super().__init__(**options)
        self.pool, self.spectral = pool, spectral
        self.initializer = keras.initializers.get(initializer)

    def build(self, shape):
        *sides, channels = shape
        small, half = max(1, channels // 8), max(1, channels // 2)
        self.keys = self._convolution("keys", small, shape)
        self.queries = self._convolution("queries", small, shape)
        self.values = self._convolution("values", half, shape)
        self.projection = self._convolution("projection", channels, (*sides, half))
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def _convolution(self, name, size, shape):
        options = {"use_bias": False, "kernel_initializer": self.initializer.clone()}
        layer = keras.layers.Conv2D(size, 1, name=name, dtype=self.dtype_policy, **options)
        layer = SpectralNorm(layer) if self.spectral else layer
        layer.build(shape)
        return layer

    def attention(self, x, training=False):
        """b_ji for every place j and key i: `(batch, places, keys)`, whose rows add up to 1."""
        keys = places(self._pooled(self._apply(self.keys, x, training)))
        queries = places(self._apply(self.queries, x, training))
        return tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True), axis=-1)

    def call(self, x, training=False):
        weights = self.attention(x, training)
        values = places(self._pooled(self._apply(self.values, x, training)))
        averages = tf.matmul(weights, values)
        averages = tf.reshape(averages, [-1, *x.shape[1:3], values.shape[-1]])
        return x + self.gamma * self._apply(self.projection, averages, training)

    def _apply(self, layer, x, training):
        return layer(x, training=training) if self.spectral else layer(x)

    def _pooled(self, x):
        return tf.nn.max_pool2d(x, 2, 2, "SAME") if self.pool else x

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        own = {"pool": self.pool, "spectral": self.spectral}
        own["initializer"] = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), **own}


def places(x):
    """`(batch, height, width, channels)` to `(batch, height * width, channels)`."""
    _, height, width, channels = x.shape
    return tf.reshape(x, [-1, height * width, channels])
