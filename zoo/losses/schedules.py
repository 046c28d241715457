"""Numbers that depend on the step; any numeric setting may be one."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class Doubling(keras.optimizers.schedules.LearningRateSchedule):
    """first * 2^floor(step / period), at most `cap`."""

    def __init__(self, first, period, cap):
        self.first, self.period, self.cap = first, period, cap

    def __call__(self, step):
        times = tf.cast(tf.cast(step, tf.int64) // self.period, tf.float32)
        return tf.minimum(self.first * tf.pow(2.0, tf.minimum(times, 100.0)), self.cap)

    def get_config(self):
        return {"first": self.first, "period": self.period, "cap": self.cap}


def warm_up(steps):
    """A weight that rises from 1 / steps to 1 in a straight line over the first `steps` steps."""
    if steps == 0:
        return tf.ones(())
    return keras.optimizers.schedules.PolynomialDecay(1.0 / steps, steps, 1.0)


def mask_polarization(latent_dim):
    """How MaskAAE's code drives its mask to 0 or 1: 2 / m, doubling each 4 I steps to 2048.

    I is 75 for m <= 20, else 112.5 m and at most 10,000.
    """
    interval = 75 if latent_dim <= 20 else min(10_000, int(112.5 * latent_dim))
    return Doubling(2.0 / latent_dim, 4 * interval, cap=2048.0)
