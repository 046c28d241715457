"""Every callback of Keras works with models of one and of several players, or is refused by name;
the table of docs/keras.md says which."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras_callbacks import EPOCHS, REMAKE, ROWS, STEPS, Outcome, table

from zoo import GenerativeModel
from zoo.networks.mlp import mlp
from zoo.registry import register

X = np.random.default_rng(0).random((4 * STEPS, 2), np.float32)
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "keras.md"


@register
class CallbackScore(GenerativeModel):
    """One player."""

    data_shape = (2,)
    players = {"network": ("network",)}
    terms = {"network": ("score",)}

    def network_loss(self, x, y, training):
        noise = self.noise.normal([tf.shape(x)[0], 2])
        return {"score": tf.square(self.network(x + noise)[:, 0])}


@register
class CallbackGame(GenerativeModel):
    """Two players of different rates."""

    data_shape = (2,)
    players = {"critic": ("critic",), "network": ("network",)}
    terms = {"critic": ("score",), "network": ("score",)}
    moves = {"critic": 2}

    def critic_loss(self, x, y, training):
        return {"score": tf.square(self.critic(self.network(x))[:, 0] - 1.0)}

    def network_loss(self, x, y, training):
        return {"score": tf.square(self.critic(self.network(x))[:, 0])}

    def default_optimizer(self, player):
        return keras.optimizers.Adam({"critic": 4e-3, "network": 1e-3}[player])


def made(players, **options):
    """A compiled model of one or two players, always with the same weights."""
    keras.utils.set_random_seed(0)
    parts = {"network": mlp(2, 2, (4,))}
    if players == 2:
        parts["critic"] = mlp(2, 1, (4,))
    model = (CallbackScore, CallbackGame)[players - 1](**parts, seed=1)
    model.compile(**options)
    return model


def rates(model):
    return {player: float(o.learning_rate) for player, o in model.optimizers.items()}


def moments(model):
    return [v.numpy() for optimizer in model.optimizers.values() for v in optimizer.variables]


def fit(model, callback, epochs=EPOCHS):
    options = {"epochs": epochs, "validation_data": X, "verbose": 0}
    return model.fit(X, batch_size=4, callbacks=callback, **options).history


def test_the_table_has_every_callback_of_keras_and_is_that_of_the_docs():
    names = [n for n in dir(keras.callbacks) if isinstance(getattr(keras.callbacks, n), type)]
    assert [row.name for row in ROWS] == sorted(names)
    assert "\n".join(table()) in DOCS.read_text(encoding="utf-8"), REMAKE


@pytest.mark.parametrize("players", [1, 2])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_callback_works_or_is_refused_by_name(row, players, tmp_path):
    model, callback = made(players, run_eagerly=True), row.make(tmp_path)  # nothing to trace
    before, weights = rates(model), model.get_weights()
    if row.error:
        with pytest.raises(
            ValueError, match=f"{row.name} does not work with .* of the zoo"
        ) as told:
            fit(model, callback)
        assert row.error in str(told.value)
        assert all(map(np.array_equal, weights, model.get_weights()))
        return
    given = callback if isinstance(callback, keras.callbacks.CallbackList) else [callback]
    if given is callback:
        callback.set_model(model)
    history = fit(model, given)
    row.effect(Outcome(model, callback, tmp_path, history, before, rates(model)))
    assert not all(map(np.array_equal, weights, model.get_weights()))


@pytest.mark.parametrize("players", [1, 2])
def test_a_backup_goes_on_to_the_bit(players, tmp_path):
    whole = made(players, ema=0.9)
    fit(whole, [])

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.steps.numpy() == STEPS + 2:  # within the second epoch
                raise InterruptedError

    broken = made(players, ema=0.9)
    with pytest.raises(InterruptedError):
        fit(broken, [keras.callbacks.BackupAndRestore(tmp_path), Interrupt()])
    again = made(players, ema=0.9)
    history = fit(again, [keras.callbacks.BackupAndRestore(tmp_path)])
    assert len(history["loss"]) == EPOCHS - 1
    assert int(again.steps.numpy()) == EPOCHS * STEPS
    assert all(map(np.array_equal, whole.get_weights(), again.get_weights()))
    state = [
        [v.numpy() for o in m.optimizers.values() for v in o.variables] for m in (whole, again)
    ]
    assert all(map(np.array_equal, *state))
    fit(again, [], epochs=1)  # and a further `fit` begins at its own first epoch
    assert int(again.steps.numpy()) == (EPOCHS + 1) * STEPS


def test_a_backup_within_an_epoch_or_beside_another_is_refused(tmp_path):
    from zoo.training.callbacks import Resume

    backup = keras.callbacks.BackupAndRestore(tmp_path / "b", save_freq=2)
    with pytest.raises(ValueError, match=r"BackupAndRestore.*Resume\('state', every_steps=100\)"):
        fit(made(1), [backup])
    both = [keras.callbacks.BackupAndRestore(tmp_path / "b"), Resume(tmp_path / "r")]
    with pytest.raises(ValueError, match="BackupAndRestore.*another callback restores"):
        fit(made(1), both)


def test_what_is_no_callback_is_refused():
    with pytest.raises(ValueError, match="`callbacks` must be instances of keras.callbacks"):
        fit(made(1), ["EarlyStopping"])


def test_nan_ends_training_where_it_was_asked_for():
    model = made(1, run_eagerly=True)
    model.network.layers[0].kernel.assign(np.full((2, 4), np.nan, np.float32))
    assert len(fit(model, [keras.callbacks.TerminateOnNaN()])["loss"]) == 1


def test_validation_by_averages_changes_no_bit_of_training():
    class OnAverages(keras.callbacks.Callback):
        """That of docs/keras.md."""

        def on_test_begin(self, logs=None):
            self.inside = self.model.averaged()
            self.inside.__enter__()

        def on_test_end(self, logs=None):
            self.inside.__exit__(None, None, None)

    plain, averaged = made(1, ema=0.9), made(1, ema=0.9)
    first, second = fit(plain, []), fit(averaged, [OnAverages()])
    assert all(map(np.array_equal, plain.get_weights(), averaged.get_weights()))
    assert first["loss"] == second["loss"] and first["val_loss"] != second["val_loss"]
    with averaged.averaged():
        loss = averaged.evaluate(X, batch_size=4, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(second["val_loss"][-1], rel=1e-6)
