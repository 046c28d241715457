"""One execution of `fit` as one graph, where it runs on one device."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

MOST_CALLS = 32  # steps of one graph in a row: TensorFlow refuses more reads of an iterator


def function(model: Any) -> Callable[..., Any] | None:
    """What `fit` calls with its iterator for each execution, or None where Keras's own is needed.

    That of Keras puts the step into an inner graph, the logs into an optional and several steps
    into a loop. All are for replicas and steps that are not compiled; they double what a short
    step costs. Several compiled steps are calls of one function in a row, up to 32; more are
    Keras's loop.
    """
    alone, count = model._distribute_strategy is None, model.steps_per_execution
    loop = count > (MOST_CALLS if model.jit_compile else 1)
    if model.run_eagerly or not alone or loop:
        return None
    step, options = model.train_step, {"autograph": False, "reduce_retracing": True}
    if model.jit_compile:  # the iterator itself is not for XLA
        step = tf.function(step, jit_compile=True, **options)

    def next_steps(iterator: Any) -> dict[str, tf.Tensor]:
        logs: dict[str, tf.Tensor] = {}
        for _ in range(count):  # where a dataset ends, the steps before it are whole
            with tf.control_dependencies([*logs.values()]):
                batch = iterator.get_next()
            logs = step(batch)
        return logs

    batched = tf.function(step, **options)  # of `train_on_batch`
    read = tf.function(next_steps, **options)

    def execute(iterator: Any) -> dict[str, tf.Tensor]:
        ready = isinstance(iterator, tf.data.Iterator)
        return read(iterator) if ready else batched(next(iterator))

    return execute
