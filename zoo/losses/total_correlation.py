"""Total correlation: how far the dimensions of a code are from independent."""

import tensorflow as tf

from zoo import noise, replicas


def permuted_columns(z):
    """Every column of the global batch shuffled by itself: draws of prod_j q(z_j).

    Kim and Mnih, 2018, "Disentangling by factorising", Algorithm 1.

    Args:
        z: draws of q(z), this replica's rows `(batch, m)`.

    Returns:
        This replica's rows of the shuffled batch.
    """
    rows = replicas.gather(z)
    keys = noise.uniform([tf.shape(rows)[0], z.shape[1]], shared=True)
    orders = tf.argsort(tf.transpose(keys), axis=1, stable=True)
    columns = tf.gather(tf.transpose(rows), orders, batch_dims=1)
    return replicas.own_rows(tf.transpose(columns))
