"""A part of a vector: the noise of one level of a hierarchical generator."""

import keras

from zoo.registry import register


@register
class Chunk(keras.layers.Layer):
    """Entries `start ... start + size - 1` of the last axis.

    Args:
        start: the first entry.
        size: how many.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, start, size, **options):
        super().__init__(**options)
        self.start, self.size = start, size

    def call(self, x):
        return x[..., self.start : self.start + self.size]

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.size)

    def get_config(self):
        return {**super().get_config(), "start": self.start, "size": self.size}


def sizes(total, count):
    """Sizes of `count` chunks of a vector, as even as can be; the first take what is left over."""
    return [total // count + (number < total % count) for number in range(count)]
