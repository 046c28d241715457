"""Class radius, its bounds and the diversity of classes against closed forms."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from zoo.metrics import lipschitz
from zoo.metrics.class_radius import class_radius, compared, envelope, log_bound, sum_bound
from zoo.metrics.diversity import collision_probability, diversity, renyi_entropy
from zoo.metrics.mode_coverage import mode_coverage
from zoo.training.data.planted import grid

UNIFORM = {  # classes: sum bound, log bound
    2: (0.7979, 1.8384),
    5: (0.5582, 1.6760),
    10: (0.4734, 1.5681),
    100: (0.3389, 1.3372),
    1000: (0.2769, 1.2009),
    1_000_000: (0.1949, 0.9810),
}


@pytest.mark.parametrize("classes", UNIFORM)
def test_bounds_of_uniform_classes(classes):
    masses = np.full(classes, 1.0 / classes)
    expected = UNIFORM[classes]
    assert sum_bound(masses) == pytest.approx(expected[0], abs=5e-5)
    assert log_bound(masses) == pytest.approx(expected[1], abs=5e-5)
    assert sum_bound(masses, sigma=2.0) == pytest.approx(2.0 * expected[0], abs=1e-4)


def test_the_log_bound_is_the_looser_one_for_random_masses():
    random = np.random.default_rng(0)
    for _ in range(500):
        masses = random.dirichlet(np.full(random.integers(6, 40), 5.0))
        if masses.max() <= 0.2:
            assert log_bound(masses) - sum_bound(masses) >= 1.02


def test_one_class_alone_is_bounded_by_nothing():
    assert sum_bound([1.0]) == sum_bound([1.0, 0.0]) == math.inf
    assert sum_bound([0.999999, 1e-6]) == pytest.approx(4.75, abs=0.01)  # and grows on the way


def test_the_log_bound_is_of_a_concave_function_that_rises_to_a_point():
    x = np.linspace(1e-3, 0.999, 9_981)
    values = envelope(x)
    assert np.diff(values, 2).max() < 0
    assert x[np.argmax(values)] == pytest.approx(0.5554, abs=2e-4)
    assert x[values > 0].max() == pytest.approx(0.9235, abs=2e-4)
    log = np.log(4.0 * np.pi * -np.log(x))  # concave where this is below 0
    assert np.max(-np.log(x) * (2.0 - log) + 1.5 * log - 4.0) == pytest.approx(-0.734, abs=1e-3)


def test_the_log_bound_refuses_a_class_that_fills_the_space():
    with pytest.raises(ValueError, match=r"`masses` must be at most 0.8 each. Received: 0.9"):
        log_bound([0.9, 0.1])


def half_space(z):
    """The logits of two classes that meet at z_1 = 0."""
    return tf.stack([z[:, 0], -z[:, 0]], axis=1)


def test_half_spaces_meet_the_bound():
    points = np.random.default_rng(0).normal(size=(10_000, 2))
    found = class_radius(half_space, points)
    exact = math.sqrt(2.0 / math.pi)
    assert found["class_radius"] == pytest.approx(exact, rel=0.02)
    assert found["sum_bound"] == pytest.approx(exact, rel=1e-3)
    assert found["class_radius"] <= found["sum_bound"] + 3.0 * found["standard_error"]


def orthants(z):
    """The logits of 2^d classes, by the signs of d coordinates."""
    size = z.shape[1]
    signs = [[(-1.0) ** (k >> i & 1) for i in range(size)] for k in range(2**size)]
    return tf.matmul(z, tf.constant(signs, tf.float32), transpose_b=True)


def test_orthants_have_their_radius():
    points = np.random.default_rng(0).normal(size=(4_000, 3))
    found = class_radius(orthants, points)
    assert found["class_radius"] == pytest.approx(0.3343, abs=3.0 * found["standard_error"])
    assert found["sum_bound"] == pytest.approx(0.4965, abs=2e-3)


def turned(count):
    """The logits of equal sectors of the plane."""
    angles = 2.0 * np.pi * np.arange(count) / count
    directions = tf.constant([np.cos(angles), np.sin(angles)], tf.float32)
    return lambda z: tf.matmul(z, directions)


def slabs(z):
    """The logits of ten slabs of equal mass along the first axis."""
    edges = norm.ppf(np.arange(1, 10) / 10)
    offsets = -np.concatenate([[0.0], np.cumsum(edges)])
    return z[:, :1] * tf.range(10.0) + tf.constant(offsets, tf.float32)


PARTITIONS = {  # of N(0, I_2): logits, radius, sum bound
    "six sectors": (turned(6), 0.3206, 0.5317),
    "ten sectors": (turned(10), 0.1953, 0.4734),
    "ten slabs": (slabs, 0.1592, 0.4734),
}


@pytest.mark.parametrize("name", PARTITIONS)
def test_partitions_of_the_plane_have_their_radius(name):
    logits, radius, bound = PARTITIONS[name]
    points = np.random.default_rng(0).normal(size=(1_500, 2))
    found = class_radius(logits, points, neighbours=1, halvings=12, steps=3)
    assert found["class_radius"] == pytest.approx(radius, abs=3.0 * found["standard_error"])
    assert found["sum_bound"] == pytest.approx(bound, abs=5e-3)
    assert found["class_radius"] < found["sum_bound"]


def test_orthants_of_eight_dimensions_have_their_radius():
    points = np.random.default_rng(1).normal(size=(400, 8))
    found = class_radius(orthants, points, halvings=12, steps=6)
    assert found["class_radius"] == pytest.approx(0.1417, abs=3.0 * found["standard_error"])
    assert found["class_radius"] < found["sum_bound"]


def test_orthants_of_eight_dimensions_keep_below_their_bound():
    nearest_face = np.abs(np.random.default_rng(0).normal(size=(20_000, 8))).min(axis=1).mean()
    assert nearest_face == pytest.approx(0.1417, abs=2e-3)
    assert sum_bound(np.full(256, 1 / 256)) == pytest.approx(0.3090, abs=5e-5)


def test_the_step_of_each_class_holds_as_far_as_stated():
    p = np.linspace(1e-4, 0.92, 2_000)
    ours = np.array([sum_bound([mass]) for mass in p])
    np.testing.assert_array_equal(ours <= p * envelope(p), p < 0.84447)


def test_without_refinement_high_dimensions_are_overestimated():
    points = np.random.default_rng(0).normal(size=(2_000, 10))
    exact = math.sqrt(2.0 / math.pi)
    assert class_radius(half_space, points, steps=0)["class_radius"] > 1.2 * exact
    assert class_radius(half_space, points)["class_radius"] == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("size, count, high", [(2, 2_000, 0.0023), (3, 10_000, 0.012)])
def test_neighbours_alone_are_a_little_high_in_few_dimensions(size, count, high):
    points = np.random.default_rng(0).normal(size=(count, size))
    own = np.abs(points[:, 0]).mean()  # of these draws: what chance adds is left out
    found = class_radius(half_space, points, steps=0)["class_radius"]
    assert found / own - 1.0 == pytest.approx(high, rel=0.3)
    assert found == pytest.approx(math.sqrt(2.0 / math.pi), rel=0.04)


def test_one_class_alone_has_no_radius():
    found = class_radius(lambda z: tf.stack([z[:, 0] * 0 + 1, z[:, 0] * 0], 1), np.zeros((5, 2)))
    assert math.isnan(found["class_radius"]) and math.isnan(found["standard_error"])
    assert found["masses"] == [1.0] and found["sum_bound"] == math.inf


def test_few_points_of_another_class_are_enough():
    points = np.array([[-1.0, 0.0], [-2.0, 0.0], [3.0, 0.0], [4.0, 5.0]])  # two beyond z_1 = 0
    assert class_radius(half_space, points)["class_radius"] == pytest.approx(2.5, rel=1e-4)


def test_collapsed_sectors_are_less_diverse_than_even_ones():
    ten = turned(10)

    def collapsed(z):  # five neighbours of ten sectors are one class: half of the plane
        given = ten(z)
        return tf.concat([tf.reduce_max(given[:, :5], 1, keepdims=True), given[:, 5:]], 1)

    points = np.random.default_rng(0).normal(size=(1_500, 2))
    found = compared(turned(6), collapsed, points, neighbours=1, halvings=12, steps=3)
    even, uneven = found["class_radius"]
    # sqrt(pi/2) / pi sum_i 1 - cos(angle_i / 2), of six angles of 60; of 180 and five of 36
    assert even == pytest.approx(0.3206, abs=0.03) and uneven == pytest.approx(0.4966, abs=0.05)
    assert found["collision_probability"] == pytest.approx((1.0 / 6.0, 0.30), abs=0.03)
    assert found["radius_gap"] == uneven - even > 5.0 * found["standard_error"]
    assert found["collision_gap"] == pytest.approx(0.30 - 1.0 / 6.0, abs=0.03)
    back = compared(collapsed, turned(6), points, neighbours=1, halvings=12, steps=3)
    assert back["radius_gap"] == -found["radius_gap"]


def test_an_image_changes_by_at_most_the_slope_of_its_generator_times_the_bound():
    stretched = np.diag([3.0, 0.5]).astype(np.float32)  # z_1, across the boundary, the most
    decoder = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(2)])
    decoder.layers[0].set_weights([stretched, np.ones(2, np.float32)])
    slope = lipschitz.upper(decoder)["lipschitz_upper"]
    points = np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32)
    mirrored = points * [0.0, 1.0]  # the nearest point of the other class
    changed = np.linalg.norm(decoder(points) - decoder(mirrored), axis=1).mean()
    bound = sum_bound([0.5, 0.5], lipschitz=slope)
    assert bound == pytest.approx(3.0 * math.sqrt(2.0 / math.pi), rel=1e-6)
    assert changed == pytest.approx(bound, rel=0.02)  # equality, up to the draws
    decoder.layers[0].set_weights([stretched[::-1, ::-1], np.zeros(2, np.float32)])
    changed = np.linalg.norm(decoder(points) - decoder(mirrored), axis=1).mean()
    assert changed < 0.2 * bound


def test_a_learned_prior_is_bounded_in_the_space_of_its_noise():
    """P(u) = 2u, and two classes that meet at z_1 = 1: at u_1 = 1/2."""

    def beyond_one(z):
        return half_space(z - [1.0, 0.0])

    noise = np.random.default_rng(0).normal(size=(4_000, 2)).astype(np.float32)
    of_noise = class_radius(lambda u: beyond_one(2.0 * u), noise)
    of_codes = class_radius(beyond_one, 2.0 * noise)
    exact = 2.0 * norm.pdf(0.5) + 0.5 * (2.0 * norm.cdf(0.5) - 1.0)  # E|u_1 - 1/2|
    assert of_noise["class_radius"] == pytest.approx(exact, rel=0.04)
    assert of_noise["sum_bound"] == pytest.approx(exact, rel=0.01)  # equality: a half-space
    assert of_codes["class_radius"] == pytest.approx(2.0 * of_noise["class_radius"], rel=1e-3)
    assert of_codes["class_radius"] > 1.9 * of_codes["sum_bound"]  # N(0, I) is not the law of z
    assert sum_bound(of_codes["masses"], sigma=2.0) == pytest.approx(2.0 * exact, rel=0.01)


@pytest.mark.parametrize("order", [-1, 0, 0.5, 1, 2, 7, np.inf])
def test_every_entropy_of_a_uniform_law_is_the_log_of_its_size(order):
    assert renyi_entropy(np.full(10, 0.1), order) == pytest.approx(math.log(10.0))


def test_entropies_fall_with_their_order_and_meet_their_limits():
    p = np.array([0.5, 0.3, 0.2, 0.0])
    orders = [0, 0.5, 1, 2, 5, np.inf]
    values = [renyi_entropy(p, order) for order in orders]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(math.log(3.0)) and values[-1] == pytest.approx(math.log(2.0))
    assert values[2] == pytest.approx(1.02965, abs=1e-5)
    assert values[3] == pytest.approx(0.96758, abs=1e-5)  # -ln .38
    assert renyi_entropy(p, 1.0 + 1e-6) == pytest.approx(values[2], abs=1e-5)
    assert renyi_entropy(p[:3], -2) > math.log(3.0)  # below 0 the uniform law is the least


def test_two_socks_match_as_often_as_they_must():
    assert collision_probability([2, 2]) == pytest.approx(1.0 / 3.0)
    assert collision_probability([5, 0]) == 1.0
    counts = np.random.default_rng(0).multinomial(50, [0.5, 0.3, 0.2], size=4_000)
    mean = np.mean([collision_probability(c) for c in counts])
    assert mean == pytest.approx(0.25 + 0.09 + 0.04, abs=3e-3)  # without bias; |counts/N|^2 has one
    with pytest.raises(ValueError, match="at least two draws"):
        collision_probability([1, 0])


def test_diversity_of_labels():
    found = diversity([0, 0, 1, 1, 2, 2], classes=4)
    assert found["shannon_entropy"] == pytest.approx(math.log(3.0))
    assert (found["classes_drawn"], found["count"]) == (3, 6)
    uneven = diversity([0] * 5 + [1] * 3 + [2] * 2, classes=4)
    assert uneven["collision_entropy"] == pytest.approx(0.96758, abs=1e-5)
    assert uneven["min_entropy"] == pytest.approx(math.log(2.0))
    assert uneven["collision_probability"] == pytest.approx(28.0 / 90.0)
    with pytest.raises(ValueError, match="sums to 1"):
        renyi_entropy([0.5, 0.6], 2)


def test_a_generator_of_the_grid_has_all_its_modes_and_one_of_a_row_has_five():
    x, planted = grid(2_500)
    modes = {key: planted[key] for key in ("centres", "sigma")}
    found = mode_coverage(x, **modes)
    assert found["modes"] == 25 and found["divergence"] < 0.02
    assert found["high_quality"] == pytest.approx(1.0 - math.exp(-4.5), abs=0.006)
    row = mode_coverage(x[planted["mode"] < 5], **modes)
    assert row["modes"] == 5 and row["divergence"] == pytest.approx(math.log(5.0), abs=0.05)
