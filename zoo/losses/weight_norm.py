"""The size of a network's weights."""

import tensorflow as tf


def kernel_norm(network):
    """sum |kernel|^2 over the trainable kernels of a network; biases do not count."""
    kernels = [v for v in network.trainable_variables if v.name == "kernel"]
    return tf.add_n([tf.reduce_sum(tf.square(kernel.value)) for kernel in kernels])
