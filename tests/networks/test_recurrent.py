"""Recurrent networks: what they see, and what they begin with."""

import numpy as np
import pytest

from zoo.networks.recurrent import recurrent


@pytest.mark.parametrize("shape", [(5, 4), (5, 8, 8, 1)])
def test_a_belief_holds_what_was_seen_and_nothing_later(shape):
    belief = recurrent(shape, 6, (7,))
    x = np.random.default_rng(0).random((2, *shape), np.float32)
    changed = x.copy()
    changed[:, 3] += 1.0
    first, second = belief(x).numpy(), belief(changed).numpy()
    assert first.shape == (2, 5, 6)
    np.testing.assert_array_equal(first[:, :3], second[:, :3])
    assert (np.abs(first - second).max(axis=(0, 2))[3:] > 1e-6).all()
