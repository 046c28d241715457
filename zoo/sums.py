"""Sums whose order, and so whose last bit, no timing decides.

`tf.add_n`, which also adds the gradients of what is used more than once, begins with whichever
input's memory it may overwrite. Of three or more that are used elsewhere too, that depends on
which of those uses have ended.
"""

import tensorflow as tf


def total(tensors):
    """The sum of tensors of one shape, in their order."""
    return tf.reduce_sum(tf.stack(tensors), axis=0)


def copies(x, count):
    """`count` tensors equal to x, whose gradients are added in their order: for three uses."""
    return tf.unstack(tf.broadcast_to(x, tf.concat([[count], tf.shape(x)], axis=0)), count)
