"""What a measure is given: floats that are finite, images in [0, 1], rows that are enough."""

import numpy as np
import tensorflow as tf


class MeasureError(ValueError):
    """Examples of which a measure cannot be taken; the message is one line that says why."""


def rows(x, name, least=1, like=None):
    """Rows of numbers as an array, or an error that names what is wrong.

    Args:
        x: `(count, ...)`; images, of four axes or more, must be in [0, 1]. Rows that are read
            from files, all checked already, stay as they are.
        name: what they are called in an error.
        least: how many there must be.
        like: rows of the same shape as these must have: (their name, they).
    """
    x = x if getattr(x, "is_checked", False) else np.asarray(x)
    require_floats(x, name)
    if x.ndim < 2:
        raise ValueError(f"`{name}` must be rows (count, ...). Received: shape {x.shape}.")
    if like is not None:
        require_shape(x, name, tuple(like[1].shape[1:]), f"as `{like[0]}` has")
    require_enough(len(x), name, least)
    if isinstance(x, np.ndarray):
        require_values(x, name)
    return x


def batch(x, name, shape=None, in_range=True):
    """A batch of rows as a tensor; in a graph its values are asserted.

    Args:
        x: `(batch, ...)`.
        name: what it is called in an error.
        shape: of one row, where it is known; None in it fits any.
        in_range: whether images must be in [0, 1].
    """
    x = tf.convert_to_tensor(x)
    require_floats(x, name)
    if shape is not None:
        require_shape(x, name, shape, "as the measure takes")
    if tf.executing_eagerly():
        require_values(x.numpy(), name, in_range)
        return x
    in_range = in_range and is_images(x)
    good = tf.reduce_all(tf.math.is_finite(x))
    words = f"`{name}` must be finite{' and in [0, 1]' * in_range}."
    if in_range:
        good &= tf.reduce_all((x >= 0.0) & (x <= 1.0))
    with tf.control_dependencies([tf.debugging.Assert(good, [words, tf.reduce_max(x)])]):
        return tf.identity(x)


def numbers(x, name, least=1):
    """Numbers of any shape as float64, all finite: outputs of a critic, log-densities."""
    x = np.asarray(x, np.float64)
    require_enough(x.size, name, least)
    require_values(x.ravel(), name)
    return x


def classes(labels, name, count, least=1):
    """Labels as an array of integers in [0, count)."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise TypeError(
            f"`{name}` must be integers (count,). Received: {labels.dtype} of {labels.shape}."
        )
    require_enough(len(labels), name, least)
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        raise ValueError(
            f"`{name}` must be in [0, {count - 1}]. "
            f"Received: labels from {labels.min()} to {labels.max()}."
        )
    return labels


def refuse_weights(sample_weight, name):
    """Refuses weights of examples, which no measure here uses."""
    if sample_weight is not None:
        raise ValueError(
            f"`sample_weight` is not used by {name!r}: every example counts once. "
            "Received: a value."
        )


def is_images(x):
    """Whether rows are images, or sequences of images."""
    return len(x.shape) >= 4


def require_floats(x, name):
    """Refuses numbers that are no floats."""
    kind = x.dtype.as_numpy_dtype if isinstance(x, tf.Tensor) else x.dtype
    if np.dtype(kind).kind in "biuOSUc":
        hint = " Scale images with `x.astype('float32') / 255`." * is_images(x)
        raise TypeError(f"`{name}` must be floats. Received: dtype {np.dtype(kind)}.{hint}")


def require_shape(x, name, shape, words):
    """Refuses rows of another shape."""
    own = tuple(x.shape[1:])
    fits = len(own) == len(shape) and all(
        None in pair or pair[0] == pair[1] for pair in zip(own, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"`{name}` must have rows of shape {tuple(shape)}, {words}. Received: {own}."
        )


def require_enough(count, name, least):
    """Refuses fewer examples than a measure needs."""
    if count < least:
        plural = "s" * (least > 1)
        raise MeasureError(
            f"`{name}` must hold at least {least} example{plural}. Received: {count}."
        )


def require_values(x, name, in_range=True):
    """Refuses values that are not finite, and images that are not in [0, 1]."""
    finite = np.isfinite(np.asarray(x, np.float64) if x.dtype.kind == "V" else x)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise MeasureError(f"`{name}` must be finite. Received: {x[where]} at index {where}.")
    if in_range and is_images(x) and x.size and (x.min() < 0 or x.max() > 1):
        raise MeasureError(
            f"`{name}` must be in [0, 1] where it holds images. "
            f"Received: values from {x.min():.4g} to {x.max():.4g}."
        )
