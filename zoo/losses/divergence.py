"""Kullback-Leibler divergences in closed form, per example, in nats."""

import tensorflow as tf


def standard_gaussian_kl(mean, log_var):
    """KL(N(mean, diag var) | N(0, I)) = 1/2 sum_j mean_j^2 + var_j - 1 - ln var_j.

    The form 1/2 sum (1 + ln var - mean^2 - var), common in lectures, is its negative.
    """
    return 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_var) - 1.0 - log_var, axis=-1)


def gaussian_kl(mean, log_var, prior_mean, prior_log_var):
    """KL of one diagonal Gaussian to another, summed over the last axis."""
    ratio = tf.exp(log_var - prior_log_var)
    gap = tf.square(mean - prior_mean) * tf.exp(-prior_log_var)
    return 0.5 * tf.reduce_sum(prior_log_var - log_var + ratio + gap - 1.0, axis=-1)


def categorical_kl(probabilities, prior):
    """sum_k q_k ln(q_k / p_k); 0 ln 0 is 0."""
    return tf.reduce_sum(
        tf.math.xlogy(probabilities, tf.math.divide_no_nan(probabilities, prior)), axis=-1
    )
