"""Labels beside data: what a network with two inputs sees."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.with_labels import WithLabels
from zoo.networks import default
from zoo.networks.labelled import labelled

LABELS = np.array([2, 0, -1], np.int32)


def test_behind_a_vector_stands_one_entry_for_each_label():
    decoded = WithLabels(3)([np.full((3, 2), 0.5, np.float32), LABELS]).numpy()
    expected = [[0.5, 0.5, 0, 0, 1], [0.5, 0.5, 1, 0, 0], [0.5, 0.5, 0, 0, 0]]
    np.testing.assert_array_equal(decoded, np.float32(expected))


def test_behind_an_image_stands_the_plane_of_its_label():
    layer, images = WithLabels(3), np.random.default_rng(0).random((3, 4, 5, 2), np.float32)
    decoded = layer([images, LABELS]).numpy()
    (planes,) = layer.get_weights()
    np.testing.assert_array_equal(decoded[..., :2], images)
    np.testing.assert_allclose(decoded[:2, ..., 2], planes[LABELS[:2]], atol=1e-6)
    assert (decoded[2, ..., 2] == 0).all() and len(np.unique(planes)) == planes.size


@pytest.mark.parametrize("shape, wider", [((6,), (9,)), ((8, 8, 2), (8, 8, 3))])
def test_shapes_are_known_before_data_are_seen(shape, wider):
    inputs = [keras.Input(shape), keras.Input((), dtype="int32")]
    assert WithLabels(3)(inputs).shape[1:] == wider
    assert WithLabels.from_config(WithLabels(3).get_config()).num_classes == 3


@pytest.mark.parametrize("shape", [(6,), (8, 8, 1)])
def test_a_network_with_labels_gives_another_output_for_another_label(shape):
    sizes = {"hidden": (4,), "channels": (4,)}
    network = labelled(lambda wider: default.encoder(wider, 5, **sizes), shape, 3, "encoder")
    assert network.name == "encoder" and network.outputs[0].dtype == "float32"
    data = tf.zeros([3, *shape])
    result = network([data, tf.constant([0, 1, 0])]).numpy()
    assert result.shape == (3, 5)
    assert np.abs(result[0] - result[1]).max() > 1e-3
    np.testing.assert_array_equal(result[0], result[2])
