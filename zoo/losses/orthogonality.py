"""How far the filters of a layer are from being orthogonal to each other."""

import tensorflow as tf


def off_diagonal(kernels):
    """sum over kernels of |W'W * (1 - I)|_F^2, W each kernel as a matrix `(inputs, outputs)`.

    Lengths of the filters do not matter (Brock et al., 2019, arXiv:1809.11096, Eq. 3).

    Args:
        kernels: list of tensors whose last axis are the filters.
    """
    total = tf.zeros(())
    for kernel in kernels:
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        gram = tf.matmul(matrix, matrix, transpose_a=True)
        total += tf.reduce_sum(tf.square(gram - tf.linalg.diag(tf.linalg.diag_part(gram))))
    return total
