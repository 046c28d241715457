"""`fit` with `Resume`: stopped, killed or changed, it goes on to the bit or says why not."""

import functools
import json
import os
import shutil
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers import Adam
from kills import Before, Killed, different, held, kill

import zoo
from zoo.training import callbacks
from zoo.training.build import precision
from zoo.training.fault_tolerance import checkpoints, interrupts
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place
from zoo.training.files import NotWritten

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
    assert Checkpoints(tmp_path).places()[0] == Place(1, 2, stopped=True)
    assert signal.getsignal(number) is before


def test_stopped_and_resumed_equals_never_stopped(tmp_path):
    made, stop = model(), send(signal.SIGTERM)
    killed(tmp_path, 8, made, stop, callbacks.Stopped)
    assert_goes_on(tmp_path, made)


def test_stopped_within_validation_and_resumed_equals_never_stopped(tmp_path):
    with pytest.raises(callbacks.Stopped):
        fit(model(), tmp_path, [Validated(0, send(signal.SIGTERM))])
    assert Checkpoints(tmp_path).places()[0] == Place(0, STEPS, stopped=True)
    assert_goes_on(tmp_path)


def test_a_second_ctrl_c_does_not_wait_and_exits_with_75(tmp_path):
    twice = Before(8, lambda: (send(signal.SIGINT)(), send(signal.SIGINT)()))
    with pytest.raises(
        callbacks.Stopped, match="a second SIGINT.*goes on at the newest"
    ) as stopped:
        fit(model(), tmp_path, [twice])
    assert stopped.value.code == 75 and Checkpoints(tmp_path).places()[0] == Place(1, 0)
    assert_goes_on(tmp_path)


def test_signals_while_the_state_is_saved_do_not_disturb_it(tmp_path, monkeypatch):
    savez, before = np.savez, signal.getsignal(signal.SIGINT)

    def pressed(*given, **named):
        send(signal.SIGINT)(), send(signal.SIGINT)(), send(signal.SIGTERM)()
        savez(*given, **named)

    def first():
        monkeypatch.setattr(np, "savez", pressed)
        send(signal.SIGINT)()

    with pytest.raises(callbacks.Stopped, match="Stopped by SIG.* at step 2 of epoch 2"):
        fit(model(), tmp_path, [Before(8, first)])
    monkeypatch.undo()
    assert Checkpoints(tmp_path).places()[0] == Place(1, 2, stopped=True)
    assert signal.getsignal(signal.SIGINT) is before
    assert_goes_on(tmp_path)


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
    def drawing(state):
        keras.utils.set_random_seed(state)  # decides the weights and the seed that is drawn
        made = zoo.create("vae", (6,), 2, hidden=(8,))
        made.compile()
        return made

    first, again, whole = drawing(1), drawing(2), drawing(1)
    assert again.seed != first.seed == whole.seed
    killed(tmp_path, 8, first)
    fit(again, tmp_path)
    fit(whole)
    assert different(held(again), held(whole)) == []


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
    "class": (
        lambda: model(name="beta_vae"),
        {},
        "`class` must be 'VAE', as.* Received: 'BetaVAE'",
    ),
    "optimizer": (lambda: model(optimizer="sgd"), {}, r"`optimizer of autoencoder: class` must be"),
    "rate": (lambda: model(optimizer=Adam(3e-3)), {}, r"`learning_rate.autoencoder` must be 0.001"),
    "seed": (lambda: model(seed=2), {}, "`seed` must be 1, as where .* Received: 2"),
    "data": (model, {"data": 1.0 - ROWS}, "`data` must be '[0-9a-f]+', as where .* Received: '"),
    "held-out data": (model, {"validation_data": ROWS[16:32]}, "`data` must be '"),
    "precision": (lambda: half(), {}, "`precision` must be 'float32', as where .*'mixed_bfloat16'"),
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


def test_changes_that_are_accepted_go_on_and_are_named(tmp_path, caplog):
    made = model(seed=2, optimizer=Adam(3e-3))
    fit(model(), tmp_path, epochs=1)
    history = fit(made, tmp_path, data=1.0 - ROWS, resume={"accept_changes": True})
    assert history.epoch == [0, 1, 2] and made.seed == 2
    assert float(made.optimizers["autoencoder"].learning_rate) == pytest.approx(3e-3)
    for name in ("`learning_rate.autoencoder` 0.001", "`seed` 1; it goes on with 2", "`data`"):
        assert name in caplog.text
    fit(model(seed=2, optimizer=Adam(3e-3)), tmp_path, data=1.0 - ROWS, epochs=4)
    with pytest.raises(ValueError, match="`seed` must be 2"):
        fit(model(optimizer=Adam(3e-3)), tmp_path, data=1.0 - ROWS)


def test_only_the_changes_that_are_named_are_accepted(tmp_path):
    fit(model(), tmp_path, epochs=1)
    accepted = {"accept_changes": ["learning_rate"]}
    with pytest.raises(ValueError, match="`seed` must be 1"):
        fit(model(seed=2, optimizer=Adam(3e-3)), tmp_path, resume=accepted)
    made = model(optimizer=Adam(3e-3))
    assert fit(made, tmp_path, resume=accepted).epoch == [0, 1, 2]
    assert float(made.optimizers["autoencoder"].learning_rate) == pytest.approx(3e-3)


def test_another_rate_within_an_epoch_goes_on_where_it_stood_and_other_data_begin_it_anew(tmp_path):
    rate, data = tmp_path / "rate", tmp_path / "data"
    for folder in (rate, data):
        killed(folder, 9, model())
    fit(model(optimizer=Adam(3e-3)), rate, resume={"accept_changes": True})
    made = model()
    fit(made, data, data=1.0 - ROWS, resume={"accept_changes": True})
    assert int(made.steps.numpy()) == EPOCHS * STEPS + 2  # two of the second epoch are kept
    newest = [Checkpoints(folder).newest()[2] for folder in (rate, data)]
    assert [len(record["rows"]) for record in newest] == [EPOCHS, EPOCHS]


def test_what_only_one_version_describes_is_no_change(tmp_path):
    killed(tmp_path, 8, model())
    for place in Checkpoints(tmp_path).places():
        folder = Checkpoints(tmp_path).path(place)
        record = json.loads((folder / "record.json").read_text())
        record["settings"] = {key: record["settings"][key] for key in ("class", "precision")}
        record = {k: v for k, v in record.items() if k not in ("unsaved", "ended_at")}  # as 0.1.0
        (folder / "record.json").write_text(json.dumps({**record, "settings": record["settings"]}))
        sums = "".join(checkpoints._sums(folder))
        (folder / "SHA256SUMS").write_text(sums)
    assert_goes_on(tmp_path)


class Worse(keras.callbacks.Callback):
    """Plants logs that get worse from the third epoch on."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = float(abs(epoch - 1))


def stopping(patience=3):
    return keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)


@pytest.mark.parametrize("number", [8, 14, 20])
def test_early_stopping_goes_on_instead_of_beginning_anew(number, tmp_path):
    whole = model()
    expected = fit(whole, before=[Worse(), stopping()], epochs=9)
    with pytest.raises(Killed):
        fit(model(), tmp_path, [Worse(), stopping(), Before(number, kill)], epochs=9)
    made = model()
    history = fit(made, tmp_path, [Worse(), stopping()], epochs=9)
    assert history.epoch == expected.epoch == [0, 1, 2, 3, 4]
    assert different(held(made), held(whole)) == []  # the best weights among them
    again = model()
    assert fit(again, tmp_path, [Worse(), stopping()], epochs=9).epoch == [0, 1, 2, 3, 4]
    assert different(held(again), held(whole)) == []
    more = fit(again, tmp_path, [Worse(), stopping()], epochs=12)
    assert more.epoch == [0, 1, 2, 3, 4, 5]  # asked for more it looks once again


def test_a_plateau_is_remembered(tmp_path):
    def plateau():
        return [Worse(), keras.callbacks.ReduceLROnPlateau(patience=2, factor=0.1)]

    made, whole = model(), model()
    with pytest.raises(Killed):
        fit(made, tmp_path, [*plateau(), Before(20, kill)], epochs=6)
    made = model()
    fit(made, tmp_path, plateau(), epochs=6)
    fit(whole, before=plateau(), epochs=6)
    assert different(held(made), held(whole)) == []


def test_a_folder_that_is_removed_while_it_is_used_is_an_error(tmp_path):
    def removed():
        shutil.rmtree(tmp_path / "state")

    with pytest.raises(OSError, match="must stay while it is used. Received: .*state.*removed"):
        fit(model(), tmp_path / "state", [Before(8, removed)])
    assert not (tmp_path / "state").exists()


SPOILED = {  # what becomes of a history while training is stopped
    "untouched": lambda text: text,
    "lost": None,
    "emptied": lambda text: b"",
    "cut": lambda text: text[: len(text) // 2],
    "torn": lambda text: text + b"1",
    "a byte of zero": lambda text: text.replace(b"\n1,", b"\n1,\0"),
    "another column": lambda text: text.replace(b"\n1,", b"\n1,9,"),
    "another row": lambda text: text.replace(b"\n0,", b"\n0,5"),
    "no text": lambda text: b"\xff\xfe" + text,
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_history_is_that_of_the_checkpoint_whatever_became_of_the_file(name, tmp_path):
    def files(folder):
        return [callbacks.HistoryFile(folder / "history.csv")]

    whole, run = tmp_path / "whole", tmp_path / "run"
    whole.mkdir(), run.mkdir()
    fit(model(), whole / "state", files(whole))
    with pytest.raises(Killed):
        fit(model(), run / "state", [*files(run), Before(13, kill)])
    path = run / "history.csv"
    text = path.read_bytes()
    path.unlink()
    if SPOILED[name]:
        path.write_bytes(SPOILED[name](text))
    fit(model(), run / "state", files(run))
    assert path.read_bytes() == (whole / "history.csv").read_bytes()


def test_a_history_that_cannot_be_gone_on_with_is_an_error_where_no_checkpoint_has_it(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss\r\n0,much\r\n")
    with pytest.raises(ValueError, match=r"history.csv is no whole history: .*'much'"):
        fit(model(), before=[callbacks.HistoryFile(path)], initial_epoch=1)
