"""Codes of data that were kept: draws of the posterior of one of them."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class CodeBank(keras.layers.Layer):
    """What an encoder gave for up to `capacity` examples; empty at first.

    Args:
        width: how many numbers it gives for one.
        capacity: most examples.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, width, capacity=1000, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.width, self.capacity = width, capacity
        shared = {"initializer": "zeros", "trainable": False}
        self.rows = self.add_weight(name="rows", shape=(capacity, width), **shared)
        self.count = self.add_weight(name="count", shape=(), **shared)
        self.built = True

    @property
    def is_filled(self):
        """Whether it holds any."""
        with tf.init_scope():  # a verb may ask while it is traced
            return bool(self.count.numpy() > 0)

    def fill(self, rows, seed=0):
        """Keeps the rows `(count, width)`, or as many of them as there is room for, by seed."""
        order = np.random.default_rng(seed).permutation(len(rows))[: self.capacity]
        held = np.zeros(self.rows.shape, np.float32)
        held[: len(order)] = rows[order]
        self.rows.assign(held)
        self.count.assign(len(order))

    def sample(self, count):
        """`(count, width)`: rows of the bank, all equally likely."""
        place = noise.uniform((count, 1))[:, 0] * self.count.value
        return tf.gather(self.rows.value, tf.cast(place, tf.int32))

    def get_config(self):
        return {**super().get_config(), "width": self.width, "capacity": self.capacity}
