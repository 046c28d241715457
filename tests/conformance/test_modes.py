"""What changes the speed or the memory of training changes nothing that is learnt.

Slow: `python -m benchmarks.modes` runs these and writes docs/modes.md.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import (
    BATCH,
    COUPLED,
    ROWS,
    STEPS,
    every_model,
    gap,
    log_gap,
    plainly_stepped,
    shortened,
)

from training.build import precision

pytestmark = pytest.mark.slow
EXACT = 1e-5  # of weights after two steps
NEAR = {"bfloat16": 0.05, "float16": 0.01}  # of losses: 8 and 11 bits, after eight steps
SCALE = 16.0  # of losses in float16: at the usual start, 2 ** 15, the first steps are skipped
BARRED = {  # operations that a TPU has not, that leave the graph, or whose size data decide
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "Print", "PrintV2", "StringFormat"),
    *("Assert", "CheckNumerics", "CheckNumericsV2"),  # XLA drops them
    *("RandomGamma", "StatelessRandomGammaV2", "StatelessRandomGammaV3"),
    *("RandomUniform", "RandomStandardNormal", "TruncatedNormal", "RandomUniformInt"),
    *("ResizeBicubic", "Where", "Unique", "UniqueV2", "DynamicPartition", "SetSize"),
    *("WriteScalarSummary", "WriteSummary", "WriteImageSummary", "WriteHistogramSummary"),
}


def descending(name, **options):
    """The model of a row, compiled for plain descent."""
    model = shortened(ROWS[name].make())
    model.compile(keras.optimizers.SGD(ROWS[name].rate), **options)
    return model


def compiled(name):
    """Where a step stands that XLA compiles: its graph, and the batch in it."""
    model, seen = descending(name, jit_compile=True, steps_per_execution=STEPS), []
    step = model.train_step

    def recorded(batch):
        seen.append((tf.compat.v1.get_default_graph(), batch))
        return step(batch)

    model.train_step = recorded
    model.fit(*ROWS[name].data(model), batch_size=BATCH, verbose=0)
    return seen[-1]


@every_model
def test_the_step_has_static_shapes_and_no_operation_that_a_tpu_lacks(name, proven):
    graph, batch = compiled(name)
    assert all(side.shape.is_fully_defined() for side in tf.nest.flatten(batch))
    types, unknown = barred(graph)
    assert types == set() and unknown == []
    proven(name, "static graph")


def barred(graph):
    """Of a graph and the functions it calls: types of operations that are barred, and tensors
    of unknown shape."""
    inner = [f.graph for f in graph._functions.values() if hasattr(f, "graph")]
    operations = [op for each in (graph, *inner) for op in each.get_operations()]
    unknown = [
        tensor.name
        for op in operations
        for tensor in op.outputs
        if tensor.dtype not in (tf.resource, tf.variant)
        and not tensor.shape.is_fully_defined()
        and tensor.consumers()  # a loop has placeholders that nothing reads
    ]
    return {op.type for op in operations} & BARRED, unknown


@pytest.mark.parametrize(
    "step, type_found",
    [
        (lambda x: tf.boolean_mask(x, x > 0.0), "Where"),
        (lambda x: tf.random.normal([4]) + x, "RandomStandardNormal"),
        (lambda x: tf.cond(x[0] > 0.0, lambda: tf.unique(x)[0] + 1.0, lambda: x), "Unique"),
    ],
)
def test_what_a_tpu_lacks_is_found_also_in_a_branch(step, type_found):
    traced = tf.function(step, autograph=False)
    assert type_found in barred(traced.get_concrete_function(tf.zeros(4)).graph)[0]


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
@every_model
def test_half_precision_trains_as_single_precision_does(name, half, proven):
    _, logs = plainly_stepped(name)
    with precision(f"mixed_{half}"):
        model = descending(name)
    scaled = [o for o in model.optimizers.values() if hasattr(o, "dynamic_scale")]
    assert bool(scaled) == (half == "float16")
    for optimizer in scaled:
        optimizer.dynamic_scale.assign(SCALE)
    start = [v.numpy() for v in model.moved_weights]
    their_logs = model.fit(*ROWS[name].data(model), batch_size=BATCH, verbose=0).history
    assert gap(start, [v.numpy() for v in model.moved_weights]) > 0
    assert all(np.isfinite(v).all() for v in model.get_weights())
    assert all(optimizer.dynamic_scale.numpy() == SCALE for optimizer in scaled)  # none skipped
    found = log_gap(logs, their_logs)
    assert 0 < found <= ROWS[name].limit(half, NEAR[half])
    proven(name, half, found)


@every_model
def test_slices_of_a_batch_train_as_the_batch_does(name, proven):
    models = [descending(name, accumulate=count, run_eagerly=True) for count in (1, 2)]
    start = models[0].get_weights()
    for model in models:
        model.fit(*ROWS[name].data(model, steps=2), batch_size=BATCH, verbose=0)
    found = gap(*[model.get_weights() for model in models])
    assert gap(start, models[1].get_weights()) > 0
    assert np.isfinite(found) and (found > EXACT) == (name in COUPLED)
    proven(name, "slices", found)
