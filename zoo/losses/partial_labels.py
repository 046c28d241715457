"""Several labels of which some are known: every class that they may be, and its probability."""

import itertools

import numpy as np
import tensorflow as tf


def every_class(sizes):
    """All values of labels of these sizes, int32 `(classes, labels)`, the last one fastest."""
    return np.array(list(itertools.product(*map(range, sizes))), np.int32)


def log_joint(logits, sizes):
    """ln q(y|x) of every class, `(batch, classes)`; the labels are independent given x.

    logits: of each label in turn, `(batch, sum of sizes)`.
    """
    log_q = tf.zeros_like(logits[:, :1])
    for part in tf.split(logits, sizes, axis=1):
        each = tf.nn.log_softmax(part)
        log_q = tf.reshape(log_q[:, :, None] + each[:, None], [-1, log_q.shape[1] * each.shape[1]])
    return log_q


def agreement(labels, sizes):
    """1 where a class has the labels that are known, else 0: `(batch, classes)`.

    labels: int32 `(batch,)` of one label or `(batch, labels)`; -1 is unknown.
    """
    known = tf.reshape(labels, [-1, 1, len(sizes)])
    agrees = (known < 0) | tf.equal(known, every_class(sizes)[None])
    return tf.cast(tf.reduce_all(agrees, axis=2), tf.float32)


def split(log_q, agrees):
    """ln q(known labels|x), `(batch,)`, and ln q(class|x, known labels), `(batch, classes)`.

    The second is 0 where a class does not agree.

    Args:
        log_q: ln q(class|x), `(batch, classes)`.
        agrees: of `agreement`.
    """
    log_known = tf.reduce_logsumexp(tf.where(agrees > 0.0, log_q, -1e30), axis=1)
    return log_known, agrees * (log_q - log_known[:, None])
