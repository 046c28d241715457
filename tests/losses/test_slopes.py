"""Penalties on slopes, and what is asked of the features of a batch, against closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses import lipschitz
from zoo.losses.features import feature_matching, pulling_away
from zoo.losses.fields import squared_length
from zoo.noise import training

W, B = np.array([[1.0], [-2.0], [0.5]], np.float32), 0.3
X = np.random.default_rng(0).normal(size=(2, 64, 3)).astype(np.float32)
SQUARE = float(np.sum(W**2))


def linear(points):
    return (points @ W)[:, 0] + B


def test_the_zero_centered_penalty_of_a_line_is_half_the_square_of_its_slope():
    found = lipschitz.zero_centered(linear, tf.constant(X[0]))
    np.testing.assert_allclose(found, np.full(64, 0.5 * SQUARE), rtol=1e-6)


@pytest.mark.parametrize("target", [1.0, 2.0])
def test_a_penalty_with_a_target_is_the_square_of_what_is_missing(target):
    found = lipschitz.slope_penalty(linear, tf.constant(X[0]), target)
    np.testing.assert_allclose(found, np.full(64, (np.sqrt(SQUARE) - target) ** 2), rtol=1e-5)


def test_the_slope_of_a_curve_is_taken_where_the_points_are():
    found = lipschitz.zero_centered(lambda x: tf.reduce_sum(x**2, axis=1), tf.constant(X[0]))
    np.testing.assert_allclose(found, 2.0 * np.sum(X[0] ** 2, axis=1), rtol=1e-5)


def test_the_regularizer_of_roth_weighs_the_slope_of_a_line_by_doubt():
    """|w|^2 (E (1 - D(x))^2 + E D(x')^2) / 2."""
    found = lipschitz.jensen_shannon(linear, *map(tf.constant, X))
    real, fake = (1.0 / (1.0 + np.exp(-linear(side))) for side in X)
    expected = 0.5 * SQUARE * ((1.0 - real) ** 2 + fake**2)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("at, count", [("real", 1), ("fake", 1), ("both", 2), ("interpolates", 1)])
def test_slopes_are_taken_at_the_points_of_a_name(at, count):
    real, fake = map(tf.constant, X)
    with training(0, 0, 0):
        points = lipschitz.POINTS[at](real, fake)
    assert len(points) == count
    if at == "interpolates":
        low, high = np.minimum(*X), np.maximum(*X)
        inside = np.asarray(points[0])
        assert ((inside >= low - 1e-6) & (inside <= high + 1e-6)).all()
    elif at != "fake":
        assert points[0] is real


def test_features_match_where_their_means_do():
    real, fake = map(tf.constant, X)
    gap = X[0].mean(axis=0) - X[1].mean(axis=0)
    assert float(feature_matching(real, fake)) == pytest.approx(np.sum(gap**2), rel=1e-5)
    turned = tf.reverse(real, [0])
    assert float(feature_matching(real, turned)) == pytest.approx(0.0, abs=1e-12)


def test_codes_pull_away_from_one_for_equal_to_nought_for_orthogonal_rows():
    same = tf.constant(np.tile(X[0][:1], (8, 1)))
    assert float(pulling_away(same)) == pytest.approx(1.0, abs=1e-6)
    assert float(pulling_away(tf.eye(5) * 3.0)) == pytest.approx(0.0, abs=1e-12)
    cosines = np.square(np.dot(*(rows / np.linalg.norm(rows) for rows in X[0][:2])))
    assert float(pulling_away(tf.constant(X[0][:2]))) == pytest.approx(cosines, rel=1e-5)


def test_codes_move_apart_along_the_gradient_of_pulling_away():
    codes = tf.Variable(X[0][:8] + 2.0)
    before = float(pulling_away(codes))
    for _ in range(50):
        with tf.GradientTape() as tape:
            loss = pulling_away(codes)
        codes.assign_sub(5.0 * tape.gradient(loss, codes))
    assert float(pulling_away(codes)) < 0.5 * before


def test_the_length_of_a_field_is_that_of_all_its_parts():
    parts = [tf.constant([3.0, 0.0]), tf.constant([[4.0]])]
    assert float(squared_length(parts)) == pytest.approx(25.0)
