"""Moving averages of a model's weights, which its verbs and its export use when asked."""

import contextlib
from collections.abc import Generator, Sequence

import keras
import tensorflow as tf


class Averages(keras.layers.Layer):
    """average <- d average + (1 - d) weight after every step, d = min(decay, (1 + t) / (10 + t)).

    t counts the steps before, so that the start values are soon forgotten; with a `start` the
    average is the weight itself before that step, and d = decay from there on (BigGAN). State
    that no gradient moves (averages of batch normalization) is not averaged: it is used as it is.

    Args:
        weights: list of `keras.Variable`, those that players move; the layer keeps copies.
        decay: in (0, 1), such as 0.999.
        start: step from which on averages are taken; 0: from the first, warmed up.
    """

    def __init__(self, weights: Sequence[keras.Variable], decay: float, start: int = 0) -> None:
        super().__init__(dtype="float32", name="averages")
        self.decay, self.start = decay, start
        self.kept: list[keras.Variable] = [
            self.add_weight(name=f"average_{number}", shape=w.shape, dtype=w.dtype, trainable=False)
            for number, w in enumerate(weights)
        ]
        self.built = True
        for average, weight in zip(self.kept, weights, strict=True):
            average.assign(weight.numpy())

    def follow(self, weights: Sequence[keras.Variable], steps: tf.Tensor) -> None:
        """Moves every average towards its weight; `steps` were finished before this one."""
        t = tf.cast(steps, tf.float32)
        limit = (1.0 + t) / (10.0 + t)
        if self.start:
            limit = tf.cast(steps >= self.start, tf.float32)
        rest = 1.0 - tf.minimum(self.decay, limit)
        for average, weight in zip(self.kept, weights, strict=True):
            average.assign_add(rest * (weight.value - average.value))

    def replace(self, weights: Sequence[keras.Variable]) -> None:
        """Sets the weights to their averages."""
        for weight, average in zip(weights, self.kept, strict=True):
            weight.assign(average.numpy())

    @contextlib.contextmanager
    def instead_of(self, weights: Sequence[keras.Variable]) -> Generator[None]:
        """Inside, the weights hold their averages."""
        before = [weight.numpy() for weight in weights]
        try:
            self.replace(weights)
            yield
        finally:
            for weight, value in zip(weights, before, strict=True):
                weight.assign(value)
