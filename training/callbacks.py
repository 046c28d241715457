"""What happens while a model trains: checkpoints, history, pictures. Imports Keras."""

import csv
import os
import pathlib
from typing import Any

import keras

from zoo.training.collapse import Signals
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
    "HistoryFile",
    "Resume",
    "SampleGrid",
    "Signals",
    "StopOnDivergence",
    "Stopped",
    "save_model",
]


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

    When training goes on at an epoch, the rows before it stay as they are, to the byte, and
    others are written anew. A row is on the disk before the callbacks after this one act.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | pathlib.Path) -> None:
        super().__init__()
        self.path = pathlib.Path(path)

    def on_train_begin(self, logs=None):
        self.names: Any = None  # until the first epoch

    def on_epoch_begin(self, epoch, logs=None):
        if self.names is None:
            rows = self._rows() if epoch else []
            rows = [row for row in rows if (row["epoch"] or "").isdecimal()]
            self.names = [name for name in (rows[0] if rows else ()) if name != "epoch"]
            self._write([row for row in rows if int(row["epoch"]) < epoch])

    def on_epoch_end(self, epoch, logs=None):
        logs = {name: float(value) for name, value in (logs or {}).items()}
        row = {"epoch": epoch, **logs}
        if set(logs) <= set(self.names):
            with self.path.open("a", encoding="utf-8", newline="") as file:
                self._writer(file).writerow(row)
                file.flush()
                os.fsync(file.fileno())
        else:
            rows, self.names = self._rows(), sorted({*logs, *self.names})
            self._write([*rows, row])

    def _rows(self):
        if not self.path.is_file():
            return []
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _write(self, rows):
        with atomic(self.path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            self._writer(file).writeheader()
            self._writer(file).writerows(rows)

    def _writer(self, file):
        return csv.DictWriter(file, ["epoch", *self.names], restval="")


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
        elif "reconstruct" in offered and self.model.targets != "domain":
            show_reconstructions(self.model, self._path("reconstructions", epoch), held_out)
        if self.model.targets in ("pair", "domain"):
            path = self._path("translations", epoch)
            show_translations(self.model, path, self.data, seed=self.seed)

    def _path(self, kind, epoch):
        return self.folder / kind / f"epoch-{epoch:04d}.png"


def save_model(model: keras.Model, path: str | pathlib.Path) -> None:
    """Writes a `.keras` file at once."""
    with atomic(path) as partial:
        model.save(partial)
