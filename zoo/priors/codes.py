"""Codes with a meaning: independent categories and numbers (Chen et al., 2016, "InfoGAN")."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import LOG_TWO_PI
from zoo.registry import register


@register
class Codes(keras.layers.Layer):
    """c: one of K_i, as K_i entries of which one is 1, for each category i; then U(-1, 1).

    A network that guesses c gives as many numbers: logits of each category, and means of
    Gaussians of variance 1.

    Args:
        categories: K_1, K_2, ...; at least one.
        continuous: how many numbers.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, categories=(10,), continuous=2, **options):
        super().__init__(**options)
        self.categories, self.continuous = tuple(categories), continuous
        self.splits = [*self.categories, continuous]
        self.size = sum(self.splits)
        if not self.categories or min(self.categories) < 1 or continuous < 0:
            raise ValueError(
                "`categories` must be positive, at least one, and `continuous` at least 0. "
                f"Received: {categories} and {continuous}."
            )
        self.built = True

    @property
    def entropy(self):
        """H(c), nats: the most that can be known of c. Of numbers it is differential."""
        return sum(map(math.log, self.categories)) + self.continuous * math.log(2.0)

    def sample(self, count, codes=None):
        """`(count, size)`: `codes`, one for each row or one for all, and draws where
        they are None or a row has no category (0 in all of its entries)."""
        kinds = [noise.choice(tf.fill([k], 1.0 / k), count) for k in self.categories]
        hot = [tf.one_hot(kind, k) for kind, k in zip(kinds, self.categories, strict=True)]
        drawn = tf.concat([*hot, noise.uniform((count, self.continuous), -1.0, 1.0)], axis=1)
        if codes is None:
            return drawn
        codes = tf.broadcast_to(tf.cast(codes, tf.float32), tf.shape(drawn))
        known = tf.reduce_any(codes[:, : sum(self.categories)] != 0.0, axis=1, keepdims=True)
        return tf.where(known, codes, drawn)

    def log_guess(self, codes, output):
        """ln Q(c) of codes under a guess of them, nats: `(batch,)`."""
        *one_hot, numbers = tf.split(codes, self.splits, axis=1)
        *logits, means = tf.split(output, self.splits, axis=1)
        parts = [
            tf.reduce_sum(c * tf.nn.log_softmax(a), axis=1)
            for c, a in zip(one_hot, logits, strict=True)
        ]
        parts.append(-0.5 * tf.reduce_sum(tf.square(numbers - means) + LOG_TWO_PI, axis=1))
        return tf.add_n(parts)

    def mean(self, output):
        """A guess as probabilities and means: `(batch, size)`."""
        *logits, means = tf.split(output, self.splits, axis=1)
        return tf.concat([*map(tf.nn.softmax, logits), means], axis=1)

    def swept(self, codes, number, steps):
        """`(batch, values, size)`: codes of which one takes each of its values.

        Args:
            number: of the code: a category, or behind them a number.
            steps: values from -1 to 1 of a number.
        """
        if not 0 <= number < len(self.categories) + self.continuous:
            most = len(self.categories) + self.continuous - 1
            raise ValueError(f"`number` must be from 0 to {most}. Received: {number}.")
        numbers = max(0, number - len(self.categories))
        start = sum(self.categories[:number]) + numbers
        is_category = number < len(self.categories)
        values = tf.eye(self.categories[number]) if is_category else ticks(steps)
        shape = tf.shape(codes)[0], len(values)
        end = start + int(values.shape[-1] or 0)
        parts = codes[:, None, :start], values[None], codes[:, None, end:]
        parts = [tf.broadcast_to(part, (*shape, part.shape[-1])) for part in parts]
        return tf.concat(parts, axis=2)

    def get_config(self):
        own = {"categories": list(self.categories), "continuous": self.continuous}
        return {**super().get_config(), **own}


def ticks(steps):
    """`(steps, 1)`, from -1 to 1."""
    return tf.linspace(-1.0, 1.0, steps)[:, None]
