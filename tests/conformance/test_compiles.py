"""XLA, half precision and several steps an execution change speed, not training."""

import kernels
import numpy as np
import pytest
import tensorflow as tf
from descriptors import (
    BATCH,
    ROWS,
    STEPS,
    every_model,
    every_model_at_leisure,
    gap,
    log_gap,
    observed,
    plainly_stepped,
    shortened,
    stepped,
)
from graphs import barred, require_static

from zoo.training.build import precision


@every_model_at_leisure
def test_xla_and_several_steps_an_execution_equal_plain_steps(name, proven):
    plain, logs = plainly_stepped(name)
    quick, their_logs = stepped(name, validate=False, jit_compile=True, steps_per_execution=STEPS)
    assert quick.steps.numpy() == plain.steps.numpy() == STEPS
    found = gap(plain.get_weights(), quick.get_weights())
    assert found <= 1e-5
    assert log_gap(logs, their_logs) <= 1e-5
    proven(name, "XLA", found)


@every_model
def test_the_step_has_static_shapes_and_no_operation_that_a_tpu_lacks(name):
    require_static(*observed(name)[3])


@every_model
def test_a_gpu_has_kernels_for_every_operation_and_variable_of_the_step(name):
    model, _, _, (graph, _) = observed(name)
    assert kernels.missing(graph) == kernels.missing(graph, kernels.COMPILED) == set()
    optimizers = [v for optimizer in model.optimizers.values() for v in optimizer.variables]
    held = {v.dtype for v in (*model.variables, *model.means.variables, *optimizers)}
    assert {dtype for dtype in held if not kernels.holds(dtype)} == set()


def test_what_a_gpu_lacks_is_found():
    def branch(x):
        return tf.strings.to_number(tf.strings.as_string(x))

    step = tf.function(lambda x: tf.cond(x[0] > 0.0, lambda: branch(x), lambda: x))
    graph = step.get_concrete_function(tf.zeros(4)).graph
    assert kernels.missing(graph) == {"AsString float", "StringToNumber float"}
    assert kernels.missing(graph) <= kernels.missing(graph, kernels.COMPILED)
    assert [kernels.holds(dtype) for dtype in ("int32", "int64", "float32")] == [False, True, True]


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


@pytest.mark.parametrize("name", ["vae", "mask_aae", "nsgan"])
def test_several_steps_an_execution_without_xla_equal_single_steps(name):
    plain, logs = plainly_stepped(name)
    batched, their_logs = stepped(name, validate=False, steps_per_execution=STEPS)
    assert gap(plain.get_weights(), batched.get_weights()) <= 1e-6
    assert log_gap(logs, their_logs) <= 1e-6


def trains(name, policy):
    with precision(policy):
        model = shortened(ROWS[name].make())
        model.compile()
        start = model.get_weights()
        data = ROWS[name].data(model, steps=1)
        history = model.fit(*data, batch_size=BATCH, epochs=2, verbose=0).history
    assert np.isfinite([number for log in history.values() for number in log]).all()
    assert history["loss"][0] != history["loss"][1]
    assert gap(start, model.get_weights()) > 0


@pytest.mark.parametrize("name", ["vae", "wae_gan", "factor_vae"])
def test_brain_floats_train(name):
    trains(name, "mixed_bfloat16")


@pytest.mark.parametrize("name", ["vae", "wae_gan"])
def test_half_floats_train_with_scaled_losses(name):
    trains(name, "mixed_float16")
