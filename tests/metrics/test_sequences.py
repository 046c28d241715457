"""Measures of forecasts, where the right answer is known."""

import numpy as np

from zoo.metrics.jump_error import jump_error


class Line:
    """Forecasts of sequences that rise by 1 a step, each too high by 0.5."""

    max_jump = 3

    def forecast(self, x, horizon, seen, jump, seed):
        return x[:, seen - 1][:, None] + jump + 0.5


def test_the_error_of_a_jump_stands_beside_that_of_the_last_step():
    x = np.arange(6.0)[None, :, None] + np.zeros((4, 1, 2))
    found = jump_error(Line(), x)
    np.testing.assert_allclose(found["jump_error"], [0.25, 0.25, 0.25])
    np.testing.assert_allclose(found["copy_error"], [1.0, 4.0, 9.0])
    assert len(jump_error(Line(), x, seen=5)["jump_error"]) == 1
