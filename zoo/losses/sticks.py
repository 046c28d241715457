"""Breaking a stick of length 1, in log space (the Griffiths-Engen-McCloskey distribution)."""

import tensorflow as tf

SHORTEST = 1e-6  # a break leaves at least so much of the stick


def log_complement(log_share):
    """ln(1 - v) from ln v < 0."""
    return tf.math.log(-tf.math.expm1(tf.minimum(log_share, -SHORTEST)))


def pieces(log_share, log_rest):
    """pi_k = v_k prod_{j<k} (1 - v_j), and last what is left; they add up to 1.

    Args:
        log_share, log_rest: ln v_k and ln(1 - v_k), `(..., K - 1)`.

    Returns:
        `(..., K)`.
    """
    left = tf.cumsum(log_rest, axis=-1)
    before = tf.concat([tf.zeros_like(left[..., :1]), left], axis=-1)
    return tf.exp(before + tf.concat([log_share, tf.zeros_like(left[..., :1])], axis=-1))


def log_remainders(pi):
    """ln of what is left before each piece is broken off, `(..., K)`; the first is about 0."""
    left = tf.cumsum(pi, axis=-1, reverse=True)
    return tf.math.log(tf.maximum(left, 1e-30))
