"""Several labels of which some are known: their classes, agreement and probabilities."""

import numpy as np

from zoo.losses.partial_labels import agreement, every_class, log_joint, split

SIZES = [2, 3]
LOGITS = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
LABELS = np.array([[-1, -1], [1, -1], [-1, 2], [0, 1]], np.int32)


def shares():
    """q(y_1|x) q(y_2|x) of each class in turn, by NumPy."""
    first, second = (np.exp(part) for part in np.split(LOGITS, [2], axis=1))
    first, second = (part / part.sum(axis=1, keepdims=True) for part in (first, second))
    return (first[:, :, None] * second[:, None]).reshape(4, 6)


def test_classes_are_all_values_the_last_label_fastest():
    assert every_class(SIZES).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert every_class([3]).tolist() == [[0], [1], [2]]


def test_labels_are_independent_given_the_data():
    np.testing.assert_allclose(np.exp(log_joint(LOGITS, SIZES)), shares(), rtol=1e-5)


def test_classes_agree_with_the_labels_that_are_known():
    expected = [[1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 0, 1, 0, 0, 1], [0, 1, 0, 0, 0, 0]]
    np.testing.assert_array_equal(agreement(LABELS, SIZES), expected)
    np.testing.assert_array_equal(agreement(np.array([2, -1]), [3]), [[0, 0, 1], [1, 1, 1]])


def test_probabilities_split_into_known_labels_and_the_rest():
    agrees = np.asarray(agreement(LABELS, SIZES))
    log_known, log_rest = split(log_joint(LOGITS, SIZES), agrees)
    known = (shares() * agrees).sum(axis=1)
    np.testing.assert_allclose(np.exp(log_known), known, rtol=1e-5)
    rest = np.exp(log_rest) * agrees
    np.testing.assert_allclose(rest, shares() * agrees / known[:, None], rtol=1e-4)
    np.testing.assert_allclose(rest.sum(axis=1), 1.0, rtol=1e-5)
