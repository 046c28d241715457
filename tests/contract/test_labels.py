"""Labels given to verbs: checked in Python and in a graph, and completed where unknown."""

import types

import numpy as np
import pytest
import tensorflow as tf

from zoo.verbs.labels import checked, completed

MODEL = types.SimpleNamespace(highest_label=2, label_shape=())  # of three classes


def test_one_label_is_for_every_row_and_none_is_unknown():
    np.testing.assert_array_equal(checked(MODEL, 2, 4), [2, 2, 2, 2])
    np.testing.assert_array_equal(checked(MODEL, None, 2), [-1, -1])
    assert checked(MODEL, np.array([0, -1, 2]), 3).dtype == tf.int32


def test_unknown_labels_are_those_that_are_drawn():
    drawn = tf.constant([2, 1, 0])
    np.testing.assert_array_equal(completed(MODEL, None, drawn), [2, 1, 0])
    np.testing.assert_array_equal(completed(MODEL, [0, -1, 2], drawn), [0, 1, 2])


WRONG = [(3, True, "-1 to 2. Received: 3"), (-2, True, "-1 to 2. Received: -2")]
WRONG += [(-1, False, "0 to 2. Received: -1"), (None, False, "0 to 2. Received: -1")]


@pytest.mark.parametrize("labels, unknown, words", WRONG)
def test_what_is_no_class_is_refused(labels, unknown, words):
    given = labels if labels is None else [0, labels, 1]
    with pytest.raises(ValueError, match=f"`labels` must be from {words}"):
        checked(MODEL, given, 3, unknown)


@pytest.mark.parametrize("labels, unknown, words", WRONG[:3])
def test_what_is_no_class_is_refused_in_a_graph(labels, unknown, words):
    function = tf.function(lambda given: checked(MODEL, given, 3, unknown))
    allowed, _, received = words.partition(". Received: ")
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"from {allowed}.*{received}"):
        function(tf.constant([0, labels, 1]))
    np.testing.assert_array_equal(function(tf.constant([0, 2, 1])), [0, 2, 1])


def test_labels_are_integers():
    with pytest.raises(TypeError, match="`labels` must be integers. Received: dtype float"):
        checked(MODEL, [0.5], 1)


def test_labels_are_as_many_as_rows():
    with pytest.raises(tf.errors.InvalidArgumentError):
        checked(MODEL, [0, 1], 3)
