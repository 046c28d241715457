"""Descent on a tensor: Adam (Kingma and Ba, 2015) without a variable, for verbs that search."""

import tensorflow as tf


def descend(loss, start, steps, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """`start` after `steps` steps of Adam; rows are problems of their own.

    Args:
        loss: maps a tensor like `start` to losses `(batch,)`, row by row.
        start: `(batch, ...)`.
        steps: how many.
        rate: length of a step.
        beta_1, beta_2, epsilon: those of `keras.optimizers.Adam`.
    """

    def step(number, point, first, second):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(point)
            total = tf.reduce_sum(loss(point))
        slope = tape.gradient(total, point)
        first = beta_1 * first + (1.0 - beta_1) * slope
        second = beta_2 * second + (1.0 - beta_2) * tf.square(slope)
        time = tf.cast(number + 1, start.dtype)
        length = rate * tf.sqrt(1.0 - beta_2**time) / (1.0 - beta_1**time)
        return number + 1, point - length * first / (tf.sqrt(second) + epsilon), first, second

    zeros = tf.zeros_like(start)
    state = tf.constant(0), start, zeros, zeros
    return tf.while_loop(lambda number, *_: number < steps, step, state)[1]


def rows_at_once():
    """Rows that are searched side by side: enough to fill a GPU, where TensorFlow finds one; two
    on a CPU, for most queries are of few rows."""
    return 64 if tf.config.list_physical_devices("GPU") else 2


def searched(search, dtypes, *tensors, rows=None):
    """What `search` gives for rows, as many at a time always, the last filled up with zeros.

    Rounding depends on how many rows are computed at once, and a search amplifies it: among
    as many always, a row's own result is the same alone and in any batch.

    Args:
        search: maps tensors of `rows` rows to a tuple of tensors of as many.
        dtypes: of that tuple.
        tensors: `(batch, ...)` each.
        rows: at a time; `rows_at_once()` where None.
    """
    count, rows = tf.shape(tensors[0])[0], rows or rows_at_once()
    chunks = -(-count // rows)

    def cut(tensor):
        missing = [[0, chunks * rows - count], *[[0, 0]] * (tensor.shape.rank - 1)]
        return tf.reshape(tf.pad(tensor, missing), [chunks, rows, *tensor.shape[1:]])

    results = tf.map_fn(
        lambda chunk: search(*chunk), tuple(map(cut, tensors)), fn_output_signature=dtypes
    )
    return tuple(tf.reshape(each, [-1, *each.shape[2:]])[:count] for each in results)
