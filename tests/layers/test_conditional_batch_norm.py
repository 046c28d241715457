"""Conditional batch normalization: the plain one, then a gain and a bias of the condition."""

import keras
import numpy as np

from zoo.layers.conditional_batch_norm import ConditionalBatchNorm

X = np.random.default_rng(0).normal(2.0, 3.0, size=(8, 4, 4, 5)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1], np.int32)


def normalized(x, epsilon=1e-5):
    """(x - mean) / sqrt(var + epsilon) over batch and places."""
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return (x - mean) / np.sqrt(var + epsilon)


def test_a_class_has_its_own_gain_and_bias():
    layer = ConditionalBatchNorm(num_classes=3)
    np.testing.assert_allclose(layer([X, LABELS], training=True), normalized(X), atol=1e-4)
    rng = np.random.default_rng(1)
    gain, bias = rng.normal(size=(2, 3, 5)).astype(np.float32)
    layer.gain.embeddings.assign(gain)
    layer.bias.embeddings.assign(bias)
    expected = normalized(X) * gain[LABELS][:, None, None] + bias[LABELS][:, None, None]
    np.testing.assert_allclose(layer([X, LABELS], training=True), expected, atol=1e-4)


def test_a_vector_gives_one_plus_a_linear_gain_and_a_linear_bias():
    keras.utils.set_random_seed(0)
    layer, c = (
        ConditionalBatchNorm(),
        np.random.default_rng(2).normal(size=(8, 7)).astype("float32"),
    )
    shown = layer([X, c], training=True)
    gain, bias = c @ layer.gain.kernel.numpy(), c @ layer.bias.kernel.numpy()
    expected = normalized(X) * (1.0 + gain)[:, None, None] + bias[:, None, None]
    np.testing.assert_allclose(shown, expected, atol=1e-4)
    assert layer.gain.bias is None and layer.bias.bias is None


def test_inference_uses_moving_averages_with_momentum_nine_tenths():
    layer = ConditionalBatchNorm(num_classes=3)
    layer([X, LABELS], training=True)
    mean = layer.normalize.moving_mean.numpy()
    np.testing.assert_allclose(mean, 0.1 * X.mean(axis=(0, 1, 2)), rtol=1e-5)
    var = layer.normalize.moving_variance.numpy()
    expected = (X - mean) / np.sqrt(var + 1e-5)
    np.testing.assert_allclose(layer([X, LABELS], training=False), expected, atol=1e-4)


def test_it_comes_back_from_its_config():
    layer = ConditionalBatchNorm(num_classes=3, spectral=True, initializer="orthogonal")
    assert ConditionalBatchNorm.from_config(layer.get_config()).get_config() == layer.get_config()
