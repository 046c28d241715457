"""RMSProp as TensorFlow 1 had it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.optimizers.rmsprop_tf1 import RMSpropTF1

GRADIENTS = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def descend(optimizer):
    """The weights after each gradient."""
    weights, path = keras.Variable(np.ones(3, "float32")), []
    optimizer.build([weights])
    for gradient in GRADIENTS:
        optimizer.apply([tf.constant(gradient)], [weights])
        path.append(weights.numpy())
    return np.array(path)


def test_updates_are_those_of_the_published_rule():
    weights, squares, expected = np.ones(3), np.ones(3), []
    for gradient in GRADIENTS.astype("float64"):
        squares = 0.8 * squares + 0.2 * gradient**2
        weights = weights - 0.01 * gradient / np.sqrt(squares + 1e-3)
        expected.append(weights)
    actual = descend(RMSpropTF1(0.01, rho=0.8, epsilon=1e-3))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_first_steps_are_shorter_than_those_of_keras():
    step = 1.0 - descend(RMSpropTF1(0.01))[0]
    expected = 0.01 * GRADIENTS[0] / np.sqrt(0.9 + 0.1 * GRADIENTS[0] ** 2)
    np.testing.assert_allclose(step, expected, atol=1e-6)
    other = 1.0 - descend(keras.optimizers.RMSprop(0.01, rho=0.9))[0]
    np.testing.assert_allclose(np.abs(other), 0.01 / np.sqrt(0.1), rtol=1e-3)


def test_the_optimizer_comes_back_from_its_config():
    optimizer = RMSpropTF1(0.01, rho=0.8, epsilon=1e-3, clipnorm=1.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert again.get_config() == optimizer.get_config()
    np.testing.assert_array_equal(
        descend(again), descend(RMSpropTF1.from_config(optimizer.get_config()))
    )


def test_the_rate_may_be_a_schedule():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.01, 0.0])
    path = descend(RMSpropTF1(schedule))
    assert (path[0] != 1.0).all()
    assert path[-1] == pytest.approx(path[1])
