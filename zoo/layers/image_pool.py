"""A history of generated examples (Shrivastava et al., 2017, arXiv:1612.07828, Section 2.3)."""

import keras
import tensorflow as tf

from zoo import noise, replicas
from zoo.registry import register


@register
class ImagePool(keras.layers.Layer):
    """Shows a discriminator old generated examples beside new ones, as CycleGAN does.

    One after another, an example is stored and returned while there is room; once the pool
    is full, with probability 1/2 it takes the place of a stored one drawn at random, which
    is returned instead. Replicas do this alike for all rows of the global batch, in order.
    In inference examples are returned as they are.

    Args:
        shape: of one example.
        capacity: how many are stored; 0 returns every example as it is.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, shape, capacity=50, **options):
        super().__init__(**{"dtype": "float32", **options})  # examples are, in every policy
        self.shape, self.capacity = tuple(shape), capacity
        usual = {"initializer": "zeros", "trainable": False}
        self.stored = self.add_weight(name="stored", shape=(capacity, *self.shape), **usual)
        self.filled = self.add_weight(name="filled", shape=(), dtype="int64", **usual)
        self.built = True

    def call(self, examples, training=False):
        if not training or self.capacity == 0:
            return examples
        new = tf.stop_gradient(replicas.gather(examples))
        draws = noise.uniform([tf.shape(new)[0], 2], shared=True)
        places = tf.cast(draws[:, 0] * self.capacity, tf.int32)

        def exchange(row, stored, filled, returned):
            is_full = filled == self.capacity
            place = tf.where(is_full, places[row], filled)
            is_swapped = is_full & (draws[row, 1] < 0.5)
            old, is_stored = stored[place], is_swapped | ~is_full
            stored = _put(stored, place, tf.where(is_stored, new[row], old))
            returned = _put(returned, row, tf.where(is_swapped, old, new[row]))
            return row + 1, stored, tf.minimum(filled + 1, self.capacity), returned

        filled = tf.cast(self.filled.value, tf.int32)  # a GPU has no variables of 32 bits
        state = tf.constant(0), self.stored.value, filled, new
        count = tf.shape(new)[0]
        _, stored, filled, returned = tf.while_loop(lambda row, *_: row < count, exchange, state)
        self.stored.assign(stored)
        self.filled.assign(tf.cast(filled, tf.int64))
        return replicas.own_rows(returned)

    def get_config(self):
        return {**super().get_config(), "shape": self.shape, "capacity": self.capacity}


def _put(rows, place, row):
    """Rows with one of them replaced."""
    return tf.tensor_scatter_nd_update(rows, [[place]], row[None])
