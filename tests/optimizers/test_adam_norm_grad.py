"""Adam on gradients of norm 1: their length is ignored, their direction is not."""

import keras
import numpy as np
import tensorflow as tf

from zoo.optimizers.adam_norm_grad import AdamNormGrad

GRADIENTS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def walked(optimizer, scale=1.0, unit=False):
    """A variable after four steps along `GRADIENTS`."""
    variable = keras.Variable(np.zeros(3, "float32"))
    for gradient in GRADIENTS:
        gradient = gradient / np.linalg.norm(gradient) if unit else gradient
        optimizer.apply([tf.constant(scale * gradient)], [variable])
    return variable.numpy()


def test_steps_are_those_of_adam_on_unit_gradients():
    expected = walked(keras.optimizers.Adam(0.1), unit=True)
    np.testing.assert_allclose(walked(AdamNormGrad(0.1)), expected, rtol=1e-5)


def test_the_length_of_a_gradient_does_not_matter_even_if_it_changes():
    long, short = AdamNormGrad(0.1), AdamNormGrad(0.1)
    np.testing.assert_allclose(walked(long, 1e3), walked(short, 1e-2), rtol=1e-4)
    mixed = walked(keras.optimizers.Adam(0.1))
    assert np.abs(walked(AdamNormGrad(0.1)) - mixed).max() > 1e-3


def test_a_gradient_of_zero_moves_nothing():
    variable = keras.Variable(np.ones(3, "float32"))
    AdamNormGrad(0.1).apply([tf.zeros(3)], [variable])
    np.testing.assert_array_equal(variable.numpy(), 1.0)


def test_it_comes_back_from_its_config():
    again = keras.optimizers.get(keras.saving.serialize_keras_object(AdamNormGrad(0.02)))
    assert type(again) is AdamNormGrad and float(again.learning_rate) == np.float32(0.02)
