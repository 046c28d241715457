"""Batch normalization as a step of a flow (Dinh et al., 2017; Papamakarios et al., 2017)."""

import keras
import tensorflow as tf

from zoo import replicas
from zoo.registry import register


@register
class FlowBatchNorm(keras.layers.Layer):
    """u = beta + exp(gamma) (x - mean) / sqrt(var + epsilon), with its determinant.

    In training mean and variance are those of the global batch, else moving averages of
    them: only then is the flow a map of single rows.

    Args:
        size: how many dimensions.
        momentum: of the moving averages.
        epsilon: added to the variance.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, size, momentum=0.99, epsilon=1e-5, **options):
        super().__init__(**options)
        self.size, self.momentum, self.epsilon = size, momentum, epsilon
        starts = {"gamma": "zeros", "beta": "zeros", "moving_mean": "zeros", "moving_var": "ones"}
        for name, start in starts.items():
            learned = not name.startswith("moving")
            own = self.add_weight(name=name, shape=(size,), initializer=start, trainable=learned)
            setattr(self, name, own)
        self.built = True

    def forward(self, x, training=False):
        """u, and ln |det du/dx| of each row."""
        gap, var = self.moments(x) if training else (x - self.moving_mean, self.moving_var)
        log_scale = self.gamma - 0.5 * tf.math.log(var + self.epsilon)
        u = self.beta + gap * tf.exp(log_scale)
        return u, tf.reduce_sum(log_scale) * tf.ones_like(x[:, 0])

    def moments(self, x):
        """x less its mean, and its variance, over the global batch; the moving averages follow."""
        mean = replicas.batch_mean(x)
        gap = x - mean
        var = replicas.batch_mean(tf.square(gap))
        for moving, value in ((self.moving_mean, mean), (self.moving_var, var)):
            moving.assign(self.momentum * moving + (1.0 - self.momentum) * value)
        return gap, var

    def inverse(self, u):
        """The x that is mapped to u, by the moving averages."""
        log_scale = self.gamma - 0.5 * tf.math.log(self.moving_var + self.epsilon)
        return self.moving_mean + (u - self.beta) * tf.exp(-log_scale)

    def get_config(self):
        own = {"size": self.size, "momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **own}
