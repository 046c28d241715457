"""The codebook: nearest vectors, straight-through gradients, averages over the global batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.vector_quantizer import VectorQuantizer, straight_through

DRAW = np.random.default_rng(0)
Z = DRAW.normal(size=(6, 2, 3)).astype("float32")


def book(decay=0.9, num_codes=4):
    made = VectorQuantizer(num_codes, 3, decay)
    made.vectors.assign(DRAW.normal(size=(num_codes, 3)))
    return made


@pytest.mark.parametrize("decay", [0.9, None])
def test_each_vector_becomes_the_nearest_of_the_codebook(decay):
    made = book(decay)
    chosen, indices = made(Z)
    codebook = made.codebook.numpy()
    distance = np.linalg.norm(Z[:, :, None] - codebook, axis=-1)
    np.testing.assert_array_equal(indices, distance.argmin(axis=-1))
    np.testing.assert_array_equal(chosen, codebook[indices])
    np.testing.assert_array_equal(made.lookup(indices), chosen)
    assert indices.dtype == tf.int32 and len(np.unique(indices)) > 1


def test_the_gradient_passes_straight_through():
    made, z = book(), tf.constant(Z)
    weight = tf.constant(DRAW.normal(size=Z.shape).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(z)
        chosen, _ = made(z)
        seen = straight_through(z, chosen)
        value = tf.reduce_sum(weight * seen**2)
    through, there = tape.gradient(value, [z, seen])
    np.testing.assert_array_equal(through, there)
    np.testing.assert_allclose(seen, chosen, atol=1e-6)


def test_averages_follow_what_chose_each_vector():
    made = book(decay=0.9)
    start, (_, indices) = made.codebook.numpy(), made(Z)
    np.testing.assert_allclose(start, made.vectors.numpy(), rtol=1e-4)  # N = 1, m = e
    rows, chosen = Z.reshape(-1, 3), indices.numpy().ravel()
    before = made.vectors.numpy()
    made(Z, training=True)
    counts = 0.9 + 0.1 * np.bincount(chosen, minlength=4)
    sums = 0.9 * before + 0.1 * np.stack([rows[chosen == k].sum(axis=0) for k in range(4)])
    np.testing.assert_allclose(made.counts, counts, rtol=1e-5)
    np.testing.assert_allclose(made.vectors, sums, rtol=1e-4, atol=1e-6)
    smoothed = (counts + 1e-5) / (counts.sum() + 4e-5) * counts.sum()
    np.testing.assert_allclose(made.codebook, sums / smoothed[:, None], rtol=1e-4, atol=1e-6)


def test_inference_leaves_the_averages_alone():
    made = book()
    kept = made.get_weights()
    made(Z)
    made(Z, training=False)
    assert all(np.array_equal(a, b) for a, b in zip(kept, made.get_weights(), strict=True))


def test_averages_converge_to_the_means_of_clusters():
    centres = np.float32([[-4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    made = VectorQuantizer(2, 3, decay=0.8)
    made.vectors.assign(0.1 * centres)
    for step in range(60):
        draw = np.random.default_rng(step)
        made(np.repeat(centres, 50, axis=0) + draw.normal(size=(100, 3)), training=True)
    np.testing.assert_allclose(made.codebook, centres, atol=0.2)


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
        made = VectorQuantizer(4, 3)
        chosen, _ = made(Z, training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert {v.dtype for v in made.variables} == {"float32"} and chosen.dtype == tf.float32


def test_perplexity_is_how_many_vectors_are_in_use():
    made = book()
    assert float(made.perplexity(tf.constant([[0, 1], [2, 3]]))) == pytest.approx(4.0)
    assert float(made.perplexity(tf.constant([[2, 2], [2, 2]]))) == pytest.approx(1.0)
    np.testing.assert_allclose(made.log_prob(tf.constant([[0, 1], [2, 3]])), -2 * np.log(4.0))


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("decay", [0.9, None])
def test_a_codebook_starts_at_vectors_from_all_over_the_first_batches(decay, batch):
    made, rows = VectorQuantizer(4, 3, decay), Z.reshape(-1, 3)
    data = tf.data.Dataset.from_tensor_slices(Z).repeat().batch(batch)
    made.start(lambda x, training: x, data)
    count = 4 if batch == 2 else 6  # as many rows as whole batches hold
    expected = rows[np.int32(np.round(np.linspace(0, count - 1, 4)))]
    np.testing.assert_allclose(made.codebook, expected, rtol=1e-4)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_numbers_outside_the_codebook_are_refused_also_in_a_graph(wrong):
    made = book()
    for call in (made.lookup, tf.function(made.lookup)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 3"):
            call(tf.constant([[0, wrong]]))


def test_a_codebook_comes_back_from_its_config():
    made = book()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    again.set_weights(made.get_weights())
    np.testing.assert_array_equal(again.codebook, made.codebook)
