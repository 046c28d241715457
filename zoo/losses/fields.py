"""Lengths of gradients with respect to weights, in losses that shorten them."""

import tensorflow as tf

from zoo import replicas


def squared_length(gradients):
    """|g|^2 of gradients of the mean loss of the global batch; differentiable, of shape `()`."""
    squares = [tf.reduce_sum(tf.square(replicas.all_reduce_mean(g))) for g in gradients]
    return tf.add_n(squares)
