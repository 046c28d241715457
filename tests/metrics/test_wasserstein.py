"""The estimate of a distance by a critic of a known slope."""

import numpy as np
import pytest

from zoo.metrics.wasserstein import wasserstein_estimate


@pytest.mark.parametrize("slope", [0.01, 1.0, 50.0])
def test_the_slope_of_the_critic_cancels(slope):
    fake = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    real = fake + np.float32([3.0, 0.0])
    measured = wasserstein_estimate(lambda x: slope * x[:, 0], real, fake)
    assert measured["difference"] == pytest.approx(3.0 * slope, rel=1e-4)
    assert measured["wasserstein"] == pytest.approx(3.0, rel=1e-4)
    assert measured["wasserstein_below"] == pytest.approx(3.0, rel=1e-4)
    assert measured["mean_slope"] == pytest.approx(slope, rel=1e-5)
    assert measured["count"] == 500
