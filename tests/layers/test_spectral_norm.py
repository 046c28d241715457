"""Spectral normalization against singular values, and the projection that is not it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.spectral_norm import SpectralNorm
from zoo.layers.spectral_projection import SpectralProjection
from zoo.networks.mlp import mlp


def dense(size=64, outputs=None):
    return keras.layers.Dense(outputs or size), (4, size)


def image(**options):
    return keras.layers.Conv2D(5, 3, **options), (2, 6, 7, 3)


def warm(layer, shape, steps=300, **options):
    """The layer in its wrapper after `steps` training forwards, and some data for it."""
    keras.utils.set_random_seed(0)
    wrapped, x = SpectralNorm(layer, **options), tf.random.normal(shape)
    wrapped.build(shape)
    forward = tf.function(lambda: wrapped(x, training=True))
    for _ in range(steps):
        forward()
    return wrapped, x


def largest(matrix):
    return np.linalg.svd(np.asarray(matrix), compute_uv=False)[0]


def as_matrix(layer, shape):
    """What a convolution without bias does to images, one row for each pixel and channel."""
    basis = tf.reshape(tf.eye(int(np.prod(shape[1:]))), [-1, *shape[1:]])
    decoded = layer.convolution_op(basis, layer.kernel.value)
    return tf.reshape(decoded, [len(basis), -1])


@pytest.mark.parametrize("size", [64, 128])
def test_a_dense_layer_comes_to_compute_with_a_matrix_of_norm_one(size):
    wrapped, x = warm(*dense(size))
    used = (wrapped(tf.eye(size)) - wrapped.layer.bias).numpy()
    assert largest(used) == pytest.approx(1.0, abs=1e-3)
    expected = x @ (wrapped.kernel.value / largest(wrapped.kernel.value))
    np.testing.assert_allclose(wrapped(x), expected, rtol=1e-3, atol=1e-4)


def test_two_by_two_ones_have_the_norm_two():
    wrapped, _ = warm(*dense(2), steps=20)
    wrapped.kernel.assign(np.ones((2, 2)))
    np.testing.assert_allclose(wrapped(np.array([[1.0, 0.0]])), [[0.5, 0.5]], rtol=1e-6)


def test_a_kernel_of_patches_is_normalized_as_a_matrix():
    wrapped, _ = warm(*image())
    sigma = float(wrapped.measured(wrapped.kernel)[1])
    assert sigma == pytest.approx(largest(wrapped.kernel.value.numpy().reshape(-1, 5)), rel=1e-4)
    whole = largest(as_matrix(wrapped.layer, (2, 6, 7, 3)))
    assert whole > 1.5 * sigma, "which is not the norm of the convolution"


@pytest.mark.parametrize(
    "options", [{}, {"padding": "same"}, {"padding": "same", "strides": 2}, {"dilation_rate": 2}]
)
def test_exact_is_the_norm_of_the_convolution(options):
    layer, shape = image(**options)
    wrapped, x = warm(layer, shape, steps=400, exact=True)
    sigma = float(wrapped.measured(wrapped.kernel)[1])
    assert sigma == pytest.approx(largest(as_matrix(layer, shape)), rel=1e-3)
    np.testing.assert_allclose(wrapped(x), layer(x) / sigma, rtol=1e-4, atol=1e-5)


def test_exact_needs_to_know_the_size_of_the_images():
    with pytest.raises(ValueError, match="`exact` needs inputs of one size. Received: .*None"):
        SpectralNorm(keras.layers.Conv2D(2, 3), exact=True).build((None, None, None, 1))


def test_an_embedding_is_normalized_as_a_table():
    wrapped, _ = warm(keras.layers.Embedding(7, 3), (5,), steps=0)
    rows = tf.range(7)
    for _ in range(100):
        wrapped(rows, training=True)
    assert largest(wrapped(rows)) == pytest.approx(1.0, abs=1e-4)


def test_other_layers_are_refused():
    with pytest.raises(ValueError, match="`layer` must be one of Dense, .*Received: .*Batch"):
        SpectralNorm(keras.layers.BatchNormalization())


# What a forward changes, and what the gradient is.


@pytest.mark.parametrize("training", [True, False])
def test_a_forward_leaves_the_kernel_and_moves_its_vector_only_in_training(training):
    wrapped, x = warm(*dense(), steps=1)
    kernel, u = wrapped.kernel.numpy(), wrapped.u.numpy()
    wrapped(x, training=training)
    np.testing.assert_array_equal(wrapped.kernel.numpy(), kernel)
    assert (np.abs(wrapped.u.numpy() - u).max() > 0) == training


def along(wrapped, x):
    """The sum of dL/dW times W, for L = sum |output|^3."""
    kernel = wrapped.kernel
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.abs(wrapped(x, training=True)) ** 3)
    return float(tf.reduce_sum(tape.gradient(loss, kernel.value) * kernel.value))


def test_the_loss_does_not_depend_on_the_length_of_the_kernel():
    wrapped, x = warm(*dense(), steps=1)
    keras_own = keras.layers.SpectralNormalization(dense()[0])  # differentiates no norm
    keras_own(x)
    assert abs(along(wrapped, x)) < 1e-4 < 1.0 < abs(along(keras_own, x))


def test_the_gradient_is_that_of_the_kernel_over_its_norm():
    wrapped, x = warm(*dense(8))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(wrapped(x)))
    gradient = tape.gradient(loss, wrapped.kernel.value).numpy()

    def value(kernel):
        kernel = kernel.astype("float64")
        return np.sum(np.sin(x.numpy() @ (kernel / largest(kernel))))

    kernel, expected = wrapped.kernel.numpy(), np.zeros((8, 8))
    for place in np.ndindex(8, 8):
        change = np.zeros((8, 8))
        change[place] = 1e-4
        expected[place] = (value(kernel + change) - value(kernel - change)) / 2e-4
    np.testing.assert_allclose(gradient, expected, atol=2e-3)


def test_a_normalized_network_is_no_steeper_than_one():
    keras.utils.set_random_seed(0)
    network = mlp(5, 1, (64, 64), wrap=SpectralNorm)
    forward = tf.function(lambda: network(tf.zeros([1, 5]), training=True))
    for _ in range(300):
        forward()
    points = tf.random.normal([5000, 5], stddev=3.0)
    with tf.GradientTape() as tape:
        tape.watch(points)
        total = tf.reduce_sum(network(points))
    assert np.linalg.norm(tape.gradient(total, points), axis=1).max() <= 1.001


def test_a_normalized_layer_computes_in_half_precision_and_comes_back_from_its_config():
    layer = SpectralNorm(keras.layers.Dense(3, "relu", dtype="mixed_bfloat16"), exact=True)
    decoded = layer(np.ones((2, 4)), training=True)
    assert decoded.dtype == tf.bfloat16 and layer.u.dtype == "float32"
    again = SpectralNorm.from_config(layer.get_config())
    again.build((2, 4))
    assert again.exact and again.compute_dtype == "bfloat16"
    assert [v.shape for v in again.weights] == [v.shape for v in layer.weights]


# The projection overwrites the kernel after each update, and only then.


def test_a_projected_kernel_is_overwritten_after_an_update_and_by_no_forward():
    keras.utils.set_random_seed(0)
    layer = SpectralProjection(keras.layers.Dense(8))
    x = tf.random.normal([4, 8])
    np.testing.assert_allclose(layer(x, training=True), layer.layer(x))
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(layer.trainable_variables)
    step = tf.function(lambda: optimizer.apply([tf.zeros([8, 8]), tf.zeros([8])]))
    start = layer.kernel.numpy()
    for _ in range(100):
        step()
    assert largest(layer.kernel.value) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(layer.kernel.value, start / largest(start), rtol=1e-3, atol=1e-4)


def test_a_projected_layer_has_the_gradient_of_a_plain_one():
    layer = SpectralProjection(keras.layers.Dense(8))
    x = tf.random.normal([4, 8])
    layer(x)
    assert abs(along(layer, x)) > 1.0


def test_a_normalized_convolution_is_the_same_under_xla():
    wrapped, x = warm(*image(), steps=1)
    plain, quick = (tf.function(wrapped, jit_compile=jit)(x) for jit in (False, True))
    np.testing.assert_allclose(plain, quick, rtol=1e-5, atol=1e-6)
