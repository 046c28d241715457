"""Labels given to verbs; -1, or None for all of them, is an unknown one."""

from typing import Any

import numpy as np
import tensorflow as tf


def checked(model: Any, labels: Any, count: Any, unknown: bool = True) -> tf.Tensor:
    """`count` int32 labels, refused where they are not classes of the model.

    Args:
        model: has `num_classes`, or `classes_per_label` where it has several labels.
        labels: one for each row, one for all, or None where `unknown` ones are accepted.
        count: how many rows, a number or a tensor.
        unknown: whether -1 is accepted.
    """
    lowest, most = -1 if unknown else 0, model.highest_label
    words = f"`labels` must be from {lowest} to {most}."
    labels = tf.convert_to_tensor(-1 if labels is None else labels)
    if not labels.dtype.is_integer:
        raise TypeError(f"`labels` must be integers. Received: dtype {labels.dtype.name}.")
    labels = tf.cast(labels, tf.int32)
    right = tf.reduce_all((labels >= lowest) & (labels <= most))
    high = tf.reduce_any(labels > most)
    furthest = tf.where(high, tf.reduce_max(labels), tf.reduce_min(labels))
    if tf.executing_eagerly():
        if not np.asarray(right):
            raise ValueError(f"{words} Received: {furthest.numpy()}.")
        return tf.broadcast_to(labels, [count, *model.label_shape])
    with tf.control_dependencies([tf.debugging.Assert(right, [words, furthest])]):
        return tf.broadcast_to(labels, [count, *model.label_shape])


def completed(model: Any, labels: Any, drawn: tf.Tensor) -> tf.Tensor:
    """As `checked`, with those of `drawn` in place of unknown labels."""
    labels = checked(model, labels, tf.shape(drawn)[0])
    return tf.where(labels < 0, drawn, labels)
