"""Batches of a dataset are checked as they come, on the host: XLA drops checks in a step."""

import contextlib
import re

import tensorflow as tf


def stream(data, argument):
    """The dataset, with an error at the batch that holds a number that is not finite."""

    def only(tensor, number, name):
        if not tensor.dtype.is_floating:
            return tensor

        def refuse():
            where = tf.where(~tf.math.is_finite(tensor))[0]
            told = tf.gather_nd(tensor, where), where, number
            words = f"`{name}` must be finite. Received: {{}} at index {{}} of batch {{}}."
            return tf.debugging.Assert(False, [tf.strings.format(words, told)])

        fine = tf.reduce_all(tf.math.is_finite(tensor))
        with tf.control_dependencies([tf.cond(fine, tf.no_op, refuse)]):
            return tf.identity(tensor)

    def checked(number, element):
        if not isinstance(element, (tuple, list)):
            return only(element, number, argument)
        names = argument, "y" if argument == "x" else f"{argument}[1]"
        named = zip(element, (*names, "sample_weight"), strict=False)
        return tuple(only(tensor, number, name) for tensor, name in named)

    return data.enumerate().map(lambda *numbered: checked(*numbered))


@contextlib.contextmanager
def named_errors():
    """Gives the words of `stream` the form of the other errors."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        said = re.search(r"`\S+` must be finite\. Received: .*? of batch \d+\.", str(error))
        if said is None:
            raise
        raise ValueError(said[0]) from None
