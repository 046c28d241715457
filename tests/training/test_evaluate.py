"""What is measured of a model, on models whose answer is known."""

import types

import numpy as np
import pytest

from training import evaluate
from training.data import Data

LABELS = np.array([0, 0, 1, 1, 2, 2, 2, 0])


def measured(targets, found):
    """The classes of a model that finds `found`, measured against LABELS."""
    x = np.zeros((8, 2), np.float32)
    model = types.SimpleNamespace(
        targets=targets, offered=lambda: {"classify": ("x",)}, classify=lambda x: np.eye(3)[found]
    )
    return evaluate.classes(model, Data("own", x, x, LABELS, LABELS, 3))


def test_classes_are_compared_with_labels():
    found = measured("labels", np.array([0, 0, 1, 2, 2, 2, 0, 0]))
    assert found["accuracy"]["value"] == 6 / 8 and found["accuracy"]["reference"] == 3 / 8


def test_clusters_are_matched_with_labels_one_to_one():
    turned = np.array([2, 0, 1])
    assert measured("none", turned[LABELS])["cluster_accuracy"]["value"] == 1.0
    assert measured("none", np.zeros(8, int))["cluster_accuracy"]["value"] == 3 / 8


@pytest.mark.parametrize("clusters, share", [([0, 1, 2, 3], 0.5), ([5, 5, 0, 0], 1.0)])
def test_there_may_be_more_clusters_than_labels(clusters, share):
    assert evaluate.matched_accuracy(np.array(clusters), np.array([0, 0, 1, 1])) == share


def test_without_labels_no_classes_are_measured():
    x = np.zeros((8, 2), np.float32)
    model = types.SimpleNamespace(offered=lambda: {"classify": ("x",)})
    assert evaluate.classes(model, Data("own", x, x)) == {}
