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
