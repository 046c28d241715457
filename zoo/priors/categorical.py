"""The distribution of labels."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class Categorical(keras.layers.Layer):
    """p(y = k) = probabilities[k].

    Args:
        num_classes: K, how many labels.
        probabilities: K numbers above 0 that add up to 1; all equal where None.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, probabilities=None, **options):
        super().__init__(**options)
        shares = [1.0 / num_classes] * num_classes if probabilities is None else probabilities
        self.num_classes, self.probabilities = num_classes, [float(share) for share in shares]
        wrong = len(self.probabilities) != num_classes or min(self.probabilities) <= 0
        if wrong or abs(sum(self.probabilities) - 1.0) > 1e-5:
            raise ValueError(
                f"`probabilities` must be {num_classes} numbers above 0 that add up to 1. "
                f"Received: {probabilities}."
            )
        self.built = True

    @property
    def log_probs(self):
        """ln p(y) of every label, `(num_classes,)`, nats."""
        return tf.constant(np.log(self.probabilities), tf.float32)

    def sample(self, count):
        """Labels, int32 `(count,)`."""
        return noise.choice(tf.constant(self.probabilities, tf.float32), count)

    def get_config(self):
        own = {"num_classes": self.num_classes, "probabilities": self.probabilities}
        return {**super().get_config(), **own}
