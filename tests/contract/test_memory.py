"""No operation writes into the arrays that the caller of `fit` and `evaluate` owns."""

import numpy as np
import pytest

import zoo
from zoo.input_pipeline import epochs
from zoo.input_pipeline.rows import Rows


def aligned(shape):
    """Random rows at an address that TensorFlow takes without a copy."""
    memory = np.zeros(4 * int(np.prod(shape)) + 64, np.uint8)
    rows = memory[-memory.ctypes.data % 64 :][: 4 * int(np.prod(shape))]
    rows = rows.view(np.float32).reshape(shape)
    rows[...] = np.random.default_rng(0).random(shape, np.float32)
    return rows


class Views(Rows):
    """Rows whose owner gives parts of one array as they are."""

    def __init__(self, rows):
        super().__init__(len(rows), rows.shape[1:])
        self.rows = rows

    def read(self, indices):
        return self.rows[indices[0] : indices[-1] + 1]


@pytest.mark.parametrize("kind", [np.asarray, Views])
def test_what_is_held_out_is_copied(kind):
    rows = aligned((32, 16))
    before = rows.copy()
    batch = next(iter(epochs.in_order([kind(rows)], 16)))
    rows[...] = -1.0
    np.testing.assert_array_equal(batch, before[:16])


def test_replicas_leave_the_arrays_of_the_caller_as_they_are(two):
    rows = aligned((32, 16))
    before = rows.copy()
    with two.scope():
        model = zoo.create("vae", (16,), 2, hidden=(8,), seed=1)
        model.compile()
    model.fit(rows, epochs=2, validation_data=rows[:16], batch_size=16, verbose=0)
    model.evaluate(rows, batch_size=16, verbose=0)
    np.testing.assert_array_equal(rows, before)
