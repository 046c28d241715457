"""Slices of a batch, averages of weights and scaled losses: on one process and on replicas."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel, replicas

EXACT, WRONG = 1e-6, 1e-4  # of weights: rounding, and what a fault costs at least
ROWS = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")


def dense(inputs, outputs, *layers, **options):
    last = keras.layers.Dense(outputs, **options)
    return keras.Sequential([keras.Input((inputs,)), *layers, last])


class Game(GenerativeModel):
    """Two players, noise, fresh batches and a term of the whole batch."""

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


class Together(Game):
    """The same players in one round with fresh batches."""

    rounds = (("discriminator", "generator"),)


def game(cls=Game):
    return cls(generator=dense(2, 2), discriminator=dense(2, 1, keras.layers.Dense(3)), seed=3)


def trained(cls=Game, scope=None, optimizer=None, rows=ROWS, **options):
    """The weights after one epoch, and its logs."""
    keras.utils.set_random_seed(1)
    with scope or tf.distribute.get_strategy().scope():
        model = game(cls)
    model.compile(optimizer or keras.optimizers.SGD(0.1), **options)
    logs = model.fit(rows, batch_size=8, verbose=0).history
    return model, model.get_weights(), logs


plainly_trained = functools.cache(trained)  # nothing may be changed of what it gives


def gap(ours, theirs):
    return max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True))


# Slices.


@pytest.mark.parametrize("cls", [Game, Together])
@pytest.mark.parametrize("slices", [2, 4])
def test_slices_of_a_batch_move_weights_as_the_whole_batch_does(cls, slices):
    _, whole, logs = plainly_trained(cls)
    _, sliced, their_logs = trained(cls, accumulate=slices)
    assert gap(whole, sliced) < EXACT
    assert {k: pytest.approx(v, rel=1e-5) for k, v in logs.items()} == their_logs


def test_slices_count_as_one_move_of_every_optimizer():
    model, _, _ = trained(accumulate=4)
    assert int(model.steps.numpy()) == 4
    assert [int(o.iterations.numpy()) for o in model.optimizers.values()] == [8, 4]


@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.05}, {"global_clipnorm": 0.05}])
def test_slices_are_summed_before_they_are_clipped_on_replicas_too(two, options):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, **options)
    _, whole, _ = trained(optimizer=optimizer)
    for scope in (None, two.scope()):
        assert gap(whole, trained(scope=scope, optimizer=optimizer, accumulate=2)[1]) < EXACT


class Marked(Game):
    """Names the operation that reads the batch."""

    def discriminator_loss(self, x, y, training):
        return super().discriminator_loss(tf.identity(x, name="rows_of_a_slice"), y, training)


def test_a_slice_waits_for_the_one_before():
    model = game(Marked)
    model.compile("sgd", accumulate=2)
    graph = tf.function(model.train_step).get_concrete_function(tf.constant(ROWS[:16])).graph
    waits = [
        bool(op.control_inputs)
        for op in graph.get_operations()
        if op.name.startswith("rows_of_a_slice")
    ]
    assert waits[:2] == [False, True]


@pytest.mark.parametrize("accumulate", [0, -1, 1.5, True])
def test_impossible_slices_are_refused(accumulate):
    with pytest.raises(ValueError, match="`accumulate` must be a positive integer. Received"):
        game().compile(accumulate=accumulate)


def test_a_batch_that_does_not_fall_into_slices_is_refused():
    model = game()
    model.compile(accumulate=3)
    words = "multiple of the 1 replica.s. times the 3 slices of `accumulate`. Received: .*=8"
    with pytest.raises(ValueError, match=words):
        model.fit(ROWS, batch_size=8)


@pytest.mark.parametrize("setting", [{"gradient_accumulation_steps": 2}, {"use_ema": True}])
def test_settings_of_an_optimizer_that_the_model_has_itself_are_refused(setting):
    with pytest.raises(ValueError, match="must be left out: use `compile"):
        game().compile(keras.optimizers.SGD(0.1, **setting))


# Averages.


def test_averages_follow_the_weights():
    model, expected, decays = game(), None, []
    model.compile(keras.optimizers.SGD(0.1), ema=0.5)
    expected = [v.numpy() for v in model.moved_weights]
    for t in range(6):
        model.fit(ROWS[:16], batch_size=8, verbose=0)
        decays.append(min(0.5, (1 + t) / (10 + t)))
        expected = [
            decays[-1] * e + (1 - decays[-1]) * v.numpy()
            for e, v in zip(expected, model.moved_weights, strict=True)
        ]
    assert decays[0] == 0.1 and decays[-1] == 0.4
    assert gap(expected, model.averages.get_weights()) < EXACT


def test_a_decay_is_reached_and_kept():
    model, _, _ = trained(ema=0.2)  # from the second step on
    before, weights = model.averages.get_weights(), None
    model.fit(ROWS[:16], batch_size=8, verbose=0)
    weights = [v.numpy() for v in model.moved_weights]
    expected = [0.2 * b + 0.8 * w for b, w in zip(before, weights, strict=True)]
    assert gap(expected, model.averages.get_weights()) < EXACT


def test_weights_hold_their_averages_inside_and_come_back():
    model, _, _ = trained(ema=0.9)
    own, averages = [v.numpy() for v in model.moved_weights], model.averages.get_weights()
    assert gap(own, averages) > WRONG
    with pytest.raises(KeyError), model.averaged():
        assert gap(averages, [v.numpy() for v in model.moved_weights]) == 0
        raise KeyError
    assert gap(own, [v.numpy() for v in model.moved_weights]) == 0


def test_averages_change_no_training():
    _, plain, _ = plainly_trained(Game)
    assert gap(plain, trained(ema=0.9)[0].get_weights()[: len(plain)]) == 0


def test_averages_are_saved_and_go_on(tmp_path):
    model, _, _ = trained(ema=0.9)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras", {"Game": Game})
    for each in (model, twin):
        each.fit(ROWS, batch_size=8, verbose=0)
    assert gap(model.averages.get_weights(), twin.averages.get_weights()) == 0
    assert gap(model.averages.get_weights(), [v.numpy() for v in model.moved_weights]) > WRONG


def test_averages_are_the_same_on_replicas(two):
    ours, theirs = (trained(scope=s, ema=0.9)[0].averages for s in (None, two.scope()))
    assert gap(ours.get_weights(), theirs.get_weights()) < EXACT


def test_a_model_without_averages_says_how_to_have_them():
    with pytest.raises(ValueError, match="compile.ema=0.999"):
        plainly_trained(Game)[0].averaged()


@pytest.mark.parametrize("ema", [0.0, 1.0, -0.1, 1, "0.9", float("nan")])
def test_impossible_decays_are_refused(ema):
    with pytest.raises(ValueError, match="`ema` must be between 0 and 1.*Received"):
        game().compile(ema=ema)


# Scaled losses.


class Line(GenerativeModel):
    """One weight that follows the mean of x; a row of 1e38 makes its gradient infinite."""

    players = {"learner": ("weight",)}
    terms = {"learner": ("error",)}
    data_shape = (2,)

    def __init__(self, **parts):
        super().__init__(**parts)
        self.weight = self.add_weight(name="weight", shape=(2,), initializer="ones")

    def learner_loss(self, x, y, training):
        return {"error": tf.reduce_sum(self.weight.value * x, axis=1)}


def scaled(two, planted, **clipping):
    """Weights, scales and finished updates after each of three steps; the second is planted.

    The learner's optimizer scales its loss by 2^15, and one row of the second batch, held
    by the last replica, overflows.
    """
    rows = np.ones((12, 2), "float32")
    rows[7] = planted
    with two.scope():
        model = Line(seed=0)
    inner = keras.optimizers.SGD(0.125, **clipping)
    model.compile(keras.optimizers.LossScaleOptimizer(inner, dynamic_growth_steps=100))
    found = []
    for step in range(3):
        x = rows[4 * step : 4 * step + 4]
        model.fit(x, batch_size=4, shuffle=False, verbose=0)
        optimizer = model.optimizers["learner"]
        local = two.experimental_local_results(model.weight.value)
        scale = two.experimental_local_results(optimizer.dynamic_scale.value)
        found.append(([w.numpy() for w in local], [float(s) for s in scale]))
    return found, int(model.optimizers["learner"].iterations.numpy())


CLIPPING = [{}, {"clipvalue": 10.0}, {"clipnorm": 10.0}, {"global_clipnorm": 10.0}]


@pytest.mark.parametrize("clipping", CLIPPING, ids=str)
def test_an_infinity_on_one_replica_skips_the_step_on_all(two, clipping):
    found, updates = scaled(two, 3e38, **clipping)
    weights, scales = zip(*found, strict=True)
    for replica in (0, 1):
        assert [w[replica][0] for w in weights] == [0.875, 0.875, 0.75]
        assert [s[replica] for s in scales] == [2.0**15, 2.0**14, 2.0**14]
    assert updates == 2


def test_a_scaled_step_that_is_finite_is_not_skipped(two):
    found, updates = scaled(two, 1.0)
    assert [w[0][0] for w, _ in found] == [0.875, 0.75, 0.625] and updates == 3


def test_without_the_sum_an_infinity_is_seen_by_its_own_replica_alone(two, monkeypatch):
    monkeypatch.setattr(replicas, "all_reduce_sum", lambda tensors: [2.0 * t for t in tensors])
    found, updates = scaled(two, 3e38)
    assert updates == 3 or not np.isfinite([w for w, _ in found]).all()


@pytest.mark.parametrize("clipping", CLIPPING[1:], ids=str)
def test_scaled_gradients_are_clipped_at_their_own_size_on_replicas(two, clipping):
    clipping = {name: value / 500 for name, value in clipping.items()}
    inner = keras.optimizers.SGD(0.1, **clipping)
    given = keras.optimizers.LossScaleOptimizer(inner)
    _, alone, _ = trained(optimizer=given)
    assert gap(alone, plainly_trained(Game)[1]) > WRONG
    assert gap(alone, trained(optimizer=inner)[1]) < EXACT
    assert gap(alone, trained(scope=two.scope(), optimizer=given)[1]) < EXACT
