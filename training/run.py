"""A run: a folder that holds a model, how it was made and what came of it.

    run = zoo.training.run.train("vae", "runs/vae", data="digits", epochs=5)
    run.model().sample(64, seed=0)

In the folder: `config.yaml` (every setting, defaults included), `history.csv`, `samples/`,
`reconstructions/`, `checkpoints/`, `curves.png` and, last, `model.keras`. The same call on
the folder of a run that was stopped or killed goes on where it was, to the bit.
"""

import contextlib
import csv
import dataclasses
import json
import logging
import pathlib
from typing import Any

import yaml

from zoo import catalogue
from zoo.training import build, pace, strategy
from zoo.training.checks import difference, flat, require_choice
from zoo.training.config import Config, read_yaml
from zoo.training.fault_tolerance import lock
from zoo.training.files import write_text
from zoo.training.folders import CHECKPOINTS, require_usable, versions

_log = logging.getLogger(__name__)


class Run:
    """The folder of a run.

    Attributes:
        path: of the folder.
        config: its `Config`, every setting resolved.
    """

    def __init__(self, path: str | pathlib.Path, config: Config) -> None:
        self.path, self.config = pathlib.Path(path), config

    @classmethod
    def create(cls, out, config, writes=True):
        """Makes the folder `out` and writes `config.yaml`, or opens the same run that it holds.

        Where it `writes` nothing, another worker makes the folder.
        """
        if (pathlib.Path(out) / "config.yaml").is_file():
            run = cls.open(out)
            run.require(config)
            return run
        run = cls(out, config)
        if writes:
            run.path.mkdir(parents=True, exist_ok=True)
            fields = {**config.as_dict(), "versions": versions()}
            write_text(run.path / "config.yaml", yaml.safe_dump(fields, sort_keys=False))
        return run

    @classmethod
    def open(cls, path: str | pathlib.Path) -> "Run":
        """The run of a folder that `train` wrote."""
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
        return cls(path, Config.from_dict(fields))

    def require(self, config):
        """Refuses another config than that of this run, naming what differs."""
        differ = difference(flat(self.config.as_dict()), flat(config.as_dict()))
        if differ is not None:
            key, here, there = differ
            raise ValueError(
                f"`{key}` must be {here!r}, as in the run that {str(self.path)!r} holds. "
                f"Received: {there!r}. Choose another `out` for another run."
            )
        was = read_yaml(self.path / "config.yaml").get("versions")
        if was != versions():
            _log.warning("%s began with %s, now %s: bits may differ.", self.path, was, versions())

    @property
    def checkpoints(self) -> pathlib.Path:
        """The folder of its checkpoints."""
        return self.path / CHECKPOINTS

    @property
    def finished(self) -> bool:
        """Whether its training has ended."""
        return (self.path / "model.keras").is_file()

    def model(self, checkpoint: str | None = None, averaged: bool = False) -> Any:
        """The trained model, ready to use or to train on.

        Args:
            checkpoint: "latest" or "best" for the model as that checkpoint has it, also of a
                run that has not ended.
            averaged: whether its weights are to be the averages that `ema` kept.
        """
        if averaged and self.config.ema is None:
            raise ValueError(
                f"`averaged` goes with a run that was trained with `ema`. Received: {self.path}."
            )
        made: Any = self._trained() if checkpoint is None else self._at(checkpoint)
        if averaged:
            made.averages.replace(made.moved_weights)
        return made

    def _trained(self):
        import keras

        import zoo  # noqa: F401, registers the classes

        if not self.finished:
            raise ValueError(
                f"`run` must be one whose training has ended. Received: {str(self.path)!r}, "
                f"without model.keras. `zoo train --resume {self.path}` goes on with it; "
                "`checkpoint` may be 'latest' or 'best'."
            )
        return keras.saving.load_model(self.path / "model.keras")

    def _at(self, checkpoint):
        from zoo.training.fault_tolerance import state
        from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place

        require_choice("checkpoint", checkpoint, ("latest", "best"))
        store = Checkpoints(self.checkpoints)
        found = store.newest(aside=False)
        if found is None:
            raise ValueError(f"`run` must have a checkpoint. Received: {str(self.path)!r}.")
        place, arrays, record = found
        if checkpoint == "best" and record["best"]:
            place = Place.parse(record["best"]["checkpoint"])
            arrays, _ = store.read(place)
        here = dataclasses.replace(self.config, strategy="one")
        made = build.prepared(here, self.data())
        state.assign(made, arrays, str(store.path(place)))
        return made

    def data(self) -> Any:
        """The data that the run was trained on."""
        return self.config.load_data()

    def metrics_file(self, checkpoint=None, averaged=False):
        """Where `zoo evaluate` writes of the trained model, or of a checkpoint."""
        words = ("metrics", checkpoint, "averaged" if averaged else None)
        return self.path / f"{'_'.join(word for word in words if word)}.json"

    def metrics(self, checkpoint: str | None = None, averaged: bool = False) -> dict[str, Any]:
        """What `zoo evaluate` measured, name -> entry; empty where it did not."""
        file = self.metrics_file(checkpoint, averaged)
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def history(self) -> dict[str, list[float]]:
        """Log -> values, one an epoch, NaN where there is none."""
        with open(self.path / "history.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        logs = [log for log in rows[0] if log != "epoch"] if rows else []
        return {log: [float(row[log] or "nan") for row in rows] for log in logs}

    def report(self, model, data, metrics, count=1000, seed=0):
        """Writes `report.html` of its model: pictures, numbers and config on one page; its path.

        Args:
            model, data: what was measured: `model()` or one of a checkpoint, and `data()`.
            metrics: what `zoo evaluate` found.
            count, seed: of the samples.
        """
        from zoo.training.measures import Subject
        from zoo.training.reporting import report

        entry = catalogue.find(self.config.model)
        subject = Subject(model, data, count, seed)
        title = f"{entry.class_name} on {self.config.data}"
        paper = f"{entry.authors}, {entry.year}: {entry.title}"
        shown = report.figures(subject, self.history())
        config = (self.path / "config.yaml").read_text(encoding="utf-8")
        return report.write(self.path / "report.html", title, paper, shown, metrics, config)


def train(
    model: str, out: str | pathlib.Path, verbose: str | int = "auto", **options: Any
) -> "Run":
    """Trains a model of the zoo and returns its `Run`.

    Everything given is checked before `out` is made, so a refusal writes nothing. Where
    `out` holds a run of the same config, it goes on where that was; a finished one is
    returned as it is.

    With `strategy` "workers" every worker makes the same call, with the same `out`, a folder
    that all of them can read. The first one writes it. Where one is killed the others fail:
    start all of them again.

    Args:
        model: name of the catalogue.
        out: folder of the run; new, empty, or that of a run.
        verbose: that of `keras.Model.fit`.
        **options: the other fields of `Config`.

    Raises:
        ValueError: for a setting, data or folder that cannot be used, for a config that is
            not that of the run in `out`, or if training diverges.
        OSError: if a checkpoint cannot be written, or if another worker ends.
    """
    config = Config(model, **options).as_in(out)
    require_usable(out)
    if (pathlib.Path(out) / "config.yaml").is_file():
        config = pace.as_begun(config, Run.open(out).config)
    writes = strategy.writes(config.strategy)
    with lock.held(pathlib.Path(out) / CHECKPOINTS) if writes else contextlib.nullcontext():
        where = strategy.create("workers") if config.strategy == "workers" else None  # first of all
        data = config.load_data()
        made = build.prepared(config, data, where)
        run = Run.create(out, build.resolved(config, made), writes)
        if run.finished:
            _log.warning("%s is finished: all its %d epochs are trained.", out, config.epochs)
        else:
            fitted(made, run, data, verbose, writes)
    return run


def resume(path: str | pathlib.Path, verbose: str | int = "auto") -> "Run":
    """Goes on with the run in a folder; see `train`."""
    fields = dataclasses.asdict(Run.open(path).config)
    return train(fields.pop("model"), path, verbose, **fields)


def fitted(model, run, data, verbose, writes=True):
    """Trains the model of a run and, in the process that writes, writes all but its config."""
    from zoo.training.callbacks import save_model
    from zoo.training.fault_tolerance.workers import Workers, all_there
    from zoo.training.reporting import pictures

    told = verbose if writes and verbose != "brief" else 0
    with all_there(run.checkpoints):
        build.fit(
            model,
            data,
            batch_size=run.config.batch_size,
            epochs=run.config.epochs,
            verbose=told,
            callbacks=callbacks(run, data, build.sides(model, data)[1], verbose, writes),
        )
        if writes:
            pictures.curves(run.history(), run.path / "curves.png")
        if build.awaits_sampler(model):
            build.fit_sampler(model, data, told)
            if writes:
                show_after(model, run, data)
        if writes:
            save_model(model, run.path / "model.keras")
        Workers(model.distribute_strategy).any_of(False)  # none ends before the first has written


def callbacks(run, data, held_out, verbose, writes=True):
    """What happens while a run is trained; pictures and history where it `writes`."""
    from zoo.training.callbacks import Brief, HistoryFile, Resume, SampleGrid, Signals

    config = run.config
    shown = [
        *([Brief(config.sample_every)] if verbose == "brief" else []),
        SampleGrid(run.path, data, config.sample_every, seed=config.seed),
        HistoryFile(run.path / "history.csv"),
    ]
    return [
        Signals(*held_out, seed=config.seed),
        *(shown if writes else []),
        Resume(
            run.checkpoints,
            every=config.save_every,
            every_steps=config.save_every_steps,
            on_divergence=config.on_divergence,
        ),
    ]


def show_after(model, run, data):
    """Pictures of a model that samples only now that its prior is fitted."""
    from zoo.training.reporting.drawings import show_samples

    name = f"epoch-{run.config.epochs:04d}.png"
    show_samples(model, run.path / "samples" / name, data.test, seed=run.config.seed)
