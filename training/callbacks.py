"""What happens at the end of an epoch: pictures and checkpoints. Imports Keras."""

import json
import pathlib

import keras
import numpy as np

from training.draws import (
    show_forecasts,
    show_reconstructions,
    show_samples,
    show_translations,
)
from training.files import atomic, write_text


class EveryFew(keras.callbacks.Callback):
    """Calls `act(epoch, logs)` every few epochs, and at the end of the last one."""

    def __init__(self, every):
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


class SampleGrid(EveryFew):
    """Pictures of what the model does: samples, reconstructions, translations, forecasts.

    Args:
        folder: gets `samples/epoch-0005.png`, `reconstructions/epoch-0005.png` and so on.
        data: `training.data.Data`, whose held-out examples are shown.
        every: how many epochs lie between two pictures.
        count: of samples.
        seed: of the samples, the same at every epoch.
    """

    def __init__(self, folder, data, every=1, count=64, seed=0):
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


class SaveModel(EveryFew):
    """Keeps the newest whole model in `folder/model.keras`, optimizers included.

    A model whose loss is not finite is not kept: the one before stays.

    Args:
        folder: gets `model.keras`, and `model.json` with its epoch.
        every: how many epochs lie between two saves.
    """

    def __init__(self, folder, every=1):
        super().__init__(every)
        self.folder = pathlib.Path(folder)

    def act(self, epoch, logs):
        if not np.isfinite(logs.get("loss", 0.0)):
            return
        save_model(self.model, self.folder / "model.keras")
        logs = {name: float(value) for name, value in logs.items()}
        write_text(self.folder / "model.json", json.dumps({"epoch": epoch, "logs": logs}) + "\n")


def save_model(model, path):
    """Writes a `.keras` file at once."""
    with atomic(path) as partial:
        model.save(partial)
