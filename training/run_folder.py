"""The folder of a run: a model, how it was made and what came of it."""

import dataclasses
import logging
import pathlib
from typing import Any

import yaml

from zoo import catalogue
from zoo.saving.stored import archive_damage, read_json
from zoo.training import build, histories, provenance
from zoo.training.checks import difference, flat, require_choice
from zoo.training.config import GIVEN, Config, read_yaml
from zoo.training.files import write_text
from zoo.training.folders import CHECKPOINTS, require_local, versions

MODEL, INITIAL, HISTORY = "model.keras", "initial.keras", "history.csv"
_log = logging.getLogger(__name__)


class Run:
    """The folder of a run.

    Attributes:
        path: of the folder.
        config: its `Config`, every setting resolved.
        changes: what was changed where it was continued, a dict each.
    """

    def __init__(self, path, config, changes=()):
        self.path, self.config, self.changes = pathlib.Path(path), config, list(changes)

    @classmethod
    def open(cls, path):
        """The run of a folder that `train` wrote."""
        require_local("run", path)
        path = pathlib.Path(path)
        file = path / "config.yaml"
        if not file.is_file():
            what = "it holds no config.yaml" if path.is_dir() else "no such folder"
            raise ValueError(
                f"`run` must be a folder that `zoo train` wrote. Received: {str(path)!r}: {what}."
            )
        fields = read_yaml(file)
        if not isinstance(fields.get("model"), dict) or "name" not in fields["model"]:
            raise ValueError(f"{file} must have the entry `model: {{name: ...}}`; it has not.")
        changes = fields.get("changes") or []
        return cls(path, Config.from_dict(fields), changes if isinstance(changes, list) else [])

    def write(self):
        """Writes `config.yaml`, with the versions of what it depends on."""
        fields = {**self.config.as_dict(), "versions": versions()}
        fields |= {"changes": self.changes} if self.changes else {}
        write_text(self.path / "config.yaml", yaml.safe_dump(fields, sort_keys=False))

    def require(self, config, accepted=False):
        """Refuses another config than that of this run, naming what differs, unless accepted."""
        own, asked = flat(self.config.absolute().as_dict()), flat(config.absolute().as_dict())
        differ = difference(own, asked)
        if differ is not None and not accepted:
            key, here, there = differ
            raise ValueError(
                f"`{key}` must be {here!r}, as in the run that {str(self.path)!r} holds. "
                f"Received: {there!r}. Choose another `out` for another run; `--resume` continues "
                "this one for more `--epochs` or at another `--learning-rate`; "
                "`--accept-changes` goes on with what has changed."
            )
        was = read_yaml(self.path / "config.yaml").get("versions")
        if was != versions():
            _log.warning("%s began with %s, now %s: bits may differ.", self.path, was, versions())

    @property
    def entry(self):
        """The catalogue's entry of its model, or what stands for that of a class of one's own."""
        name = self.config.model
        if self.config.start == GIVEN and name not in {e.name for e in catalogue.ENTRIES}:
            return catalogue.Entry("", name, name, "a class of its own", "", 0, "its own")
        return catalogue.find(name)

    @property
    def checkpoints(self):
        """The folder of its checkpoints."""
        return self.path / CHECKPOINTS

    @property
    def finished(self):
        """Whether its training has ended."""
        return (self.path / MODEL).is_file()

    def damage(self):
        """What is wrong with its model file, or None where it is whole."""
        return archive_damage(self.path / MODEL)

    def provenance(self):
        """What it was made of and where; see `zoo.training.provenance`."""
        return provenance.read(self.path)

    def model(self, checkpoint=None, averaged=False, trusted=False):
        """The trained model, ready to use or to train on.

        Args:
            checkpoint: "latest" or "best" for the model as that checkpoint has it, also of a
                run that has not ended.
            averaged: whether its weights are to be the averages that `ema` kept.
            trusted: whether the file is your own: classes that the zoo does not know are then
                loaded as Keras does. Else it is looked at as `zoo.load` does.
        """
        if averaged and self.config.ema is None:
            raise ValueError(
                f"`averaged` goes with a run that was trained with `ema`. Received: {self.path}."
            )
        model: Any = self._trained(trusted) if checkpoint is None else self._at(checkpoint, trusted)
        if averaged:
            model.averages.replace(model.moved_weights)
        return model

    def _trained(self, trusted):
        if not self.finished:
            raise ValueError(
                f"`run` must be one whose training has ended. Received: {str(self.path)!r}, "
                f"without model.keras. `zoo train --resume {self.path}` goes on with it; "
                "`checkpoint` may be 'latest' or 'best'."
            )
        try:
            return loaded(self.path / MODEL, trusted)
        except ValueError as error:
            remedy = f" `zoo train --resume {self.path}` makes a damaged one anew."
            raise ValueError(str(error) + remedy * self.checkpoints.is_dir()) from error

    def _at(self, checkpoint, trusted):
        from zoo.training.fault_tolerance import state
        from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place

        require_choice("checkpoint", checkpoint, ("latest", "best"))
        store = Checkpoints(self.checkpoints)
        newest = store.newest(aside=False)
        if newest is None:
            raise ValueError(f"`run` must have a checkpoint. Received: {str(self.path)!r}.")
        place, arrays, record = newest
        if checkpoint == "best" and record["best"]:
            place = Place.parse(record["best"]["checkpoint"])
            arrays, _ = store.read(place)
        config = dataclasses.replace(self.config, strategy="one")
        initial = self.initial(trusted)
        model = build.created(config, None if initial else self.shapes(), initial=initial)
        state.assign(model, arrays, str(store.path(place)))
        return model

    def shapes(self):
        """What its model was made for; see `zoo.training.build.shapes_of`."""
        import zoo

        known = self.provenance().get("data")
        known = known or build.shapes_of(zoo.model_class(self.config.model), self.data())
        return {name: known[name] for name in build.SHAPES if name in known}

    def initial(self, trusted=False):
        """() -> the model that training began with, or None where it began with a new one."""
        path = self.path / INITIAL
        return (lambda: loaded(path, trusted)) if path.is_file() else None

    def data(self):
        """The data that the run was trained on."""
        return self.config.load_data()

    def metrics_file(self, checkpoint=None, averaged=False):
        """Where `zoo evaluate` writes of the trained model, or of a checkpoint."""
        words = ("metrics", checkpoint, "averaged" if averaged else None)
        return self.path / f"{'_'.join(word for word in words if word)}.json"

    def metrics(self, checkpoint=None, averaged=False):
        """What `zoo evaluate` measured, name -> entry; empty where it did not."""
        file = self.metrics_file(checkpoint, averaged)
        metrics = read_json(file) if file.is_file() else {}
        for name, row in metrics.items():
            if not (isinstance(row, dict) and set(NUMBERS) <= set(row) and numbers(row)):
                raise ValueError(
                    f"{file} must hold {', '.join(NUMBERS)} of each measure. Received another "
                    f"entry for {name!r}; `zoo evaluate` writes it anew."
                )
        return metrics

    def history(self):
        """Log -> values, one an epoch, NaN where there is none; of the newest checkpoint where
        `history.csv` is damaged or gone."""
        try:
            rows = histories.read(self.path / HISTORY)
        except histories.Damaged as error:
            rows = self.checkpointed_history()
            if rows is None:
                raise ValueError(f"{error}, and no checkpoint has the history.") from error
            _log.warning("%s: the history is that of the newest checkpoint.", error)
        return histories.columns(rows)

    def checkpointed_history(self):
        """The rows of the newest checkpoint that is whole, or None."""
        from zoo.training.fault_tolerance.checkpoints import Checkpoints, Damaged

        store = Checkpoints(self.checkpoints)
        for place in store.places():
            try:
                return store.record(place)["rows"]
            except (Damaged, OSError, KeyError):
                continue
        return None

    def report(self, model, data, metrics, count=1000, seed=0):
        """Writes `report.html` of its model: pictures, numbers and config on one page; its path.

        Args:
            model, data: what was measured: `model()` or one of a checkpoint, and `data()`.
            metrics: what `zoo evaluate` gave.
            count, seed: of the samples.
        """
        from zoo.training.measures import Subject
        from zoo.training.reporting import report

        entry, subject = self.entry, Subject(model, data, count, seed)
        title = f"{entry.class_name} on {self.config.data}"
        paper = f"{entry.authors}, {entry.year}: {entry.title}"
        shown = report.figures(subject, self.history())
        config = (self.path / "config.yaml").read_text(encoding="utf-8")
        return report.write(self.path / "report.html", title, paper, shown, metrics, config)


NUMBERS = ("value", "standard_error", "reference", "count")  # of an entry of the metrics


def numbers(row):
    """Whether an entry holds numbers, or None where it has none."""
    kinds = (int, float, type(None))
    return all(isinstance(row[key], kinds) for key in NUMBERS) and row["value"] is not None


def loaded(path, trusted=False):
    """The model of a file, looked at before it is made unless it is trusted."""
    import keras

    from zoo.saving.loading import load

    return keras.saving.load_model(path) if trusted else load(path)
