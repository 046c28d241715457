"""What happens while a model trains: checkpoints, history, pictures. Imports Keras."""

import math
import pathlib
from typing import Any

import keras
import tensorflow as tf

from zoo.training import histories
from zoo.training.collapse import Signals
from zoo.training.fault_tolerance import lock, rates
from zoo.training.fault_tolerance.divergence import Diverged, StopOnDivergence
from zoo.training.fault_tolerance.interrupts import Stopped
from zoo.training.fault_tolerance.resume import Resume
from zoo.training.files import atomic
from zoo.training.reporting.drawings import (
    show_forecasts,
    show_reconstructions,
    show_samples,
    show_translations,
)

__all__ = [
    "Brief",
    "Diverged",
    "EveryFew",
    "FolderKept",
    "HistoryFile",
    "LearningRates",
    "Resume",
    "SampleGrid",
    "Signals",
    "StopOnDivergence",
    "Stopped",
    "save_model",
]


class FolderKept(keras.callbacks.Callback):
    """Ends training where the folder that it holds was removed, before anything is written there.

    Args:
        folder: that `zoo.training.fault_tolerance.lock` holds.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        lock.require_kept(self.folder)


class LearningRates(keras.callbacks.Callback):
    """Logs the learning rate of every player, as it is after each epoch: `learning_rate`, or of
    several players `<player>_learning_rate`."""

    def on_epoch_end(self, epoch, logs=None):
        current = rates.current(self.model)
        several = len(self.model.players) > 1
        named = {
            f"{p}_learning_rate" if several else "learning_rate": r for p, r in current.items()
        }
        (logs if logs is not None else {}).update(named)


class EveryFew(keras.callbacks.Callback):
    """Calls `act(epoch, logs)` every few epochs, and at the end of the last one."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self.every = every

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs"):
            self.act(epoch + 1, logs or {})


class Brief(EveryFew):
    """One line every few epochs, for long runs of short epochs: the losses of the players."""

    def act(self, epoch, logs):
        losses = [f"{k} {v:.3f}" for k, v in logs.items() if k.endswith("loss") and "val_" not in k]
        print(f"epoch {epoch:4d} of {self.params['epochs']}: {', '.join(losses)}", flush=True)


class HistoryFile(keras.callbacks.Callback):
    """One row of CSV an epoch: its number from 0, and every log; a log it lacks is empty.

    When training goes on at an epoch, the rows before it are those of the checkpoint where
    `Resume` has one, whatever became of the file; else those of the file. Others are written
    anew. A row is on the disk before the callbacks after this one act.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | pathlib.Path) -> None:
        super().__init__()
        self.path, self.history = pathlib.Path(path), None

    def set_history(self, rows):
        """Takes the rows of a checkpoint, [epoch, logs] each, as those that were trained."""
        self.history = list(rows)

    def on_train_begin(self, logs=None):
        self.names: Any = None  # until the first epoch

    def on_epoch_begin(self, epoch, logs=None):
        if self.names is not None:
            return
        rows, self.history = self.history, None
        if rows is None:
            rows = histories.read(self.path) if epoch and self.path.is_file() else []
        rows = [row for row in rows if row[0] < epoch]
        self.names = sorted({name for _, own in rows for name in own})
        histories.write(self.path, rows, self.names)

    def on_epoch_end(self, epoch, logs=None):
        logs = {name: float(value) for name, value in (logs or {}).items()}
        if set(logs) <= set(self.names):
            histories.append(self.path, [epoch, logs], self.names)
        else:
            rows, self.names = histories.read(self.path), sorted({*logs, *self.names})
            histories.write(self.path, [*rows, [epoch, logs]], self.names)


class SampleGrid(EveryFew):
    """Pictures of what the model does: samples, reconstructions, translations, forecasts.

    Args:
        folder: gets `samples/epoch-0005.png`, `reconstructions/epoch-0005.png` and so on.
        data: `zoo.training.data.Data`, whose held-out examples are shown.
        every: how many epochs lie between two pictures.
        count: of samples.
        seed: of the samples, the same at every epoch.
    """

    def __init__(
        self, folder: str | pathlib.Path, data: Any, every: int = 1, count: int = 64, seed: int = 0
    ) -> None:
        super().__init__(every)
        self.folder, self.data = pathlib.Path(folder), data
        self.count, self.seed = count, seed

    def act(self, epoch, logs):
        offered, held_out = self.model.offered(), self.data.test
        if "sample" in offered:
            show_samples(self.model, self._path("samples", epoch), held_out, self.count, self.seed)
        if "forecast" in offered:
            show_forecasts(self.model, self._path("forecasts", epoch), held_out, seed=self.seed)
        elif self.model.targets != "domain" and "y" not in offered.get("reconstruct", "y"):
            show_reconstructions(self.model, self._path("reconstructions", epoch), held_out)
        if self.model.targets in ("pair", "domain"):
            path = self._path("translations", epoch)
            show_translations(self.model, path, self.data, seed=self.seed)

    def _path(self, kind, epoch):
        return self.folder / kind / f"epoch-{epoch:04d}.png"


def save_model(model: keras.Model, path: str | pathlib.Path) -> None:
    """Writes a `.keras` file at once."""
    variables = [*model.variables, *(v for o in model.optimizers.values() for v in o.variables)]
    needed = sum(math.prod(v.shape) * tf.as_dtype(v.dtype).size for v in variables)
    with atomic(path, needed) as partial:
        model.save(partial)
