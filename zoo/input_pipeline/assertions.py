"""Batches of a dataset are checked as they come, on the host: XLA drops checks in a step, and
GPUs read what is out of range as zeros."""

import contextlib
import re
import warnings

import numpy as np
import tensorflow as tf

ENDED = "Your input ran out of data"  # how Keras warns of an epoch that was cut short


def checked(model, data, argument):
    """The dataset as float32, with an error at the batch that is not what the model takes."""

    def element(number, given):
        if not isinstance(given, (tuple, list)):
            return _only(model, given, number, argument, "x")
        names = argument, "y" if argument == "x" else f"{argument}[1]"
        sides = zip(given[:2], names, "xy", strict=False)
        found = [_only(model, tensor, number, name, side) for tensor, name, side in sides]
        return (*found, *given[2:])

    return data.enumerate().map(element)


def _only(model, tensor, number, name, side):
    """One side of a batch, which depends on the assertions of what it must be."""
    if side == "y" and "labels" in model.targets:
        lowest = -1 if model.targets == "some_labels" else 0
        return _after([_within(tensor, number, name, lowest, model.highest_label)], tensor)
    shape = model.data_shape if side == "x" else model.target_shape
    tensor = tf.cast(tensor, tf.float32)
    found = [_shaped(tensor, number, name, shape)]
    found.append(_require(tf.math.is_finite(tensor), tensor, number, f"`{name}` must be finite."))
    if model.data_range:
        found.append(_within(tensor, number, name, *model.data_range))
    return tf.ensure_shape(_after(found, tensor), (None, *shape))


def _within(tensor, number, name, low, high):
    good = (tensor >= tf.cast(low, tensor.dtype)) & (tensor <= tf.cast(high, tensor.dtype))
    most = f"{high:g}" if np.ndim(high) == 0 else str(high)
    return _require(good, tensor, number, f"`{name}` must be in [{low:g}, {most}].")


def _shaped(tensor, number, name, shape):
    if tensor.shape[1:] == tf.TensorShape(shape):
        return tf.no_op()
    right = tf.reduce_all(tf.equal(tf.shape(tensor)[1:], shape))
    words = f"`{name}` must have shape (batch, {', '.join(map(str, shape))}). Received: {{}}, {{}}."
    told = tf.strings.format(words.replace("{}.", "batch {}."), (tf.shape(tensor), number))
    return tf.debugging.Assert(right, [told])


def _require(good, tensor, number, words):
    """An assertion that all entries are good; its words name the first that is not."""

    def refuse():
        where = tf.where(tf.logical_not(good))[0]
        told = tf.gather_nd(tensor, where), where, number
        form = f"{words} Received: {{}} at index {{}} of batch {{}}."
        return tf.debugging.Assert(False, [tf.strings.format(form, told)])

    return tf.cond(tf.reduce_all(good), tf.no_op, refuse)


def _after(assertions, tensor):
    with tf.control_dependencies(assertions):
        return tf.identity(tensor)


@contextlib.contextmanager
def named_errors(steps=None):
    """Gives what is said of batches the form of the other errors.

    Args:
        steps: that the caller asked an epoch to have, or None: then data may end anywhere.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore" if steps is None else "error", ENDED)
            yield
    except UserWarning as warning:
        if not str(warning).startswith(ENDED):
            raise
        raise ValueError(too_few(steps, "fewer")) from None
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        in_graph = re.search(r"`\S+` must .*? Received: .*?batch \d+\.", str(error))
        on_host = re.search(r"(\w+Error): (.*)", str(error))
        kind = RAISED.get(on_host[1]) if on_host else None
        if kind is not None and on_host is not None:
            raise kind(on_host[2]) from None
        if in_graph is None:
            raise
        raise ValueError(in_graph[0]) from None


RAISED = {"ValueError": ValueError, "TypeError": TypeError, "OSError": OSError}  # while reading
RAISED |= {"DataError": ValueError, "IndexError": IndexError, "FileNotFoundError": OSError}


def too_few(steps, batches):
    """What is said where a dataset ends within an epoch."""
    return (
        f"`steps_per_epoch` must be at most the batches that the dataset yields, times all epochs "
        f"(`.repeat()` makes it endless). Received: {steps}, and {batches} batches."
    )
