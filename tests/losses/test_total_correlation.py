"""Permuted columns: each keeps its values, and their pairs fall apart."""

import numpy as np
import tensorflow as tf

from zoo.losses.total_correlation import permuted_columns
from zoo.noise import training

ROWS = np.random.default_rng(0).normal(size=(1000, 3)).astype("float32")


def permuted(rows, step=0):
    with training(0, step, 0):
        return permuted_columns(tf.constant(rows)).numpy()


def test_every_column_keeps_its_values():
    np.testing.assert_array_equal(np.sort(permuted(ROWS), axis=0), np.sort(ROWS, axis=0))


def test_every_column_has_a_permutation_of_its_own():
    places = np.argsort(permuted(ROWS), axis=0)[
        np.argsort(np.argsort(ROWS, axis=0), axis=0), range(3)
    ]
    assert all((places[:, i] != places[:, j]).mean() > 0.98 for i, j in ((0, 1), (0, 2), (1, 2)))
    assert all((place != np.arange(1000)).mean() > 0.98 for place in places.T)


def test_columns_that_were_equal_are_no_longer_correlated():
    both = np.repeat(ROWS[:, :1], 2, axis=1)
    assert abs(np.corrcoef(permuted(both).T)[0, 1]) < 0.1


def test_the_permutation_changes_from_step_to_step():
    assert (permuted(ROWS, 0) != permuted(ROWS, 1)).mean() > 0.98
