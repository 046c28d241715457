"""The codebook: nearest vectors, straight-through gradients, averages over the global batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.vector_quantizer import VectorQuantizer, straight_through

DRAW = np.random.default_rng(0)
Z = DRAW.normal(size=(6, 2, 3)).astype("float32")


def book(decay=0.9, num_codes=4):
    quantizer = VectorQuantizer(num_codes, 3, decay)
    quantizer.vectors.assign(DRAW.normal(size=(num_codes, 3)))
    return quantizer


@pytest.mark.parametrize("decay", [0.9, None])
def test_each_vector_becomes_the_nearest_of_the_codebook(decay):
    quantizer = book(decay)
    chosen, indices = quantizer(Z)
    codebook = quantizer.codebook.numpy()
    distance = np.linalg.norm(Z[:, :, None] - codebook, axis=-1)
    np.testing.assert_array_equal(indices, distance.argmin(axis=-1))
    np.testing.assert_array_equal(chosen, codebook[indices])
    np.testing.assert_array_equal(quantizer.lookup(indices), chosen)
    assert indices.dtype == tf.int32 and len(np.unique(indices)) > 1


def test_the_gradient_passes_straight_through():
    quantizer, z = book(), tf.constant(Z)
    weight = tf.constant(DRAW.normal(size=Z.shape).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(z)
        chosen, _ = quantizer(z)
        observed = straight_through(z, chosen)
        value = tf.reduce_sum(weight * observed**2)
    through, there = tape.gradient(value, [z, observed])
    np.testing.assert_array_equal(through, there)
    np.testing.assert_allclose(observed, chosen, atol=1e-6)


def test_averages_follow_what_chose_each_vector():
    quantizer = book(decay=0.9)
    start, (_, indices) = quantizer.codebook.numpy(), quantizer(Z)
    np.testing.assert_allclose(start, quantizer.vectors.numpy(), rtol=1e-4)  # N = 1, m = e
    rows, chosen = Z.reshape(-1, 3), indices.numpy().ravel()
    before = quantizer.vectors.numpy()
    quantizer(Z, training=True)
    counts = 0.9 + 0.1 * np.bincount(chosen, minlength=4)
    sums = 0.9 * before + 0.1 * np.stack([rows[chosen == k].sum(axis=0) for k in range(4)])
    np.testing.assert_allclose(quantizer.counts, counts, rtol=1e-5)
    np.testing.assert_allclose(quantizer.vectors, sums, rtol=1e-4, atol=1e-6)
    smoothed = (counts + 1e-5) / (counts.sum() + 4e-5) * counts.sum()
    np.testing.assert_allclose(quantizer.codebook, sums / smoothed[:, None], rtol=1e-4, atol=1e-6)


def test_inference_leaves_the_averages_alone():
    quantizer = book()
    saved = quantizer.get_weights()
    quantizer(Z)
    quantizer(Z, training=False)
    assert all(np.array_equal(a, b) for a, b in zip(saved, quantizer.get_weights(), strict=True))


def test_averages_converge_to_the_means_of_clusters():
    centres = np.float32([[-4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    quantizer = VectorQuantizer(2, 3, decay=0.8)
    quantizer.vectors.assign(0.1 * centres)
    for step in range(60):
        draw = np.random.default_rng(step)
        quantizer(np.repeat(centres, 50, axis=0) + draw.normal(size=(100, 3)), training=True)
    np.testing.assert_allclose(quantizer.codebook, centres, atol=0.2)


def test_without_decay_the_codebook_is_a_weight_and_with_it_is_none():
    assert [v.name for v in book(None).trainable_variables] == ["vectors"]
    assert book(0.9).trainable_variables == []


def test_two_replicas_count_the_global_batch(two):
    alone = book()
    with two.scope():
        shared = VectorQuantizer(4, 3, 0.9)
    shared.set_weights(alone.get_weights())
    alone(Z, training=True)

    @tf.function
    def step(z):
        return shared(z, training=True)

    halves = two.experimental_distribute_values_from_function(
        lambda context: tf.constant(Z[3 * context.replica_id_in_sync_group :][:3])
    )
    two.run(step, args=(halves,))
    for ours, theirs in zip(alone.get_weights(), shared.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_state_is_float32_in_every_policy():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        quantizer = VectorQuantizer(4, 3)
        chosen, _ = quantizer(Z, training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert {v.dtype for v in quantizer.variables} == {"float32"} and chosen.dtype == tf.float32


def test_perplexity_is_how_many_vectors_are_in_use():
    quantizer = book()
    assert float(quantizer.perplexity(tf.constant([[0, 1], [2, 3]]))) == pytest.approx(4.0)
    assert float(quantizer.perplexity(tf.constant([[2, 2], [2, 2]]))) == pytest.approx(1.0)
    np.testing.assert_allclose(quantizer.log_prob(tf.constant([[0, 1], [2, 3]])), -2 * np.log(4.0))


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("decay", [0.9, None])
def test_a_codebook_starts_at_vectors_from_all_over_the_first_batches(decay, batch):
    quantizer, rows = VectorQuantizer(4, 3, decay), Z.reshape(-1, 3)
    data = tf.data.Dataset.from_tensor_slices(Z).repeat().batch(batch)
    quantizer.start(lambda x, training: x, data)
    count = 4 if batch == 2 else 6  # as many rows as whole batches hold
    expected = rows[np.int32(np.round(np.linspace(0, count - 1, 4)))]
    np.testing.assert_allclose(quantizer.codebook, expected, rtol=1e-4)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_numbers_outside_the_codebook_are_refused_also_in_a_graph(wrong):
    quantizer = book()
    for call in (quantizer.lookup, tf.function(quantizer.lookup)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 3"):
            call(tf.constant([[0, wrong]]))


def test_a_codebook_comes_back_from_its_config():
    quantizer = book()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(quantizer))
    again.set_weights(quantizer.get_weights())
    np.testing.assert_array_equal(again.codebook, quantizer.codebook)
