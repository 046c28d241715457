"""Log densities of codes, summed over the last axis, in nats; arguments broadcast."""

import tensorflow as tf

from zoo.losses.reconstruction import LOG_TWO_PI


def gaussian_log_density(z, mean, log_var):
    """ln N(z; mean, diag exp(log_var)): `(..., m)` to `(...,)`."""
    log_var = tf.convert_to_tensor(log_var)  # one read: design.md, 23
    each = tf.square(z - mean) * tf.exp(-log_var) + log_var + LOG_TWO_PI
    return -0.5 * tf.reduce_sum(each, axis=-1)
