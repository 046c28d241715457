"""`fit` with `Resume`: stopped, killed or changed, it goes on to the bit or says why not."""

import functools
import json
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from kills import Before, Killed, different, held, kill

import zoo
from zoo.training import callbacks
from zoo.training.build import precision
from zoo.training.fault_tolerance import interrupts
from zoo.training.fault_tolerance.checkpoints import Checkpoints, NotWritten, Place

ROWS = np.random.default_rng(0).random((96, 6), np.float32)
EPOCHS, BATCH, STEPS = 3, 16, 6


def model(seed=1, name="vae", optimizer=None, **options):
    """A new model, as a new process makes it."""
    keras.utils.set_random_seed(0)
    made = zoo.create(name, (6,), 2, hidden=(8,), seed=seed)
    made.compile(optimizer, **options)
    return made


def fit(made, folder=None, before=(), data=ROWS, epochs=EPOCHS, resume=(), **options):
    """The history of training with `Resume`, or without where there is no folder."""
    last = [callbacks.Resume(folder, **dict(resume))] if folder else []
    options = {"validation_data": ROWS[:16], "batch_size": BATCH, "verbose": 0, **options}
    return made.fit(data, epochs=epochs, callbacks=[*before, *last], **options)


def killed(folder, number, made, act=kill, reason=Killed, **options):
    """Trains until before a step."""
    with pytest.raises(reason):
        fit(made, folder, [Before(number, act)], **{"resume": {"every_steps": 2}, **options})


@functools.cache
def never_stopped(make=model, data=None):
    """What training without `Resume` gives: the history and every variable."""
    made = make()
    return fit(made, data=ROWS if data is None else data()), held(made)


def assert_goes_on(folder, made=None, make=model, data=None):
    """A new process gives what one that was never stopped does, to the bit."""
    expected, variables = never_stopped(make, data)
    made = made or make()
    history = fit(made, folder, data=ROWS if data is None else data())
    assert different(held(made), variables) == []
    assert history.history == expected.history and history.epoch == expected.epoch


@pytest.mark.parametrize("number", [0, 1, 5, 6, 11, 17])
def test_killed_before_any_step_and_resumed_equals_never_stopped(number, tmp_path):
    killed(tmp_path, number, model())
    assert_goes_on(tmp_path)


class Validated(Before):
    """Acts in a batch of validation."""

    def on_train_batch_begin(self, batch, logs=None):
        pass

    def on_test_batch_begin(self, batch, logs=None):
        super().on_train_batch_begin(batch)


def send(number):
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_before_the_next_step_and_exits_with_75(number, tmp_path):
    before = signal.getsignal(number)
    with pytest.raises(callbacks.Stopped, match=number.name) as stopped:
        fit(model(), tmp_path, [Before(8, send(number))])
    assert isinstance(stopped.value, SystemExit) and stopped.value.code == interrupts.CODE == 75
    assert Checkpoints(tmp_path).places()[0] == Place(1, 2)
    assert signal.getsignal(number) is before


def test_stopped_and_resumed_equals_never_stopped(tmp_path):
    made, stop = model(), send(signal.SIGTERM)
    killed(tmp_path, 8, made, stop, callbacks.Stopped)
    assert_goes_on(tmp_path, made)


def test_stopped_within_validation_and_resumed_equals_never_stopped(tmp_path):
    with pytest.raises(callbacks.Stopped):
        fit(model(), tmp_path, [Validated(0, send(signal.SIGTERM))])
    assert Checkpoints(tmp_path).places()[0] == Place(0, STEPS)
    assert_goes_on(tmp_path)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    twice = Before(8, lambda: (send(signal.SIGINT)(), send(signal.SIGINT)()))
    with pytest.raises(KeyboardInterrupt):
        fit(model(), tmp_path, [twice])


def decaying():
    rate = keras.optimizers.schedules.ExponentialDecay(1e-2, 3, 0.5)
    return model(optimizer=keras.optimizers.Adam(rate))


WAYS = {  # what changes how a step is computed
    "xla": lambda: model(jit_compile=True),
    "executions of two steps": lambda: model(steps_per_execution=2),
    "averages": lambda: model(ema=0.9),
    "accumulation": lambda: model(accumulate=2),
    "a schedule": decaying,
}


@pytest.mark.parametrize("way", WAYS)
def test_resumed_however_it_is_compiled(way, tmp_path):
    killed(tmp_path, 8, WAYS[way]())
    assert_goes_on(tmp_path, make=WAYS[way])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_resumed_at_half_precision(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    try:
        made = model()
        expected = fit(made).history
        whole = held(made)
        killed(tmp_path, 8, model())
        made = model()
        assert fit(made, tmp_path).history == expected
        assert different(held(made), whole) == []
    finally:
        keras.config.set_dtype_policy("float32")


def test_resumed_on_replicas(two, tmp_path):
    def make():
        with two.scope():
            return model()

    killed(tmp_path, 8, make())
    assert_goes_on(tmp_path, make=make)


def batches():
    return tf.data.Dataset.from_tensor_slices(ROWS).batch(BATCH)


def shuffled():
    return tf.data.Dataset.from_tensor_slices(ROWS).shuffle(96, seed=3).batch(BATCH)


@pytest.mark.parametrize("data", [batches, shuffled])
def test_resumed_on_datasets(data, tmp_path):
    killed(tmp_path, 8, model(), data=data())
    assert_goes_on(tmp_path, data=data)


def test_a_drawn_seed_is_kept(tmp_path):
    killed(tmp_path, 8, model(seed=None))
    found = model(seed=None)
    fit(found, tmp_path)
    whole = model(seed=found.seed)
    fit(whole)
    assert different(held(found), held(whole)) == []


def test_other_callbacks_keep_their_state(tmp_path):
    class Counts(keras.callbacks.Callback):
        count = 0

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1

        def get_state(self):
            return {"count": self.count}

        def set_state(self, found):
            self.count = found["count"]

    made, counts = model(), Counts()
    with pytest.raises(Killed):
        fit(made, tmp_path, [Counts(), Before(8, kill)])
    fit(made, tmp_path, [counts])
    assert counts.count == EPOCHS


def test_a_finished_fit_trains_no_more_and_more_epochs_go_on(tmp_path):
    whole, made = model(), model()
    expected = fit(whole, epochs=4)
    fit(made, tmp_path)
    done = fit(made, tmp_path)
    assert int(made.steps.numpy()) == EPOCHS * STEPS and done.epoch == [0, 1, 2]
    again = fit(made, tmp_path, epochs=4)
    assert again.history == expected.history and again.epoch == expected.epoch
    assert different(held(made), held(whole)) == []


def test_the_last_and_the_best_are_kept(tmp_path):
    history = fit(model(), tmp_path, epochs=8, resume={"keep": 2, "monitor": ("val_loss", "max")})
    best = int(np.argmax(history.history["val_loss"])) + 1
    places = {Place(epoch, 0) for epoch in (best, 7, 8)}
    assert set(Checkpoints(tmp_path).places()) == places and best < 7
    record = json.loads((Checkpoints(tmp_path).path(Place(8, 0)) / "record.json").read_text())
    assert record["best"]["checkpoint"] == str(Place(best, 0))
    assert record["best"]["value"] == max(history.history["val_loss"])


OTHERS = {  # what another run would be, and what is said of it
    "class": (lambda: model(name="beta_vae"), {}, "`class` must be 'VAE'. Received: 'BetaVAE'"),
    "optimizer": (lambda: model(optimizer="sgd"), {}, r"`optimizer of autoencoder: class` must be"),
    "precision": (lambda: half(), {}, "`precision` must be 'float32'. Received: 'mixed_bfloat16'"),
    "steps": (model, {"batch_size": 24}, "a run of 6 steps an epoch.*Received: 4"),
    "size": (lambda: wider(), {}, r"must hold the state of this VAE.*shape \(6, 8\)"),
}


def half():
    with precision("mixed_bfloat16"):
        return model()


def wider():
    keras.utils.set_random_seed(0)
    made = zoo.create("vae", (6,), 2, hidden=(9,), seed=1)
    made.compile()
    return made


@pytest.mark.parametrize("other", OTHERS)
def test_another_run_is_refused_and_changes_nothing(other, tmp_path):
    fit(model(), tmp_path, epochs=1)
    listed = sorted(os.listdir(tmp_path))
    make, options, words = OTHERS[other]
    made = make()
    before = held(made)
    with pytest.raises(ValueError, match=words):
        fit(made, tmp_path, **options)
    assert different(held(made), before) == [] or other == "steps"
    assert sorted(os.listdir(tmp_path)) == listed


def test_a_damaged_checkpoint_is_passed_over(tmp_path, caplog):
    killed(tmp_path, 15, model(), resume={})
    newest = Checkpoints(tmp_path).path(Place(2, 0)) / "arrays.npz"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert_goes_on(tmp_path)
    assert f"{newest} is not what was written" in caplog.text


def test_a_full_disk_ends_training_and_what_was_saved_goes_on(tmp_path, monkeypatch):
    savez, calls = np.savez, []

    def full(*given, **named):
        calls.append(given)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        savez(*given, **named)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(NotWritten, match=r"epoch-00002-step-000000 cannot be written: No space"):
        fit(model(), tmp_path)
    assert_goes_on(tmp_path)


def test_two_fits_in_one_folder_are_refused_before_a_step(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from zoo.training.fault_tolerance.lock import Locked

    other = model()

    def second():
        with ThreadPoolExecutor() as threads:
            with pytest.raises(Locked, match="one process at a time"):
                threads.submit(fit, other, tmp_path).result()

    fit(model(), tmp_path, [Before(3, second)])
    assert int(other.steps.numpy()) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 0},
        {"every_steps": 1.5},
        {"keep": 0},
        {"check_every": 0},
        {"on_divergence": "hope"},
    ],
    ids=str,
)
def test_settings_are_checked(wrong, tmp_path):
    with pytest.raises(ValueError, match=rf"`{next(iter(wrong))}` must be .*Received"):
        callbacks.Resume(tmp_path, **wrong)
