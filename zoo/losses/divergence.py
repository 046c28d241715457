"""Kullback-Leibler divergences in closed form, per example, in nats."""

import math

import numpy as np
import tensorflow as tf

EULER = float(np.euler_gamma)
LOGIT_STEP = 0.5
LOGITS = np.arange(-28.0, 28.1, LOGIT_STEP)


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


def kumaraswamy_beta_kl(a, b, alpha, beta):
    """KL(Kumaraswamy(a, b) | Beta(alpha, beta)) of each entry (Nalisnick and Smyth, 2017).

    (a - alpha) / a (-gamma - psi(b + 1)) + ln a b + ln B(alpha, beta) - (b - 1) / b
    - (beta - 1) E ln(1 - v)
    """
    ratio = (a - alpha) / a * (-EULER - tf.math.digamma(b + 1.0))
    constant = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
    remainder = (beta - 1.0) * kumaraswamy_log_remainder(a, b)
    return ratio + tf.math.log(a * b) + constant - (b - 1.0) / b - remainder


def kumaraswamy_log_remainder(a, b):
    """E ln(1 - v), v ~ Kumaraswamy(a, b), for a and b from 1e-3 to 1e5, to about 1e-6.

    The paper's series in powers of v converges too slowly where b is small or a is large. With
    w = v^a ~ Beta(1, b), at s = ln w / (1 - w), it is

        -1 / b - ln a + int b w (1 - w)^b ln(a (1 - w^(1 / a)) / (1 - w)) ds

    whose integrand is analytic and falls off exponentially on both sides: the trapezoidal rule.
    """
    logit = tf.constant(LOGITS, a.dtype)
    log_w, log_rest = -tf.math.softplus(-logit), -tf.math.softplus(logit)
    wide_a, wide_b = a[..., None], b[..., None]
    gap = tf.math.log(-tf.math.expm1(log_w / wide_a)) + tf.math.log(wide_a) - log_rest
    density = wide_b * tf.exp(log_w + wide_b * log_rest)
    return -1.0 / b - tf.math.log(a) + LOGIT_STEP * tf.reduce_sum(density * gap, axis=-1)
