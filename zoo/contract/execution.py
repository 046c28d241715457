"""One execution of `fit` as one graph, where it is one step on one device."""

import tensorflow as tf


def function(model):
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
    batched = tf.function(step, **options)  # of `train_on_batch`
    read = tf.function(lambda iterator: step(iterator.get_next()), **options)

    def execute(iterator):
        ready = isinstance(iterator, tf.data.Iterator)
        return read(iterator) if ready else batched(next(iterator))

    return execute
