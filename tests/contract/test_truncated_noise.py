"""Truncated normal draws: within their limit, with the moments of the truncated density."""

import numpy as np
import pytest
import scipy.stats

from zoo import noise


def drawn(limit, rows=20_000):
    with noise.serving(3, rows):
        return noise.truncated_normal((rows, 4), limit).numpy()


@pytest.mark.parametrize("limit", [0.5, 1.0, 2.0, 5.0])
def test_draws_follow_the_truncated_normal(limit):
    values = drawn(limit)
    assert np.abs(values).max() <= limit
    exact = scipy.stats.truncnorm(-limit, limit)
    assert values.std() == pytest.approx(exact.std(), rel=0.01)
    assert scipy.stats.kstest(values.ravel(), exact.cdf).statistic < 0.006  # 1.63 / sqrt(80,000)


def test_a_limit_of_zero_gives_zeros_and_a_large_one_the_normal():
    assert np.abs(drawn(0.0, 100)).max() == 0.0
    assert scipy.stats.kstest(drawn(50.0).ravel(), "norm").statistic < 0.006
