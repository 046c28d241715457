"""The learned mask over the dimensions of a code."""

import keras
import numpy as np
import tensorflow as tf

from zoo.layers.mask import Mask


def test_a_mask_multiplies_each_dimension_by_its_alpha():
    mask = Mask(3)
    mask.v.assign([0.0, np.log(2.0), 100.0])
    np.testing.assert_allclose(mask.alpha, [0.0, 0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(mask(tf.constant([[2.0, 4.0, -6.0]])), [[0.0, 2.0, -6.0]], atol=1e-5)


def test_active_dimensions_are_those_with_an_alpha_of_a_tenth():
    mask = Mask(4)
    mask.v.assign(-np.log(1.0 - np.array([0.0, 0.09, 0.11, 0.99])))
    assert int(mask.active_dims) == 2


def test_a_mask_starts_uniformly_between_0_and_5_by_its_seed():
    start = Mask(4000, seed=1).v.numpy()
    assert start.min() > 0 and start.max() < 5
    assert abs(start.mean() - 2.5) < 4 * 5 / np.sqrt(12 * 4000)
    assert abs(np.mean(1 - np.exp(-start) < 0.5) - np.log(2) / 5) < 0.025
    np.testing.assert_array_equal(start, Mask(4000, seed=1).v.numpy())
    assert (start != Mask(4000, seed=2).v.numpy()).any()


def test_what_a_mask_learns_stays_non_negative():
    mask = Mask(2)
    mask.v.assign([0.1, 1.0])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(mask.trainable_variables)
    optimizer.apply([tf.constant([5.0, 0.5])], mask.trainable_variables)
    np.testing.assert_allclose(mask.v.numpy(), [0.0, 0.5], atol=1e-6)


def test_the_gradient_of_a_mask_is_that_of_its_formula():
    mask = Mask(3)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(mask(tf.constant([[1.0, 2.0, 3.0]])))
    expected = np.exp(-mask.v.numpy()) * [1.0, 2.0, 3.0]
    np.testing.assert_allclose(tape.gradient(total, mask.v.value), expected, rtol=1e-5)


def test_a_mask_comes_back_from_its_config():
    mask = Mask(5, seed=3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(mask))
    np.testing.assert_array_equal(again.v.numpy(), mask.v.numpy())
