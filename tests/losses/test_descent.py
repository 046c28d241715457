"""Descent on tensors is Adam, row by row."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.reconstruction import sum_of_rest
from zoo.optimizers.descent import descend, searched

START = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
CENTRES = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, 3.0]], "float32")


def bowls(point):
    """A bowl for each row, its bottom at a centre."""
    return sum_of_rest(tf.square(point - CENTRES))


def test_steps_are_those_of_adam():
    weights, adam = keras.Variable(START), keras.optimizers.Adam(0.1, 0.8, 0.9, 1e-5)
    adam.build([weights])
    for _ in range(7):
        adam.apply([2.0 * (weights.value - CENTRES)], [weights])
    result = descend(bowls, tf.constant(START), 7, 0.1, 0.8, 0.9, 1e-5)
    np.testing.assert_allclose(result, weights.numpy(), atol=1e-6)


def test_every_row_finds_its_own_bottom():
    np.testing.assert_allclose(descend(bowls, tf.constant(START), 400, 0.05), CENTRES, atol=1e-2)


def test_a_row_moves_alike_whatever_stands_beside_it():
    moved = tf.constant(np.concatenate([START[:2], 50.0 + START[2:]]))
    result, beside = (descend(bowls, start, 9, 0.1) for start in (tf.constant(START), moved))
    np.testing.assert_array_equal(result[:2], beside[:2])
    assert np.abs(result[2] - beside[2]).max() > 1


def test_no_step_leaves_the_start():
    np.testing.assert_array_equal(descend(bowls, tf.constant(START), 0, 0.1), START)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_compiled_search_is_the_same_search(jit_compile):
    @tf.function(jit_compile=jit_compile, autograph=False)
    def search(start):
        return descend(bowls, start, 20, 0.1)

    expected = descend(bowls, tf.constant(START), 20, 0.1)
    np.testing.assert_allclose(search(START), expected, atol=1e-5)


@pytest.mark.parametrize("rows", [None, 5])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_as_many_rows_are_searched_at_once_whatever_the_batch(count, rows):
    def search(x, z):
        assert len(x) == len(z) == (rows or 2)
        return x[:, 0] + z[:, 1, 0], 10 * z

    x = tf.constant(np.arange(2.0 * count, dtype="float32").reshape(count, 2))
    z = tf.reshape(tf.repeat(x, 3, axis=0), [count, 3, 2])
    sums, tens = searched(search, (tf.float32, tf.float32), x, z, rows=rows)
    np.testing.assert_array_equal(sums, 2 * x[:, 0])
    np.testing.assert_array_equal(tens, 10 * z)
