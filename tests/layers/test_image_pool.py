"""Pools of generated examples: what they return, keep and save."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.layers.image_pool import ImagePool


def numbered(start, count):
    """Examples that hold their number."""
    return np.arange(start, start + count, dtype=np.float32)[:, None]


def returned(pool, examples, step, training=True):
    """What a pool returns in one training step."""
    with noise.training(0, tf.constant(step), 0):
        return pool(tf.constant(examples), training=training).numpy()


def by_hand(examples, stored, capacity, step):
    """The history one after another, in Python; returns what is shown and stored."""
    with noise.training(0, tf.constant(step), 0):
        draws = noise.uniform([len(examples), 2], shared=True).numpy()
    result = []
    for example, (place, coin) in zip(examples, draws, strict=True):
        if len(stored) < capacity:
            stored.append(example)
            result.append(example)
        elif coin < 0.5:
            number = int(place * capacity)
            result.append(stored[number])
            stored[number] = example
        else:
            result.append(example)
    return np.array(result), stored


def test_until_it_is_full_every_example_is_returned_and_kept():
    pool = ImagePool((1,), capacity=5)
    np.testing.assert_array_equal(returned(pool, numbered(1, 3), 0), numbered(1, 3))
    assert pool.filled.numpy() == 3
    np.testing.assert_array_equal(pool.stored.numpy()[:, 0], [1, 2, 3, 0, 0])


def test_the_history_is_that_of_one_example_after_another():
    pool, stored = ImagePool((1,), capacity=5), []
    for step in range(6):
        examples = numbered(4 * step, 4)
        expected, stored = by_hand(examples, stored, 5, step)
        np.testing.assert_array_equal(returned(pool, examples, step), expected)
        np.testing.assert_array_equal(pool.stored.numpy()[: len(stored)], stored)
    assert pool.filled.numpy() == 5


def test_a_full_pool_returns_old_examples_half_of_the_time():
    pool = ImagePool((1,), capacity=50)
    returned(pool, numbered(0, 50), 0)
    new = numbered(1000, 4000)
    result = returned(pool, new, 1)
    share = np.mean(result != new)
    assert abs(share - 0.5) < 0.03  # four deviations of 4,000 coins
    assert set(result[result < 1000]) <= set(range(50))
    assert len(np.unique(pool.stored.numpy())) == 50


def test_no_example_is_shown_by_the_pool_twice():
    pool = ImagePool((1,), capacity=10)
    result = np.concatenate([returned(pool, numbered(20 * s, 20), s) for s in range(20)])
    old = result[result < np.repeat(20 * np.arange(20), 20)[:, None]]
    assert len(old) == len(np.unique(old)) > 50


def test_inference_and_an_empty_pool_change_nothing():
    pool = ImagePool((1,), capacity=3)
    np.testing.assert_array_equal(returned(pool, numbered(7, 2), 0, training=False), numbered(7, 2))
    assert pool.filled.numpy() == 0 and not pool.stored.numpy().any()
    np.testing.assert_array_equal(returned(ImagePool((1,), 0), numbered(7, 2), 0), numbered(7, 2))


def test_no_gradient_passes_the_pool():
    pool, examples = ImagePool((1,)), tf.constant(numbered(1, 2))
    with noise.training(0, tf.constant(0), 0), tf.GradientTape() as tape:
        tape.watch(examples)
        total = tf.reduce_sum(pool(examples, training=True))
    assert tape.gradient(total, examples) is None


def test_a_pool_comes_back_from_its_config():
    pool = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(ImagePool((2, 3), capacity=4))
    )
    assert (pool.shape, pool.capacity) == ((2, 3), 4) and pool.stored.shape == (4, 2, 3)
