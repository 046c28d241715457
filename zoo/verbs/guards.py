"""What a served graph refuses before it computes: shapes, sizes, numbers, labels."""

from typing import NamedTuple

import tensorflow as tf

MOST_ROWS, MOST_STEPS = 1024, 64  # of what one served call may ask for
MOST_VALUE = 1e6  # magnitude of a number that has no range of its own


class Argument(NamedTuple):
    """One input of a signature: its served name and type, what it is, what it may hold."""

    spec: tf.TensorSpec
    doc: str
    low: float | None = -MOST_VALUE  # None: anything
    high: float | None = MOST_VALUE

    @property
    def has_rows(self):
        """Whether it holds one entry for each row of the batch."""
        return self.spec.shape.rank > 0 and self.spec.shape[0] is None


def guarded(arguments, tensors):
    """The tensors of a call, which depend on assertions that they are what they must be.

    Args:
        arguments: served name -> `Argument`.
        tensors: served name -> tensor.
    """
    shaped = {
        name: tf.ensure_shape(tensors[name], argument.spec.shape, name=name)
        for name, argument in arguments.items()
    }
    sized = _after(_sizes(arguments, shaped), shaped)
    ranged = {name: a for name, a in arguments.items() if a.low is not None}
    return _after([_range(name, a, sized[name]) for name, a in ranged.items()], sized)


def finite(name, tensor):
    """An output, which depends on an assertion that all its values are finite."""
    if not tensor.dtype.is_floating:
        return tensor
    wrong = tf.reduce_sum(tf.cast(~tf.math.is_finite(tensor), tf.int32))
    words = f"Every value of `{name}` must be finite; other inputs are needed. Not finite:"
    return _after([_assert(tf.equal(wrong, 0), words, wrong)], {name: tensor})[name]


def _assert(condition, words, value):
    """The assertion that a condition holds, else the words and a value are the error."""
    return tf.raw_ops.Assert(condition=condition, data=[words, value])


def _after(assertions, tensors):
    """The tensors, each of which depends on all assertions."""
    with tf.control_dependencies(assertions):
        return {name: tf.identity(tensor) for name, tensor in tensors.items()}


def _sizes(arguments, tensors):
    """Assertions on the rows: few enough, and as many in one input as in another."""
    rows = {name: tf.shape(tensors[name])[0] for name, a in arguments.items() if a.has_rows}
    if not rows:
        return []
    (first, count), *others = rows.items()
    words = f"`{first}` must hold from 1 to {MOST_ROWS} rows."
    found = [_assert((count >= 1) & (count <= MOST_ROWS), words, count)]
    for name, size in others:
        words = f"`{name}` must hold as many rows as `{first}`."
        found.append(_assert(tf.equal(size, count), words, size))
    if "steps" in tensors:
        points = tf.cast(tensors["steps"], tf.int64) * tf.cast(count, tf.int64)
        words = f"`steps` times the rows of `{first}` must be at most {MOST_ROWS}."
        found.append(_assert(points <= MOST_ROWS, words, points))
    return found


def _range(name, argument, tensor):
    """The assertion that every value lies in the range; no NaN does."""
    flat = tf.reshape(tensor, [-1])
    good = (flat >= argument.low) & (flat <= argument.high)
    first = flat[tf.argmin(tf.cast(good, tf.int32))]  # of those that are wrong
    words = f"`{name}` must be from {argument.low:g} to {argument.high:g}."
    return _assert(tf.reduce_all(good), words, first)
