"""A mixture of Gaussians for every entry of the data."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import LOG_TWO_PI, sum_of_rest
from zoo.registry import register


@register
class GaussianMixture(keras.layers.Layer):
    """p(x_i|z) = sum_k w_ik N(x_i; mean_ik, var_ik), the entries independent.

    The output's last axis holds ln w (unnormalised), means and ln variances, each of
    `components`, for a last axis of x of one entry. Means are counted from places spread
    over [-1.5, 1.5]: components that start equal would stay equal. ln variances are
    clamped to [-10, 10].

    Args:
        components: how many Gaussians an entry has.
        **options: those of `keras.layers.Layer`.
    """

    data_range = None

    def __init__(self, components=10, **options):
        super().__init__(**options)
        self.components, self.channels = components, 3 * components
        spread = 1.5 if components > 1 else 0.0
        self.places = np.linspace(-spread, spread, components, dtype=np.float32)
        self.built = True

    def parameters(self, output):
        """ln weights, means and ln variances, `(batch, ..., components)`."""
        weights, means, log_var = tf.split(output, 3, axis=-1)
        log_var = tf.clip_by_value(log_var, -10.0, 10.0)
        return tf.nn.log_softmax(weights), means + self.places, log_var

    def nll(self, x, output):
        """-ln p(x|z), nats summed over the data: `(batch,)`."""
        weights, means, log_var = self.parameters(output)
        each = -0.5 * (tf.square(x - means) * tf.exp(-log_var) + log_var + LOG_TWO_PI)
        return -sum_of_rest(tf.reduce_logsumexp(weights + each, axis=-1, keepdims=True))

    def mean(self, output):
        """E[x|z]."""
        weights, means, _ = self.parameters(output)
        return tf.reduce_sum(tf.exp(weights) * means, axis=-1, keepdims=True)

    def sample(self, output):
        """A draw of x."""
        return self.drawn(output, noise.uniform([tf.shape(output)[0], *output.shape[1:-1], 1]))

    def drawn(self, output, uniform):
        """The draw of x that numbers of U(0, 1) give, one for each entry.

        A number chooses the component; where it lies within that one's share is the
        quantile of the draw.
        """
        weights, means, log_var = self.parameters(output)
        above = tf.cumsum(tf.exp(weights), axis=-1)
        chosen = tf.reduce_sum(tf.cast(uniform > above[..., :-1], tf.int32), axis=-1)
        one = tf.one_hot(chosen, self.components)

        def of(values):
            return tf.reduce_sum(one * values, axis=-1, keepdims=True)

        share = of(tf.exp(weights))
        quantile = tf.clip_by_value((uniform - of(above) + share) / share, 1e-6, 1.0 - 1e-6)
        return of(means) + tf.exp(0.5 * of(log_var)) * tf.math.ndtri(quantile)

    def get_config(self):
        return {**super().get_config(), "components": self.components}
