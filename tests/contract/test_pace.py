"""No step comes out otherwise at another pace: the search for what could, on planted graphs."""

import numpy as np
import tensorflow as tf
from graphs import optimized, overtaken, unordered

import zoo
from zoo.contract.execution import MOST_CALLS
from zoo.replicas import copies, ordered_sum

THREE = [tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0]), tf.constant([5.0, 7.0])]


def ran(function):
    with optimized() as graphs:
        values = tf.function(function)(*THREE)
    return [value.numpy() for value in values], [n for g in graphs for n in unordered(g)]


def added_by(add):
    def function(*tensors):
        used = [tf.tanh(tensor) for tensor in tensors]
        return add(used), *map(tf.sin, used)

    return function


def sloped(uses):
    def function(x, *_):
        x = tf.tanh(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            first, second, third = uses(x)
            parts = [tf.sin(first), tf.exp(second), tf.square(third)]
            product = parts[0] * parts[1] * parts[2]
        slope = tape.gradient(product, x)
        return slope, *parts

    return function


def test_a_sum_of_what_is_used_elsewhere_has_one_order():
    planted, found = ran(added_by(tf.add_n))
    assert len(found) == 1
    ours, none = ran(added_by(ordered_sum))
    assert none == []
    assert abs(ours[0] - planted[0]).max() < 1e-6


def test_copies_have_the_gradient_of_what_they_are_copies_of():
    plain, _ = ran(sloped(lambda x: (x, x, x)))
    ours, none = ran(sloped(lambda x: copies(x, 3)))
    assert none == []
    assert abs(ours[0] - plain[0]).max() < 1e-6


def test_a_read_that_its_variable_s_update_may_overtake_is_found():
    def graph(ordered):
        with tf.Graph().as_default() as graph:
            handle = tf.compat.v1.placeholder(tf.resource, ())
            read = tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32)
            with tf.control_dependencies([read] if ordered else []):
                tf.raw_ops.AssignAddVariableOp(resource=handle, value=tf.constant(1.0))
        return graph.as_graph_def()

    assert overtaken(graph(ordered=False)) == [("AssignAddVariableOp", "ReadVariableOp")]
    assert overtaken(graph(ordered=True)) == []


def test_many_compiled_steps_in_one_call_train_as_one_at_a_time():
    """More than TensorFlow lets one graph read from an iterator in a row."""
    rows, weights = np.random.default_rng(0).random((80, 6), np.float32), []
    for steps in (1, MOST_CALLS + 8):
        model = zoo.create("vae", data_shape=(6,), latent_dim=2, hidden=(4,), seed=0)
        model.compile(steps_per_execution=steps, jit_compile=True)
        model.fit(rows, batch_size=2, verbose=0)
        assert int(model.steps.numpy()) == 40
        weights.append([weight.numpy().tobytes() for weight in model.weights])
    assert weights[0] == weights[1]
