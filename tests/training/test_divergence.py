"""What is not finite stops training soon, is named, and is never kept."""

import functools
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from kills import Before, Killed, different, held, kill, put

import zoo
from zoo.training.callbacks import Diverged, Resume, StopOnDivergence, Stopped
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place
from zoo.training.fault_tolerance.divergence import Watch

ROWS = np.random.default_rng(0).random((96, 6), np.float32)
BATCH, STEPS = 4, 24


def model(name="vae", optimizer=None, **options):
    keras.utils.set_random_seed(0)
    made = zoo.create(name, (6,), 2, hidden=(8,), seed=1)
    made.compile(optimizer, **options)
    return made


def fit(made, callbacks, **options):
    options = {"epochs": 2, "batch_size": BATCH, "verbose": 0, **options}
    return made.fit(ROWS, callbacks=callbacks, **options)


def poison(variable, index, value):
    """An act that makes one number of a variable NaN or infinite."""

    def act():
        array = variable.numpy()
        array.flat[index] = value
        variable.assign(array)

    return act


def of_decoder(made):
    return made.decoder.trainable_variables[0], 0


def of_optimizer(made):
    return made.optimizers["autoencoder"].variables[-1], 0


def of_logs(made):
    return made.means.total, made.means.names.index("divergence")


SPOTS = {  # where the first bad number is, and what is named after ten steps with it
    of_decoder: r"the term '\w+' of player 'autoencoder' and \d+ more",
    of_optimizer: r"the term '\w+' of player 'autoencoder' and \d+ more",
    of_logs: r"the term 'divergence' of player 'autoencoder'; lower",
}
NAMES = {
    of_decoder: "the weight 'decoder/.*' of player 'autoencoder'; lower",
    of_optimizer: "the variable '.*' of the optimizer of player 'autoencoder'; lower",
    of_logs: "the term 'divergence' of player 'autoencoder'; lower",
}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_every_kind_of_number_is_looked_at_and_named(value):
    made = model()
    fit(made, [], epochs=1)
    for spot, words in NAMES.items():
        watch, (variable, index) = Watch(made), spot(made)
        watch.require("now")
        before = variable.numpy()
        poison(variable, index, value)()
        with pytest.raises(Diverged, match=f"Received now: NaN or infinity in {words}"):
            watch.require("now")
        variable.assign(before)


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_it_stops_within_ten_steps_names_the_place_and_keeps_the_last_good(spot, jit, tmp_path):
    made = model(jit_compile=jit)
    act = poison(*spot(made), np.nan)
    with pytest.raises(Diverged, match=f"NaN or infinity in {SPOTS[spot]}") as raised:
        fit(made, [Before(13, act), Resume(tmp_path, every_steps=10)])
    assert int(made.steps.numpy()) <= 13 + 10
    assert str(raised.value).endswith(f"{Place(0, 10)}.")
    found = Checkpoints(tmp_path)
    assert found.places() == [Place(0, 10), Place(0, 0)]
    for place in found.places():
        assert all(np.isfinite(array).all() for array in found.read(place)[0].values())


@pytest.mark.parametrize("name", ["factor_vae", "wgan_gp"])
def test_too_high_a_rate_stops_within_ten_steps(name, tmp_path):
    made = model(name, keras.optimizers.SGD(1e20))
    with pytest.raises(Diverged, match="NaN or infinity in the .*lower the learning rate"):
        fit(made, [Resume(tmp_path)])
    assert int(made.steps.numpy()) <= 12
    assert Checkpoints(tmp_path).places() == [Place(0, 0)]


@pytest.mark.parametrize("batch", [1, 13, STEPS - 1])
def test_data_that_are_not_finite_stop_at_their_batch(batch, tmp_path):
    rows = ROWS.copy()
    rows[batch * BATCH + 1, 2] = np.nan
    data = tf.data.Dataset.from_tensor_slices(rows).batch(BATCH, drop_remainder=True)
    made = model()
    with pytest.raises(ValueError, match=rf"`x` must be finite.*index \[1 2\] of batch {batch}\."):
        made.fit(data, epochs=1, verbose=0, callbacks=[Resume(tmp_path, every_steps=5)])
    assert int(made.steps.numpy()) <= batch
    _, arrays, _ = Checkpoints(tmp_path).newest()
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_the_last_steps_of_training_are_looked_at(tmp_path):
    """The number is bad in no loss before training ends, whatever a ReLU makes of NaN: in a
    moment of the optimizer, which the last step alone puts into a weight."""
    made = model()
    spoil = Before(STEPS - 1, poison(*of_optimizer(made), np.nan))
    with pytest.raises(Diverged, match="before step the last of epoch 1.*the weight '"):
        fit(made, [spoil, Resume(tmp_path)], epochs=1)
    assert Checkpoints(tmp_path).places() == [Place(0, 0)]


def test_a_log_of_validation_is_looked_at(tmp_path):
    made = model()

    class Spoils(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = np.nan

    with pytest.raises(Diverged, match="the log 'val_loss'"):
        fit(made, [Spoils(), StopOnDivergence()], validation_data=ROWS[:8])


def test_rollback_goes_back_and_lowers_the_rates(tmp_path, caplog):
    made = model("factor_vae", keras.optimizers.Adam(1e-3))
    bad = poison(made.decoder.trainable_variables[0], 0, np.nan)
    resume = Resume(tmp_path, every_steps=5, on_divergence="rollback", factor=0.1)
    history = fit(made, [Before(13, bad), resume])
    for optimizer in made.optimizers.values():
        assert float(optimizer.learning_rate.numpy()) == pytest.approx(1e-4)
    assert len(history.history["loss"]) == 2 and np.isfinite(history.history["loss"]).all()
    assert "Back to" in caplog.text and "learning rates times 0.1" in caplog.text
    assert Checkpoints(tmp_path).places()[0].rollbacks == 1


class Explodes(keras.callbacks.Callback):
    """Makes a weight NaN before a step, counted over the epochs, at a rate that was not lowered."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        rate = float(next(iter(self.model.optimizers.values())).learning_rate)
        if int(self.model.steps.numpy()) == self.step and rate > 0.9e-3:
            poison(*of_decoder(self.model), np.nan)()


@functools.cache
def compiled():
    """A model that is traced, and the state of one that is new."""
    made = model(optimizer=keras.optimizers.Adam(1e-3))
    return made, held(made)


def rolled_back(folder, size, step, before=(), **resume):
    """The state after three epochs with a rollback, and the history; as of a new process."""
    made, start = compiled()
    put(made, start)
    last = Resume(folder, on_divergence="rollback", **resume)
    callbacks = [*before, Explodes(step), last]
    history = fit(made, callbacks, epochs=3, batch_size=size).history
    return held(made), history, float(made.optimizers["autoencoder"].learning_rate)


@pytest.mark.parametrize("size, steps", [(16, (6, 10, 11, 17)), (4, (27, 33, 47))], ids=["6", "24"])
def test_rollback_goes_back_wherever_in_an_epoch_divergence_shows(size, steps, tmp_path):
    """Epochs of 6 steps are shorter than the distance of two checks, those of 24 longer."""
    for step in steps:
        _, history, rate = rolled_back(tmp_path / str(step), size, step)
        assert len(history["loss"]) == 3 and np.isfinite(history["loss"]).all()
        assert rate == pytest.approx(5e-4)
        epoch = step // (len(ROWS) // size)
        assert Place(epoch, 0, 1) in Checkpoints(tmp_path / str(step)).places()
        assert Checkpoints(tmp_path / str(step)).places()[0] == Place(3, 0, 1)


@pytest.mark.parametrize(
    "size, step, stops, every",
    [
        (16, 10, (9, 11), {}),
        (4, 40, (29, 41), {"every_steps": 4}),
        (16, 16, (10, 14), {"every": 2}),
    ],
)
def test_rollback_after_a_stop_goes_back_to_the_checkpoint_of_a_run_that_was_not_stopped(
    size, step, stops, every, tmp_path
):
    whole, *expected = rolled_back(tmp_path / "whole", size, step, **every)
    for stop in stops:
        folder, before = tmp_path / str(stop), [Before(stop, terminate)]
        with pytest.raises(Stopped):
            rolled_back(folder, size, step, before, **every)
        ours, *found = rolled_back(folder, size, step, **every)
        assert found == expected and different(ours, whole) == []
        theirs = Checkpoints(tmp_path / "whole").places()
        assert Checkpoints(folder).places() == theirs


def test_a_model_whose_rate_was_lowered_is_trained_on_in_the_same_process(tmp_path):
    rolled_back(tmp_path, 16, 10)
    made, _ = compiled()
    last = Resume(tmp_path, on_divergence="rollback")
    history = fit(made, [last], epochs=4, batch_size=16)
    assert history.epoch == [0, 1, 2, 3]
    assert float(made.optimizers["autoencoder"].learning_rate) == pytest.approx(5e-4)


def test_a_kill_after_a_rollback_keeps_the_lower_rates(tmp_path):
    """Within an epoch, too: the state of a rollback is that of its checkpoint at lower rates."""
    whole, *expected = rolled_back(tmp_path / "whole", 4, 33, every_steps=6)
    with pytest.raises(Killed):
        rolled_back(tmp_path / "run", 4, 33, [Before(42, kill)], every_steps=6)
    assert Checkpoints(tmp_path / "run").places()[0].rollbacks == 1
    ours, *found = rolled_back(tmp_path / "run", 4, 33, every_steps=6)
    assert found == expected and different(ours, whole) == []


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def test_rollback_is_given_up_after_so_many_times(tmp_path):
    made = model("vae", keras.optimizers.SGD(1e30))
    resume = Resume(tmp_path, on_divergence="rollback", rollbacks=3, factor=0.1)
    with pytest.raises(Diverged, match="The last good checkpoint after 3 rollbacks is"):
        fit(made, [resume])
    assert float(made.optimizers["autoencoder"].learning_rate.numpy()) == pytest.approx(1e27)


def test_rollback_until_training_is_finite(tmp_path):
    made = model("vae", keras.optimizers.SGD(1e6))
    resume = Resume(tmp_path, on_divergence="rollback", rollbacks=10, factor=1e-3)
    assert np.isfinite(fit(made, [resume]).history["loss"]).all()
    assert 1 <= resume.rollbacks <= 3


def test_a_schedule_cannot_be_lowered(tmp_path):
    rate = keras.optimizers.schedules.ExponentialDecay(1e-2, 3, 0.5)
    made = model(optimizer=keras.optimizers.Adam(rate))
    with pytest.raises(ValueError, match="`on_divergence` must be 'stop' where.*Exponential"):
        fit(made, [Resume(tmp_path, on_divergence="rollback")])


def test_steps_that_loss_scaling_skips_are_no_divergence(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        made = model()
        fit(made, [Resume(tmp_path)], epochs=1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert int(made.steps.numpy()) == STEPS
