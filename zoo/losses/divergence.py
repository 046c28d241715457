"""Kullback-Leibler divergences in closed form, per example, in nats."""

import math

import numpy as np
import tensorflow as tf

EULER = float(np.euler_gamma)


def standard_gaussian_kl(mean, log_var):
    """KL(N(mean, diag var) | N(0, I)) = 1/2 sum_j mean_j^2 + var_j - 1 - ln var_j.

    The form 1/2 sum (1 + ln var - mean^2 - var), common in lectures, is its negative.
    """
    return 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_var) - 1.0 - log_var, axis=-1)


def gaussian_kl(mean, log_var, prior_mean, prior_log_var):
    """KL of one diagonal Gaussian to another, summed over the last axis."""
    prior_log_var = tf.convert_to_tensor(prior_log_var)  # one read: design.md, 23
    ratio = tf.exp(log_var - prior_log_var)
    gap = tf.square(mean - prior_mean) * tf.exp(-prior_log_var)
    return 0.5 * tf.reduce_sum(prior_log_var - log_var + ratio + gap - 1.0, axis=-1)


def categorical_kl(probabilities, prior):
    """sum_k q_k ln(q_k / p_k); 0 ln 0 is 0."""
    return tf.reduce_sum(
        tf.math.xlogy(probabilities, tf.math.divide_no_nan(probabilities, prior)), axis=-1
    )


def log_beta(x, y):
    """ln B(x, y) = ln Gamma(x) + ln Gamma(y) - ln Gamma(x + y)."""
    return tf.math.lgamma(x) + tf.math.lgamma(y) - tf.math.lgamma(x + y)


def kumaraswamy_beta_kl(a, b, alpha, beta, terms=100):
    """KL(Kumaraswamy(a, b) | Beta(alpha, beta)) of each entry (Nalisnick and Smyth, 2017).

        (a - alpha) / a (-gamma - psi(b) - 1 / b) + ln a b + ln B(alpha, beta)
        - (b - 1) / b + (beta - 1) b S,   S = sum_{r >= 1} B(r / a, b) / (r + a b)

    Far terms fall like r^-(b + 1), slowly where b is small: after `terms` of them follows
    the integral of the rest, Gamma(b) / b (x + b / 2)^-b at x = (terms + 1/2) / a.
    """
    order, wide = tf.range(1, terms + 1, dtype=a.dtype), (a[..., None], b[..., None])
    near = tf.exp(log_beta(order / wide[0], wide[1])) / (order + wide[0] * wide[1])
    edge = tf.math.log((terms + 0.5) / a + 0.5 * b)
    series = tf.reduce_sum(near, axis=-1) + tf.exp(tf.math.lgamma(b) - b * edge) / b
    ratio = (a - alpha) / a * (-EULER - tf.math.digamma(b) - 1.0 / b)
    constant = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
    return ratio + tf.math.log(a * b) + constant - (b - 1.0) / b + (beta - 1.0) * b * series
