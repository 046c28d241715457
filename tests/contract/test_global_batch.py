"""What a loss computes on the global batch: values and gradients of one process on replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel
from zoo.losses.discrepancy import mmd
from zoo.losses.total_correlation import permuted_columns

ROWS = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
LABELS = np.array([1, -1, -1, -1, 2, 0, 1, -1])  # one known row on a replica, three on the other


class Coupled(GenerativeModel):
    """Terms that no average over replicas gives."""

    players = {"learner": ("network",)}
    terms = {"learner": ("error",)}
    targets, num_classes = "some_labels", 3
    data_shape = (2,)

    def learner_loss(self, x, y, training):
        return {"error": getattr(self, self.kind)(self.network(x), x, y)}

    def gathered(self, z, x, y):
        return mmd(self.gather(z), self.gather(self.noise.normal([tf.shape(x)[0], 2])))

    def mean(self, z, x, y):
        return (1.0 - tf.reduce_sum(self.batch_mean(z))) ** 2

    def masked(self, z, x, y):
        return self.among(y >= 0, tf.reduce_sum(z**2, axis=1))

    def permuted(self, z, x, y):
        every = self.gather(z)
        order = self.noise.permutation(tf.shape(every)[0])
        return tf.reduce_sum((z - self.own_rows(tf.gather(every, order))) ** 2 * z, axis=1)

    def columns(self, z, x, y):
        return tf.reduce_sum((z - permuted_columns(z)) ** 2 * z, axis=1)

    def field(self, z, x, y):
        kernel = self.network.trainable_variables[0].value
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            mean = tf.reduce_mean(self.network(x) ** 2)
        return tf.reduce_sum(self.replica_mean(tape.gradient(mean, kernel)) ** 2) + 0.0 * z[0, 0]


class Uncoupled(Coupled):
    """The same losses, each replica for itself."""

    gather = own_rows = replica_mean = staticmethod(lambda tensor: tensor)
    batch_mean = staticmethod(lambda tensor: tf.reduce_mean(tensor, axis=0))

    @staticmethod
    def among(mask, term):
        chosen = tf.cast(mask, term.dtype)
        return tf.reduce_sum(chosen * term) / tf.reduce_sum(chosen)


def built(cls, kind):
    def build():
        network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        model = cls(network=network, seed=0)
        model.kind = kind
        return model

    return build


KINDS = ["gathered", "mean", "masked", "permuted", "columns", "field"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_on_two_replicas_is_that_of_one_process(apart, kind):
    assert apart(built(Coupled, kind), ROWS, LABELS, shuffle=False) < 1e-6


@pytest.mark.parametrize("kind", ["masked", "mean"])
def test_each_replica_for_itself_is_wrong(apart, kind):
    assert apart(built(Uncoupled, kind), ROWS, LABELS, shuffle=False) > 1e-4


def test_a_batch_without_a_chosen_row_counts_nothing():
    term = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        value = Coupled.among(tf.constant([False, False]), term * 1.0)
    assert float(value) == 0.0
    np.testing.assert_array_equal(tape.gradient(value, term), [0.0, 0.0])


def test_the_mean_among_chosen_rows_is_over_them_alone():
    value = Coupled.among(tf.constant([True, False, True]), tf.constant([1.0, 50.0, 4.0]))
    assert float(value) == 2.5


def test_rows_of_the_global_batch_come_in_order_and_go_back(two):
    @tf.function
    def step(x):
        every = Coupled.gather(x)
        return every, Coupled.own_rows(every), Coupled.batch_mean(x)

    given = two.experimental_distribute_values_from_function(
        lambda context: tf.constant(ROWS[4 * context.replica_id_in_sync_group :][:4])
    )
    every, own, mean = (two.experimental_local_results(v) for v in two.run(step, args=(given,)))
    for replica in range(2):
        np.testing.assert_array_equal(every[replica], ROWS)
        np.testing.assert_array_equal(own[replica], ROWS[4 * replica :][:4])
        np.testing.assert_allclose(mean[replica], ROWS.mean(axis=0), atol=1e-6)


def test_alone_every_function_is_the_identity_or_the_plain_mean():
    x = tf.constant(ROWS)
    assert Coupled.gather(x) is x and Coupled.own_rows(x) is x and Coupled.replica_mean(x) is x
    np.testing.assert_array_equal(Coupled.batch_mean(x), tf.reduce_mean(x, axis=0))
