"""Self-attention against the same sums in NumPy, and its start as the identity."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.self_attention import SelfAttention

SHAPE = (2, 4, 6, 16)


def maps(seed=0):
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


def made(gamma=0.7, **options):
    keras.utils.set_random_seed(0)
    layer = SelfAttention(**options)
    layer.build((None, *SHAPE[1:]))
    layer.gamma.assign(gamma)
    return layer


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_hand(layer, x):
    """y = x + gamma W_v o, place by place."""
    kernels = [getattr(layer, name).kernel.numpy()[0, 0] for name in ("keys", "queries", "values")]
    flat = x.reshape(len(x), -1, x.shape[-1])
    keys, queries, values = (flat @ kernel for kernel in kernels)
    weights = softmax(queries @ keys.transpose(0, 2, 1))
    averages = (weights @ values) @ layer.projection.kernel.numpy()[0, 0]
    return x + layer.gamma.numpy() * averages.reshape(x.shape)


def test_it_is_the_identity_at_the_start():
    keras.utils.set_random_seed(0)
    x = maps()
    np.testing.assert_array_equal(SelfAttention()(x), x)


def test_it_is_the_sum_over_places():
    layer, x = made(), maps()
    np.testing.assert_allclose(layer(x), by_hand(layer, x), atol=1e-5)
    assert np.abs(layer(x) - x).max() > 0.01


@pytest.mark.parametrize("pool, keys", [(False, 24), (True, 6)])
def test_the_weights_of_each_place_add_up_to_one(pool, keys):
    weights = made(pool=pool).attention(maps()).numpy()
    assert weights.shape == (2, 24, keys) and weights.min() > 0
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-6)


def test_at_the_start_the_gradient_reaches_gamma_alone():
    layer, x = made(gamma=0.0), maps()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x) * maps(1))
    weights = {w.path: w.value for w in layer.trainable_variables}
    slopes = tape.gradient(loss, weights)
    assert abs(slopes.pop(layer.gamma.path)) > 0.01
    assert len(slopes) == 4 and all(np.abs(slope).max() == 0.0 for slope in slopes.values())


def test_normalized_convolutions_have_norm_one():
    layer = made(spectral=True)
    for _ in range(300):
        layer(maps(), training=True)
    wrapped = layer.projection
    _, sigma = wrapped.measured(wrapped.kernel.value)
    exact = np.linalg.svd(wrapped.kernel.numpy()[0, 0], compute_uv=False)[0]
    assert float(sigma) == pytest.approx(exact, rel=1e-3)


def test_it_comes_back_from_its_config():
    layer = made(pool=True, spectral=True, initializer="orthogonal")
    again = SelfAttention.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
