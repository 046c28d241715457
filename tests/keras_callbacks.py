"""One row per callback of Keras: how it is made, and what must have happened after `fit`.

    python tests/keras_callbacks.py

writes the table of docs/keras.md; tests/contract/test_callbacks.py tries every row.
"""

import dataclasses
import json
import pathlib
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import keras
import numpy as np

EPOCHS, STEPS = 3, 4
REMAKE = "python tests/keras_callbacks.py"
NEVER = {"min_delta": 1e6, "patience": 1}  # nothing improves by so much
WORKS, REFUSED = "works", "refused"


@dataclasses.dataclass(frozen=True)
class Row:
    """One callback. `effect(outcome)` asserts what it did; of one that is refused, `error` is what
    the refusal must name."""

    name: str
    words: str
    make: Callable[[pathlib.Path], Any]
    effect: Callable[[Any], None] | None = None
    error: str = ""


@dataclasses.dataclass
class Outcome:
    """What one `fit` left."""

    model: Any
    callback: Any
    folder: pathlib.Path
    history: dict
    before: dict  # player -> its learning rate before
    after: dict


def scaled(factor):
    """The learning rate of every player is what it was, times a factor."""

    def effect(outcome):
        expected = {player: rate * factor for player, rate in outcome.before.items()}
        for player, rate in outcome.after.items():
            assert np.isclose(rate, expected[player], rtol=1e-6), (player, rate)
        assert len(outcome.history["learning_rate"]) == EPOCHS

    return effect


def stopped_early(outcome):
    assert len(outcome.history["loss"]) == 2
    assert all(map(np.array_equal, outcome.callback.best_weights, outcome.model.get_weights()))


def files_load(outcome):
    import zoo

    paths = sorted(outcome.folder.glob("*.keras"))
    assert len(paths) == EPOCHS
    last = zoo.load(paths[-1])
    assert all(map(np.array_equal, last.get_weights(), outcome.model.get_weights()))
    pairs = zip(last.optimizers.values(), outcome.model.optimizers.values(), strict=True)
    for ours, theirs in pairs:
        for variable, saved in zip(ours.variables, theirs.variables, strict=True):
            assert np.array_equal(variable.numpy(), saved.numpy())


def events_hold(outcome):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(outcome.folder / "train"), {"tensors": 0})
    events.Reload()
    names = {"epoch_loss", "epoch_learning_rate", "epoch_steps_per_second", "batch_loss"}
    assert names <= set(events.Tags()["tensors"])


def rows_are_written(outcome):
    lines = (outcome.folder / "log.csv").read_text().splitlines()
    assert lines[0].split(",")[:1] == ["epoch"] and len(lines) == 1 + EPOCHS


def was_posted(outcome):
    sent = [json.loads(call.args[1]["data"]) for call in outcome.callback.post.call_args_list]
    assert [entry["epoch"] for entry in sent] == list(range(EPOCHS))
    assert all(np.isfinite(entry["loss"]) for entry in sent)


def was_called(outcome):
    assert outcome.callback.epochs == list(range(EPOCHS))


def kept_history(outcome):
    assert len(outcome.callback.history["loss"]) == EPOCHS


def did_nothing(outcome):
    assert len(outcome.history["loss"]) == EPOCHS


class Monitor(keras.callbacks.RemoteMonitor):
    """Posts to nobody, and keeps what it would have posted."""

    def on_train_begin(self, logs=None):
        self.post = mock.Mock()

    def on_epoch_end(self, epoch, logs=None):
        with mock.patch("requests.post", self.post):
            super().on_epoch_end(epoch, logs)


def counting(folder):
    epochs = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    callback.epochs = epochs
    return callback


def without_orbax(folder):
    """As it would be made where orbax is installed."""
    return object.__new__(keras.callbacks.OrbaxCheckpoint)


C = keras.callbacks
ROWS = (
    Row(
        "BackupAndRestore",
        "the same call goes on at the last whole epoch, bit-exact where the model has a `seed`; "
        "`save_freq` within an epoch is refused: `zoo.training.callbacks.Resume`",
        lambda folder: C.BackupAndRestore(folder / "backup"),
        did_nothing,
    ),
    Row(
        "CSVLogger",
        "every loss and term is a column",
        lambda folder: C.CSVLogger(folder / "log.csv"),
        rows_are_written,
    ),
    Row("Callback", "your own, with `self.model`", lambda folder: C.Callback(), did_nothing),
    Row(
        "CallbackList",
        "as it is",
        lambda folder: C.CallbackList([C.History()], add_history=True),
        did_nothing,
    ),
    Row(
        "EarlyStopping",
        "`monitor` is a log of the model, such as `val_loss` (`model.monitor` is what the zoo "
        "itself looks at); of a game no loss says how good it is",
        lambda folder: C.EarlyStopping("loss", restore_best_weights=True, **NEVER),
        stopped_early,
    ),
    Row("History", "what `fit` returns", lambda folder: C.History(), kept_history),
    Row("LambdaCallback", "as it is", counting, was_called),
    Row(
        "LearningRateScheduler",
        "sets the rates of all players in proportion; is refused where no player follows a "
        "gradient, and for a rate that is a schedule",
        lambda folder: C.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
        scaled(0.5**EPOCHS),
    ),
    Row(
        "ModelCheckpoint",
        "`.keras` (read by `zoo.load`) and `.weights.h5`; another ending is refused",
        lambda folder: C.ModelCheckpoint(folder / "{epoch}.keras"),
        files_load,
    ),
    Row(
        "OrbaxCheckpoint",
        "use `zoo.training.callbacks.Resume`",
        without_orbax,
        error="zoo.training.callbacks.Resume",
    ),
    Row("ProgbarLogger", "what `verbose=1` adds", lambda folder: C.ProgbarLogger(), did_nothing),
    Row(
        "ReduceLROnPlateau",
        "lowers the rates of all players in proportion; `min_lr` is for the first player's",
        lambda folder: C.ReduceLROnPlateau("loss", factor=0.5, **NEVER),
        scaled(0.5 ** (EPOCHS - 1)),
    ),
    Row("RemoteMonitor", "every loss and term is posted", lambda folder: Monitor(), was_posted),
    Row(
        "SwapEMAWeights",
        "use `compile(ema=0.999)` and `model.averaged()`, below",
        lambda folder: C.SwapEMAWeights(),
        error="compile(ema=0.999)",
    ),
    Row(
        "TensorBoard",
        "with `write_steps_per_second`, `update_freq`, `histogram_freq`; a step is one of `fit`, "
        "whatever moves it has",
        lambda folder: C.TensorBoard(folder, update_freq=1, write_steps_per_second=True),
        events_hold,
    ),
    Row(
        "TerminateOnNaN",
        "as it is; `zoo.training.callbacks.StopOnDivergence` also looks at weights and moments",
        lambda folder: C.TerminateOnNaN(),
        did_nothing,
    ),
)


def table():
    """The table of docs/keras.md, lines of Markdown."""
    head = "| callback of Keras | | |", "|---|---|---|"
    verdicts = {row.name: REFUSED if row.error else WORKS for row in ROWS}
    return [*head, *(f"| `{row.name}` | {verdicts[row.name]} | {row.words} |" for row in ROWS)]


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parents[1]
    sys.path.insert(0, str(root))
    from benchmarks.results import put

    put(root / "docs" / "keras.md", "callbacks", table())
