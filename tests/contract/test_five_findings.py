"""Five faults that no review sees; each check is shown to fail when the contract has the fault."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel, noise
from zoo.input_pipeline import batches

EXACT, WRONG = 1e-6, 1e-4  # of weights: rounding, and what a fault costs at least
ROWS = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


def dense(inputs, outputs, *layers, **options):
    last = keras.layers.Dense(outputs, **options)
    return keras.Sequential([keras.Input((inputs,)), *layers, last])


def normalized(inputs, outputs):
    norm = keras.layers.BatchNormalization(synchronized=True)
    return dense(inputs, outputs, keras.layers.Dense(3), norm)


class Noisy(GenerativeModel):
    """Draws, meets the other replicas, and draws again."""

    players = {"judge": ("network",)}
    terms = {"judge": ("error",)}
    data_shape = (2,)

    def judge_loss(self, x, y, training):
        first = self.noise.normal([tf.shape(x)[0], 2])
        middle = self.batch_mean(first)
        second = self.noise.normal([tf.shape(x)[0], 2])
        out = self.network(x * second + first + middle, training=training)
        return {"error": tf.reduce_sum(out**2, axis=1)}


class Game(GenerativeModel):
    """A generator with batch normalization against a discriminator with fresh batches."""

    players = {"discriminator": ("discriminator",), "generator": ("generator",)}
    terms = {"discriminator": ("game",), "generator": ("game",)}
    moves = {"discriminator": 2}
    fresh_batches = ("discriminator",)

    def fake(self, x, training):
        return self.generator(self.noise.normal([tf.shape(x)[0], 2]), training=training)

    def discriminator_loss(self, x, y, training):
        real, fake = self.discriminator(x), self.discriminator(self.fake(x, training))
        return {"game": tf.math.softplus(-real[:, 0]) + tf.math.softplus(fake[:, 0])}

    def generator_loss(self, x, y, training):
        fake = self.discriminator(self.fake(x, training))
        return {"game": tf.math.softplus(-fake[:, 0])}


class Fresh(Noisy):
    """Two moves, each on a fresh batch."""

    moves = {"judge": 2}
    fresh_batches = ("judge",)


def noisy():
    return Noisy(network=normalized(2, 2), seed=3)


def fresh():
    return Fresh(network=dense(2, 2), seed=3)


def game(cls=Game):
    return cls(generator=normalized(2, 2), discriminator=dense(2, 1), seed=3)


# 1. Noise is a stream of the thread, for replicas are traced in threads that interleave.


def test_a_collective_between_two_draws_leaves_the_noise_of_replicas_right(apart):
    assert apart(noisy, ROWS) < EXACT


def test_a_stream_that_threads_share_gives_replicas_the_wrong_noise(apart, monkeypatch):
    monkeypatch.setattr(noise, "_open", types.SimpleNamespace())
    assert apart(noisy, ROWS) > WRONG


# 2. The step's batch is cut interleaved, for a replica holds a contiguous slab of it.


def test_fresh_batches_are_the_same_on_two_replicas(apart):
    assert apart(fresh, ROWS) < EXACT


def test_a_contiguous_cut_gives_replicas_other_batches(apart, monkeypatch):
    def contiguous(x, y, parts):
        return [(part, None) for part in tf.split(x, parts)]

    monkeypatch.setattr(batches, "cut", contiguous)
    assert apart(fresh, ROWS) > WRONG


# 3. A move changes only what its players own, the state of networks included.


class Unrestored(Game):
    """The contract without what it puts back after a move."""

    def variables_of(self, player, trainable=True):
        return super().variables_of(player) if trainable else []


def foreign_change(cls):
    """How far a move of the discriminator moves anything of the generator."""
    model = game(cls)
    model.compile()
    before = model.generator.get_weights()
    tf.function(model.move)(("discriminator",), (tf.constant(ROWS), None), 0)
    after = model.generator.get_weights()
    return max(np.abs(a - b).max() for a, b in zip(before, after, strict=True))


def test_a_move_of_the_discriminator_leaves_the_averages_of_the_generator():
    assert foreign_change(Game) == 0


def test_without_putting_back_a_move_changes_the_averages_of_another_network():
    assert foreign_change(Unrestored) > 1e-3


def test_the_generator_moves_its_own_averages():
    model = game()
    model.compile()
    before = model.generator.non_trainable_variables[0].numpy()
    model.move(("generator",), (tf.constant(ROWS), None), 0)
    assert np.abs(model.generator.non_trainable_variables[0].numpy() - before).max() > 1e-5


# 4. Optimizers are made in the strategy's scope, wherever `compile` is called.


class Unscoped(Noisy):
    """The contract without the scope in `compile`."""

    def compile(self, optimizer=None, **options):
        super().compile(optimizer, **options)
        self.optimizers = {player: self._optimizer(player, optimizer) for player in self.players}


def test_a_model_compiled_outside_the_scope_trains_right_with_slots(apart):
    momentum = keras.optimizers.SGD(0.1, momentum=0.9)
    assert apart(lambda: Noisy(network=dense(2, 2), seed=3), ROWS, optimizer=momentum) < EXACT


def test_optimizers_made_outside_the_scope_are_wrong_once_they_have_slots(apart):
    momentum = keras.optimizers.SGD(0.1, momentum=0.9)
    assert apart(lambda: Unscoped(network=dense(2, 2), seed=3), ROWS, optimizer=momentum) > WRONG


# 5. Penalties of a user's network are in its owner's loss; names of Keras are refused.


class Fit(GenerativeModel):
    """The squared output of a network that a user wrote."""

    players = {"learner": ("network",)}
    terms = {"learner": ("error",)}
    data_shape = (2,)

    def learner_loss(self, x, y, training):
        return {"error": self.network(x, training=training)[:, 0] ** 2}


def logs_of(network, cls=Fit):
    model = cls(network=network, seed=0)
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(ROWS, batch_size=32, verbose=0, shuffle=False).history
    return {name: values[0] for name, values in history.items()}


def test_a_kernel_regularizer_is_a_term_of_the_loss():
    network = dense(2, 1, kernel_regularizer=keras.regularizers.L2(0.5))
    logs = logs_of(network)
    expected = 0.5 * np.sum(network.get_weights()[0] ** 2)
    np.testing.assert_allclose(logs["regularization"], expected, rtol=1e-6)
    np.testing.assert_allclose(logs["loss"], logs["error"] + expected, rtol=1e-6)


def test_an_activity_regularizer_is_a_term_of_the_loss():
    network = dense(2, 1, activity_regularizer=keras.regularizers.L2(0.5))
    logs = logs_of(network)
    expected = 0.5 * np.sum(np.square(network(ROWS))) / len(ROWS)  # Keras: for each example
    np.testing.assert_allclose(logs["regularization"], expected, rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], logs["error"] + expected, rtol=1e-5)


class Unpenalized(Fit):
    """The contract that sums only the declared terms."""

    def summed(self, player):
        return self.terms[player]


def test_a_sum_of_the_declared_terms_alone_loses_a_regularizer_silently():
    network = dense(2, 1, kernel_regularizer=keras.regularizers.L2(0.5))
    logs = logs_of(network, Unpenalized)
    assert "regularization" not in logs and logs["loss"] == logs["error"]


@pytest.mark.parametrize("name", ["depthwise_regularizer", "bias_regularizer"])
def test_no_regularizer_of_a_weight_is_lost(name):
    penalty = {name: keras.regularizers.L2(0.5), "bias_initializer": "ones"}
    layers = [
        keras.layers.Reshape((1, 1, 2)),
        keras.layers.DepthwiseConv2D(1, **penalty),
        keras.layers.Flatten(),
    ]
    assert logs_of(dense(2, 1, *layers))["regularization"] > 0


class Leaning(keras.layers.Layer):
    """A layer of a user that adds its own loss."""

    def call(self, x):
        self.add_loss(tf.reduce_mean(x**2))
        return x


def test_a_loss_that_a_layer_adds_is_in_the_loss_or_refused():
    try:
        logs = logs_of(dense(2, 1, Leaning()))
    except (TypeError, ValueError):
        return
    np.testing.assert_allclose(logs["loss"] - logs["error"], np.mean(ROWS**2), rtol=1e-5)


def test_a_gradient_of_the_regularizer_moves_the_weights():
    penalty = keras.regularizers.L2(0.5)
    network = dense(2, 1, kernel_regularizer=penalty, use_bias=False)
    start = network.get_weights()[0]
    model = Fit(network=network, seed=0)
    model.compile(keras.optimizers.SGD(0.1))
    model.fit(np.zeros_like(ROWS), batch_size=32, verbose=0)
    np.testing.assert_allclose(network.get_weights()[0], 0.9 * start, rtol=1e-6)


@pytest.mark.parametrize("option", ["kernel_regularizer", "activity_regularizer"])
def test_a_regularizer_weighs_the_same_on_two_replicas(apart, option):
    def build():
        return Fit(network=dense(2, 1, **{option: keras.regularizers.L2(0.02)}), seed=0)

    assert apart(build, ROWS) < EXACT


@pytest.mark.parametrize("name", ["losses", "loss", "metrics", "export", "predict", "build"])
def test_a_name_of_keras_is_refused_for_a_setting(name):
    with pytest.raises(TypeError, match="keras.Model"):
        Fit(network=dense(2, 1), **{name: 1})


@pytest.mark.parametrize("table", [{"players": {"loss": ("network",)}}, {"state": {"metrics": 0}}])
def test_a_name_of_keras_is_refused_when_the_class_is_made(table):
    with pytest.raises(TypeError, match="keras.Model"):
        type("Shadowing", (Fit,), table)


def test_a_network_under_a_name_of_keras_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match=r"\['layers'\]"):
        type("Shadowing", (Fit,), {"players": {"learner": ("layers",)}})


@pytest.mark.parametrize("name", ["loss", "regularization"])
def test_a_term_under_a_name_of_the_logs_is_refused(name):
    with pytest.raises((TypeError, ValueError)):
        type("Shadowing", (Fit,), {"terms": {"learner": (name,)}})


@pytest.mark.parametrize("name", ["train_step", "test_step"])
def test_a_class_that_writes_its_own_step_is_refused(name):
    with pytest.raises(TypeError, match=name):
        type("Stepping", (Fit,), {name: lambda self, data: {}})
