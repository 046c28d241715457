"""Measures of codes against closed forms."""

import math

import numpy as np
import pytest

from zoo.metrics.active_dims import active_dims, active_of
from zoo.metrics.embedding import descended, purity, tsne
from zoo.metrics.holes import holes
from zoo.metrics.interpolation import (
    attribute_direction,
    gaussian_grid,
    linear,
    manipulated,
    midpoint_distance,
    slerp,
)
from zoo.metrics.latent_covariance import (
    covariance,
    distance_to_identity,
    floor,
    normalized_absolute_correlation,
)


def normal(count, size, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size))


def test_independent_dimensions_give_the_floor_of_the_sample():
    found = normalized_absolute_correlation(normal(4_000, 64))
    assert found["floor"] == pytest.approx(0.01262, abs=1e-5)
    assert floor(10_000) == pytest.approx(0.0080, abs=1e-4)
    assert floor(1_000) == pytest.approx(0.0252, abs=1e-4)
    assert found["nac"] == pytest.approx(found["floor"], rel=0.1)
    assert (found["active_dims"], found["count"]) == (64, 4_000)


def test_equal_correlations_are_found():
    shared = normal(40_000, 1)
    codes = math.sqrt(0.3) * shared + math.sqrt(0.7) * normal(40_000, 6, seed=1)
    assert normalized_absolute_correlation(codes)["nac"] == pytest.approx(0.3, abs=0.01)
    scaled = codes * np.array([1, 2, 3, 4, 5, 6])
    assert normalized_absolute_correlation(scaled)["nac"] == pytest.approx(0.3, abs=0.01)
    assert normalized_absolute_correlation(scaled, mode="covariance")["nac"] < 0.29


def test_both_modes_of_a_known_covariance():
    a, b = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
    codes = np.stack([a, a + 2 * b], axis=1)  # 4/3 of [[1, 1], [1, 5]]
    assert normalized_absolute_correlation(codes)["nac"] == pytest.approx(1.0 / math.sqrt(5.0))
    found = normalized_absolute_correlation(codes, mode="covariance")
    assert found["nac"] == pytest.approx(1.0 / 3.0)


def test_masked_dimensions_are_left_out():
    codes = normal(1_000, 5)
    codes[:, 3:] = codes[:, :2]  # copies: correlation 1
    mask = np.array([True, True, True, False, False])
    assert normalized_absolute_correlation(codes, mask)["nac"] < 0.1
    assert normalized_absolute_correlation(codes)["nac"] > 0.2
    assert math.isnan(normalized_absolute_correlation(codes, mask & False)["nac"])


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"`mode` must be .* Received: 'cosine'"):
        normalized_absolute_correlation(normal(10, 2), mode="cosine")


def test_a_linear_encoder_has_the_covariance_of_its_matrix():
    matrix = np.array([[2.0, 0.0], [1.0, 1.0]])
    codes = normal(200_000, 2) @ matrix.T
    np.testing.assert_allclose(covariance(codes), matrix @ matrix.T, atol=0.05)
    exact = np.linalg.norm(matrix @ matrix.T - np.eye(2)) / 2
    assert distance_to_identity(codes)["distance"] == pytest.approx(exact, abs=0.03)


def test_the_distance_to_the_identity_is_that_of_active_dimensions():
    from scipy.linalg import hadamard

    h = hadamard(8)[:, 1:] * math.sqrt(7.0 / 8.0)  # covariance I
    codes = np.stack([h[:, 0], 3.0 * h[:, 1], h[:, 0] + h[:, 2], 7.0 * h[:, 3]], axis=1)
    found = distance_to_identity(codes, active=[True, False, True, False])
    assert found["distance"] == pytest.approx(math.sqrt(3.0) / 2.0)  # C = [[1, 1], [1, 2]]
    assert distance_to_identity(codes)["distance"] > 12.0


def test_active_dims_are_those_of_a_planted_mask_or_variance():
    means = normal(1_000, 4) * np.array([1.0, 0.2, 0.05, 0.0])  # variances 1, .04, .0025, 0
    assert active_dims(means) == {"active_dims": 2, "kind": "variance", "count": 1_000}
    alpha = np.array([0.99, 0.09, 0.11, 0.0])
    assert active_dims(means, alpha)["active_dims"] == 2
    assert active_dims(means, alpha)["kind"] == "mask"
    assert active_of(means, alpha).tolist() == [True, False, True, False]


def test_half_of_the_prior_is_a_hole_of_codes_in_half_the_plane():
    codes = np.abs(normal(6_000, 1))
    found = holes(normal(4_000, 1, 1), codes[:3_000], codes[3_000:])
    assert found["coverage"] == pytest.approx(0.5, abs=0.03)
    assert found["density"] == pytest.approx(0.5, abs=0.08)
    assert found["count"] == 4_000


def halved(count, size, seed):
    """N(0, I) of which the half of the space of z_1 < 0 is empty."""
    codes = normal(count, size, seed)
    codes[:, 0] = np.abs(codes[:, 0])
    return codes


@pytest.mark.parametrize(
    "size, count, share, tolerance",
    [
        pytest.param(2, 50_000, 0.49, 0.03, marks=pytest.mark.slow),
        (2, 10_000, 0.47, 0.04),
        (4, 10_000, 0.28, 0.04),
        (8, 10_000, 0.10, 0.04),
    ],
)
def test_half_of_the_space_is_a_hole_seen_less_in_more_dimensions(size, count, share, tolerance):
    found = holes(normal(1_000, size, 2), halved(count, size, 0), halved(1_000, size, 1))
    assert found["coverage"] == pytest.approx(share, abs=tolerance)


def test_codes_that_follow_the_prior_leave_no_holes():
    found = holes(normal(1_000, 2, 1), normal(2_000, 2, 2), normal(2_000, 2, 3), lambda z: z + 3.0)
    assert found["coverage"] < 0.03 and found["density"] < 0.03
    assert found["round_trip"] == pytest.approx(3.0 * math.sqrt(2.0))


def test_blobs_stay_apart_in_the_plane():
    labels = np.repeat([0, 1, 2], 40)
    rows = normal(120, 10) + 8.0 * np.eye(10)[labels]
    points = tsne(rows)
    assert points.shape == (120, 2) and purity(points, labels) > 0.95
    assert purity(normal(120, 10), labels) < 0.6


def test_a_longer_descent_leaves_less_divergence():
    rows = normal(120, 10) + 8.0 * np.eye(10)[np.repeat([0, 1, 2], 40)]
    early, late = (descended(rows, steps=steps)[1] for steps in (250, 1_000))
    assert 0.0 < late < 0.5 * early
    np.testing.assert_array_equal(descended(rows)[0], tsne(rows))


def test_paths_hold_their_ends_and_great_circles_their_length():
    a, b = np.array([3.0, 0.0]), np.array([0.0, 3.0])
    for path in (linear(a, b, 5), slerp(a, b, 5)):
        np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(slerp(a, b, 5), axis=1), 3.0)
    assert np.linalg.norm(linear(a, b, 3)[1]) == pytest.approx(3.0 / math.sqrt(2.0))
    np.testing.assert_allclose(slerp(a, 2.0 * a, 3), linear(a, 2.0 * a, 3))


def test_an_attribute_is_the_difference_of_means():
    codes = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 5.0]])
    np.testing.assert_array_equal(attribute_direction(codes, [1, 1, 0]), [2.0, -5.0])
    with pytest.raises(ValueError, match="both 0 and 1"):
        attribute_direction(codes, [1, 1, 1])


def itself(rows):
    """The identity: a codec, or features."""
    return rows


def test_midpoints_of_a_gaussian_are_narrower_unless_they_are_decoded_wider():
    x = normal(20_000, 2)
    found = midpoint_distance(itself, itself, x, itself)
    exact = 2.0 * (1.0 - math.sqrt(0.5)) ** 2  # N(0, I / 2) to N(0, I)
    assert found["midpoint_fid"] == pytest.approx(exact, abs=0.02) and found["count"] == 10_000
    wider = midpoint_distance(itself, lambda z: math.sqrt(2.0) * z, x, itself)
    assert wider["midpoint_fid"] < 0.002
    x[:10_000] += 10.0  # each midpoint lies between two modes, 5 away from either
    assert midpoint_distance(itself, itself, x, itself)["midpoint_fid"] > 20.0


def test_a_moved_code_answers_to_its_attribute_from_either_class():
    turn = np.linalg.qr(normal(4, 4))[0]  # a linear codec
    labels = np.repeat([0, 1], 200)
    x = normal(400, 4, 1) + 3.0 * labels[:, None] * np.array([1.0, 0.0, 0.0, 0.0])
    direction = attribute_direction(x @ turn, labels)
    starts = x[[0, 399]]
    shown = manipulated(lambda rows: rows @ turn, lambda z: z @ turn.T, starts, direction)
    assert shown.shape == (2, 7, 4)
    np.testing.assert_allclose(shown[:, 3], starts, atol=1e-12)  # midway, the reconstruction
    np.testing.assert_allclose(shown[:, 6] - shown[:, 0], [3.0 * turn @ direction] * 2, atol=1e-9)
    chance = 1.0 / (1.0 + np.exp(-3.0 * (shown[..., 0] - 1.5)))  # a classifier's
    assert (np.diff(chance, axis=1) > 0).all()
    assert (chance[:, 0] < 0.5).all() and (chance[:, -1] > 0.5).all()


def test_a_grid_of_codes_has_cells_of_equal_mass():
    grid = gaussian_grid(5)
    assert grid.shape == (25, 2)
    np.testing.assert_allclose(grid[:5, 0], [-1.28155, -0.52440, 0.0, 0.52440, 1.28155], atol=1e-5)
    np.testing.assert_array_equal(grid[:5, 0], grid[::5, 1])
    nearest = np.searchsorted([-0.84162, -0.25335, 0.25335, 0.84162], normal(20_000, 1)[:, 0])
    np.testing.assert_allclose(np.bincount(nearest) / 20_000, 0.2, atol=0.01)
