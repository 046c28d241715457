"""Derivatives of a network by its input, row by row."""

import tensorflow as tf

from zoo.losses.reconstruction import sum_of_rest


def directional(network, z, direction):
    """network(z), and its derivative J u along u = `direction`, of the output's shape.

    v -> J^T v is linear, and J u is its derivative by v times u. (In forward mode TensorFlow
    2.21 tiles tangents of biases to a shape that XLA does not know.)
    """
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(z)
            output = network(z)
        weights = tf.zeros_like(output)
        outer.watch(weights)
        product = inner.gradient(output, z, output_gradients=weights)
    return output, outer.gradient(product, weights, output_gradients=direction)


def squared_norm(network, z):
    """|J|_F^2 of each row, exactly, by one product for each dimension of z: `(batch,)`."""
    total = 0.0
    for axis in tf.unstack(tf.eye(z.shape[1])):
        total += sum_of_rest(tf.square(directional(network, z, axis + tf.zeros_like(z))[1]))
    return total


def log_volume(network, z, jitter=1e-6):
    """1/2 ln det(J^T J) of each row: how much the network stretches volumes, `(batch,)`.

    Args:
        network: codes `(batch, m)` to data.
        jitter: added to the diagonal, so that a network that ignores a dimension has a volume.
    """
    size = z.shape[1]
    axes = tf.tile(tf.eye(size), tf.stack([tf.shape(z)[0], 1]))
    _, products = directional(network, tf.repeat(z, size, axis=0), axes)
    jacobian = tf.reshape(products, [-1, size, products.shape[1:].num_elements()])
    gram = tf.matmul(jacobian, jacobian, transpose_b=True) + jitter * tf.eye(size)
    return tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tf.linalg.cholesky(gram))), axis=1)
