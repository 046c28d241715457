"""The penalty on filters that are not orthogonal to each other."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.orthogonality import off_diagonal


def orthogonal(rows, columns):
    return np.linalg.qr(np.random.default_rng(0).normal(size=(rows, rows)))[0][:, :columns]


def test_orthogonal_filters_of_any_length_cost_nothing():
    kernel = orthogonal(12, 4) * [0.1, 1.0, 5.0, 20.0]
    assert off_diagonal([tf.constant(kernel, tf.float32)]).numpy() == pytest.approx(0.0, abs=1e-6)


def test_it_is_the_sum_of_squared_inner_products_of_different_filters():
    kernel = np.random.default_rng(1).normal(size=(3, 3, 2, 4)).astype(np.float32)
    filters = kernel.reshape(-1, 4).T
    expected = sum((filters[i] @ filters[j]) ** 2 for i in range(4) for j in range(4) if i != j)
    assert off_diagonal([kernel, kernel]).numpy() == pytest.approx(2.0 * expected, rel=1e-5)


def test_descent_makes_filters_orthogonal_and_keeps_their_lengths_near():
    kernel = tf.Variable(np.random.default_rng(2).normal(size=(10, 3)).astype(np.float32))
    lengths = np.linalg.norm(kernel.numpy(), axis=0)
    for _ in range(500):
        with tf.GradientTape() as tape:
            loss = off_diagonal([kernel])
        kernel.assign_sub(0.005 * tape.gradient(loss, kernel))
    assert loss.numpy() < 1e-4
    np.testing.assert_allclose(np.linalg.norm(kernel.numpy(), axis=0), lengths, rtol=0.5)
