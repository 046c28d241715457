"""One execution of `fit` as one graph, where it is one step on one device."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def function(model: Any) -> Callable[..., Any] | None:
    """What `fit` calls with its iterator for each step, or None where Keras's own is needed.

    That of Keras puts the step into an inner graph and the logs into an optional. Both are
    for loops over several steps and for replicas; they double what a short step costs.
    """
    alone = model._distribute_strategy is None
    if model.run_eagerly or model.steps_per_execution > 1 or not alone:
        return None
    step, options = model.train_step, {"autograph": False, "reduce_retracing": True}
    if model.jit_compile:  # the iterator itself is not for XLA
        step = tf.function(step, jit_compile=True, **options)

    def next_step(iterator: Any) -> dict[str, tf.Tensor]:
        return step(iterator.get_next())

    batched = tf.function(step, **options)  # of `train_on_batch`
    read = tf.function(next_step, **options)

    def execute(iterator: Any) -> dict[str, tf.Tensor]:
        ready = isinstance(iterator, tf.data.Iterator)
        return read(iterator) if ready else batched(next(iterator))

    return execute
