"""What is computed on the global batch when several replicas share it.

Outside a replica, and with one replica, every function is the identity or the plain
mean, and adds no operation to the graph.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def context() -> Any:
    """The replica context when several replicas run in step, else None."""
    inside = tf.distribute.get_replica_context()
    return inside if inside is not None and inside.num_replicas_in_sync > 1 else None


def count() -> int:
    """How many replicas run in step."""
    inside = context()
    return inside.num_replicas_in_sync if inside else 1


def several_workers(strategy: Any) -> bool:
    """Whether a strategy spans several processes."""
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return several and strategy.extended._in_multi_worker_mode()


def by_rows(data: Any) -> Any:
    """A dataset of which each of several workers takes its rows of every batch.

    Left to itself TensorFlow may give each worker files of its own, and so other batches.
    """
    policies, options = tf.data.experimental.AutoShardPolicy, tf.data.Options()
    if data.options().experimental_distribute.auto_shard_policy != policies.AUTO:
        return data
    options.experimental_distribute.auto_shard_policy = policies.DATA
    return data.with_options(options)


def index() -> Any:
    """The number of this replica, 0 when it is alone."""
    inside = context()
    return inside.replica_id_in_sync_group if inside else 0


def own_row_numbers(rows: Any) -> tf.Tensor:
    """Numbers in the global batch of this replica's `rows` rows, uint32."""
    own = tf.cast(tf.range(rows), tf.uint32)
    return own + tf.cast(index() * rows, tf.uint32) if context() else own


def all_reduce_sum(tensors: Any) -> Any:
    """The sum over replicas of one tensor or of a structure of tensors."""
    inside = context()
    return inside.all_reduce(tf.distribute.ReduceOp.SUM, tensors) if inside else tensors


def all_reduce_mean(tensors: Any) -> Any:
    """The mean over replicas of tensors of equal shape: gradients inside a loss."""
    inside = context()
    return inside.all_reduce(tf.distribute.ReduceOp.MEAN, tensors) if inside else tensors


def gather(tensor: tf.Tensor) -> tf.Tensor:
    """The rows of the global batch, in order; differentiable."""
    inside = context()
    if not inside:
        return tensor
    rows = inside.all_gather(tensor, axis=0)
    return tf.reshape(rows, tf.shape(rows))  # a sparse gradient (of `tf.gather`) becomes dense


def own_rows(tensor: tf.Tensor) -> tf.Tensor:
    """Of a tensor of the global batch, the rows that belong to this replica."""
    if not context():
        return tensor
    rows = tf.shape(tensor)[0] // count()
    return tensor[index() * rows : (index() + 1) * rows]


def batch_mean(tensor: tf.Tensor) -> tf.Tensor:
    """The mean over the rows of the global batch, axis 0 removed; differentiable."""
    return all_reduce_mean(tf.reduce_mean(tensor, axis=0))


def among(mask: tf.Tensor, term: tf.Tensor) -> tf.Tensor:
    """The mean of `term` over the rows of the global batch where `mask` holds, or 0.

    Args:
        mask: bool `(batch,)`.
        term: float `(batch,)`.
    """
    chosen = tf.cast(mask, term.dtype)
    part = tf.stack([tf.reduce_sum(chosen * term), tf.reduce_sum(chosen)])
    part = all_reduce_sum(part)
    return tf.math.divide_no_nan(part[0], part[1])


def weighted_mean(tensor: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """sum_i w_i t_i / sum_i w_i over the rows of the global batch, axis 0 removed; 0 without any.

    Args:
        tensor: `(batch, ...)`.
        weights: `(batch,)`, at least 0.
    """
    each = tf.reshape(weights, [-1, *[1] * (tensor.shape.rank - 1)])
    total, weight = all_reduce_sum([tf.reduce_sum(each * tensor, axis=0), tf.reduce_sum(weights)])
    return tf.math.divide_no_nan(total, weight)


def ordered_sum(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
    """The sum of tensors of one shape, in their order: no timing decides its last bit.

    `tf.add_n`, which also adds the gradients of what is used more than once, begins with
    whichever input's memory it may overwrite. Of three or more that are used elsewhere too,
    that depends on which of those uses have ended.
    """
    return tf.reduce_sum(tf.stack(tensors), axis=0)


def copies(x: tf.Tensor, count: int) -> list[tf.Tensor]:
    """`count` tensors equal to x, whose gradients are added in their order: for three uses."""
    each = tf.ones([count] + [1] * x.shape.rank, x.dtype)
    return tf.unstack(each * x)  # of whose gradient XLA knows the shape; of `broadcast_to` not
