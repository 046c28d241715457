"""How far a reconstruction is from the data, per example, summed over its dimensions."""

import math

import tensorflow as tf

LOG_TWO_PI = math.log(2.0 * math.pi)


def sum_of_rest(values):
    """The sum over every axis but the first: `(batch, ...)` to `(batch,)`."""
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))


def mean_of_rest(values):
    """The mean over every axis but the first: `(batch, ...)` to `(batch,)`."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def squared_error(x, mean):
    """|x - mean|^2, summed: `(batch, ...)` to `(batch,)`."""
    return sum_of_rest(tf.square(x - mean))


def absolute_error(x, mean):
    """|x - mean|_1, summed: `(batch, ...)` to `(batch,)`."""
    return sum_of_rest(tf.abs(x - mean))


def cross_entropy(x, logits):
    """softplus(a) - x a for each entry; the Bernoulli negative log-likelihood of x in {0, 1}."""
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)


def bernoulli_nll(x, logits):
    """sum_i softplus(a_i) - x_i a_i, in nats; a cross-entropy where x is grey."""
    return sum_of_rest(cross_entropy(x, logits))


def gaussian_nll(x, mean, log_var):
    """1/2 sum_i (x_i - mean_i)^2 / var_i + ln var_i + ln 2 pi, in nats."""
    each = tf.square(x - mean) * tf.exp(-log_var) + log_var + LOG_TWO_PI
    return 0.5 * sum_of_rest(each)


def laplace_nll(x, mean, scale):
    """sum_i |x_i - mean_i| / b + ln 2 b, in nats."""
    return sum_of_rest(tf.abs(x - mean) / scale + tf.math.log(2.0 * scale))
