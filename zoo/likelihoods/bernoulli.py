"""Bernoulli likelihood on logits."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import bernoulli_nll
from zoo.registry import register


@register
class Bernoulli(keras.layers.Layer):
    """p(x|z) = prod_i Bernoulli(x_i; sigmoid(a_i)); with grey x a cross-entropy."""

    data_range = (0.0, 1.0)
    channels = 1  # decoder outputs for each entry of x

    def nll(self, x, output):
        """-ln p(x|z), nats summed over the data: `(batch,)`."""
        return bernoulli_nll(x, output)

    def mean(self, output):
        """E[x|z], in (0, 1)."""
        return tf.sigmoid(output)

    def sample(self, output):
        """A draw of x, in {0, 1}."""
        return self.drawn(output, noise.uniform([tf.shape(output)[0], *output.shape[1:]]))

    def drawn(self, output, uniform):
        """The draw of x that numbers of U(0, 1) give, one for each entry."""
        return tf.cast(uniform < tf.sigmoid(output), tf.float32)
