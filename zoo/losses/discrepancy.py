"""Discrepancies between two samples; scalars, so computed on the global batch."""

import tensorflow as tf

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def squared_distances(a, b):
    """|a_i - b_j|^2: `(n, m)` and `(k, m)` to `(n, k)`, never negative."""
    squares = tf.reduce_sum(a * a, 1)[:, None] + tf.reduce_sum(b * b, 1)[None]
    return tf.maximum(squares - 2.0 * tf.matmul(a, b, transpose_b=True), 0.0)


def inverse_multiquadric(a, b, variance=1.0):
    """sum_s s C / (s C + |a - b|^2), C = 2 m variance: heavy-tailed, multi-scale."""
    distances, base = squared_distances(a, b), 2.0 * a.shape[1] * variance
    return tf.add_n([scale * base / (scale * base + distances) for scale in SCALES])


def gaussian_kernel(a, b, variance=1.0):
    """exp(-|a - b|^2 / (2 m variance))."""
    return tf.exp(-squared_distances(a, b) / (2.0 * a.shape[1] * variance))


KERNELS = {"inverse_multiquadric": inverse_multiquadric, "gaussian": gaussian_kernel}


def mmd(a, b, kernel=inverse_multiquadric, variance=1.0):
    """The unbiased estimate of MMD^2 (Gretton et al., 2012, Eq. 3); it may be negative.

    Args:
        a, b: samples `(n, m)` and `(k, m)` with n, k >= 2.
        variance: per dimension, of the distribution that the kernel's width is for.
    """

    def within(sample):
        count = tf.cast(tf.shape(sample)[0], sample.dtype)
        matrix = kernel(sample, sample, variance)
        diagonal = kernel(sample[:1], sample[:1], variance)[0, 0] * count
        return (tf.reduce_sum(matrix) - diagonal) / (count * (count - 1.0))

    return within(a) + within(b) - 2.0 * tf.reduce_mean(kernel(a, b, variance))
