"""The estimate of MMD^2: by hand, without bias, and positive where two distributions differ."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses import discrepancy

KERNELS = [discrepancy.inverse_multiquadric, discrepancy.gaussian_kernel]
A, B = tf.constant([[0.0], [1.0]]), tf.constant([[2.0], [4.0]])


def by_hand(kernel):
    """MMD^2 of {0, 1} and {2, 4} for a kernel of the squared distance."""
    return kernel(1.0) + kernel(4.0) - 2.0 * np.mean([kernel(d) for d in (4.0, 16.0, 1.0, 9.0)])


def test_distances_are_squared_distances_of_all_pairs():
    expected = [[4.0, 16.0], [1.0, 9.0]]
    np.testing.assert_allclose(discrepancy.squared_distances(A, B), expected, rtol=1e-6)
    far = tf.constant([[1000.0, 1000.1], [1000.0, 1000.1]])
    assert (discrepancy.squared_distances(far, far).numpy() >= 0).all()


def test_mmd_of_two_points_each_by_hand_with_a_gaussian_kernel():
    result = discrepancy.mmd(A, B, discrepancy.gaussian_kernel)
    assert float(result) == pytest.approx(by_hand(lambda d: np.exp(-d / 2.0)), rel=1e-6)


def test_mmd_of_two_points_each_by_hand_with_inverse_multiquadrics():
    def kernel(squared):
        return sum(2 * s / (2 * s + squared) for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))

    assert float(discrepancy.mmd(A, B)) == pytest.approx(by_hand(kernel), rel=1e-5)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_width_of_a_kernel_grows_with_dimension_and_variance(kernel):
    wide = kernel(2.0 * A, 2.0 * B, variance=4.0)
    np.testing.assert_allclose(wide, kernel(A, B), rtol=1e-6)
    both = [tf.repeat(points, 3, axis=1) for points in (A, B)]
    np.testing.assert_allclose(kernel(*both), kernel(A, B), rtol=1e-5)


@pytest.mark.parametrize("kernel", KERNELS)
def test_mmd_of_one_distribution_is_zero_on_average(kernel):
    samples = np.random.default_rng(0).normal(size=(400, 2, 12, 2)).astype("float32")
    estimate = tf.function(lambda a, b: discrepancy.mmd(a, b, kernel))
    result = np.array([estimate(*pair) for pair in tf.constant(samples)])
    assert abs(result.mean()) < 4 * result.std() / np.sqrt(len(result))
    assert result.min() < 0  # an unbiased estimate of zero must be


@pytest.mark.parametrize("kernel", KERNELS)
def test_mmd_of_shifted_samples_is_positive_and_grows(kernel):
    a, b = np.random.default_rng(1).normal(size=(2, 200, 2)).astype("float32")
    same, near, far = (float(discrepancy.mmd(a, b + shift, kernel)) for shift in (0.0, 0.5, 2.0))
    assert abs(same) < 0.05 < near < far


def test_mmd_takes_samples_of_different_sizes():
    result = discrepancy.mmd(tf.constant([[0.0], [1.0], [0.5]]), B, discrepancy.gaussian_kernel)
    k = lambda d: np.exp(-(d**2) / 2)  # noqa: E731
    within = (k(1) + 2 * k(0.5)) / 3 + k(2)
    across = np.mean([k(d) for d in (2, 4, 1, 3, 1.5, 3.5)])
    assert float(result) == pytest.approx(within - 2 * across, rel=1e-5)
