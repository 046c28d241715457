"""What is asked of features of a whole batch of generated examples."""

import tensorflow as tf

from zoo import replicas


def feature_matching(real, fake):
    """|E real - E fake|^2, means over the global batch (Salimans et al., 2016, Section 3.1).

    Args:
        real, fake: `(batch, features)`, of data and of generated examples.
    """
    gap = replicas.batch_mean(real) - replicas.batch_mean(fake)
    return tf.reduce_sum(tf.square(gap))


def pulling_away(codes):
    """The mean squared cosine of two different rows of the global batch (Zhao et al., 2017, 2.4).

    0 where all are orthogonal, 1 where all point one way.

    Args:
        codes: `(batch, size)`, of generated examples.
    """
    rows = tf.math.l2_normalize(replicas.gather(codes), axis=1)
    squares, count = tf.square(tf.matmul(rows, rows, transpose_b=True)), tf.shape(rows)[0]
    pairs = tf.cast(count * (count - 1), rows.dtype)
    return (tf.reduce_sum(squares) - tf.reduce_sum(tf.linalg.diag_part(squares))) / pairs
