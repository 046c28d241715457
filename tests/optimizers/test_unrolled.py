"""Steps as functions of tensors are those of the optimizer, and can be differentiated."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.optimizers import unrolled

TARGET = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)


def slopes(weights):
    """The gradient of sum (w - target)^4 / 4."""
    return [(w - tf.constant(TARGET)) ** 3 for w in weights]


def moved_weights(optimizer, steps):
    """Weights that an optimizer has moved `steps` times from 0."""
    weights = keras.Variable(np.zeros((2, 2), "float32"))
    optimizer.build([weights])
    for _ in range(steps):
        optimizer.apply(slopes([weights.value]), [weights])
    return weights


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Adam(0.1, 0.5, 0.9),
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.InverseTimeDecay(0.1, 1000, 0.0)),
        lambda: keras.optimizers.SGD(0.01),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), initial_scale=1.0),
        lambda: keras.optimizers.SGD(0.01, clipvalue=1.5),
        lambda: keras.optimizers.SGD(0.01, clipnorm=1.0, weight_decay=0.5),
        lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.7, weight_decay=0.5),
        lambda: keras.optimizers.AdamW(0.1, weight_decay=0.3),
    ],
)
def test_four_steps_ahead_are_the_four_steps_that_follow(optimizer, before):
    optimizer = optimizer()
    weights = moved_weights(optimizer, before)
    step, state = unrolled.following(optimizer, [weights])
    ahead, saved = [tf.convert_to_tensor(weights)], [v.numpy() for v in optimizer.variables]
    for _ in range(4):
        ahead, state = step(ahead, slopes(ahead), state)
    assert all(
        np.array_equal(v.numpy(), k) for v, k in zip(optimizer.variables, saved, strict=True)
    )
    for _ in range(4):
        optimizer.apply(slopes([weights.value]), [weights])
    np.testing.assert_allclose(ahead[0], weights.numpy(), rtol=1e-5, atol=1e-6)


def test_weights_that_do_not_decay_do_not_decay_ahead():
    optimizer = keras.optimizers.SGD(0.1, weight_decay=0.5)
    weights = [keras.Variable(np.ones(2, "float32"), name=name) for name in ("kernel", "bias")]
    optimizer.build(weights)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    step, state = unrolled.following(optimizer, weights)
    kernel, bias = step([tf.ones(2)] * 2, [tf.zeros(2)] * 2, state)[0]
    np.testing.assert_allclose([kernel[0], bias[0]], [0.95, 1.0], rtol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.RMSprop(),
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.optimizers.Adam(amsgrad=True),
    ],
)
def test_other_optimizers_are_refused_with_the_remedy(optimizer):
    weights = moved_weights(optimizer, 0)
    with pytest.raises(ValueError, match="`AdamW` and of `SGD` .*Received: .*Set `inner_rate`"):
        unrolled.following(optimizer, [weights])


@pytest.mark.parametrize("kind", [keras.optimizers.Adam, keras.optimizers.SGD])
def test_a_weight_that_nothing_moves_has_a_finite_gradient(kind):
    """Where every gradient was 0, the root of Adam's second moment has none."""
    optimizer = kind(0.1)
    weights = keras.Variable(np.zeros(3, "float32"))
    optimizer.build([weights])
    step, state = unrolled.following(optimizer, [weights])
    scale = tf.constant([0.0, 0.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(scale)
        ahead, _ = step([tf.zeros(3)], [scale * 2.0], state)
        total = tf.reduce_sum(ahead[0])
    assert np.isfinite(tape.gradient(total, scale)).all()
