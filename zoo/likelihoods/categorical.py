"""Categorical likelihood on logits, of entries that are the numbers of classes."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import sum_of_rest
from zoo.registry import register


@register
class Categorical(keras.layers.Layer):
    """p(x_i = k|z) = softmax(a_i)_k; the logits are the output's last axis.

    x has a last axis of one entry that holds k, 0 <= k < num_classes, as a float.

    Args:
        num_classes: how many classes an entry has.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, **options):
        super().__init__(**options)
        self.num_classes = self.channels = num_classes
        self.data_range = (0.0, num_classes - 1.0)
        self.built = True

    def nll(self, x, output):
        """-ln p(x|z), nats summed over the data: `(batch,)`."""
        labels = tf.cast(x[..., 0], tf.int32)
        return sum_of_rest(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, output))

    def mean(self, output):
        """The most probable class; numbers of classes have no mean."""
        return tf.cast(tf.expand_dims(tf.argmax(output, axis=-1), -1), tf.float32)

    def sample(self, output):
        """A draw of x."""
        return self.drawn(output, noise.uniform([tf.shape(output)[0], *output.shape[1:-1], 1]))

    def drawn(self, output, uniform):
        """The draw of x that numbers of U(0, 1) give, one for each entry."""
        above = tf.cumsum(tf.nn.softmax(output), axis=-1)[..., :-1]
        return tf.reduce_sum(tf.cast(uniform > above, tf.float32), axis=-1, keepdims=True)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}
