"""A run: a folder that holds a model, how it was made and what came of it.

    run = training.run.train("vae", "runs/vae", data="digits", epochs=5)
    run.model().sample(64, seed=0)

In the folder: `config.yaml` (every setting, defaults included), `history.csv`, `samples/`,
`reconstructions/`, `checkpoints/model.keras`, `curves.png` and, last, `model.keras`.
"""

import csv
import dataclasses
import os
import pathlib

import numpy as np
import yaml

from training import data as datasets
from training import settings as known
from training.config import Config, read_yaml
from training.files import write_text


class Run:
    """The folder of a run.

    Attributes:
        path: of the folder.
        config: its `Config`, every setting resolved.
    """

    def __init__(self, path, config):
        self.path, self.config = pathlib.Path(path), config

    @classmethod
    def create(cls, out, config):
        """Makes the folder `out` and writes `config.yaml`."""
        require_free(out)
        run = cls(out, config)
        run.path.mkdir(parents=True, exist_ok=True)
        fields = {**config.as_dict(), "versions": versions()}
        write_text(run.path / "config.yaml", yaml.safe_dump(fields, sort_keys=False))
        return run

    @classmethod
    def open(cls, path):
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

    def model(self):
        """The trained model, ready to use or to train on."""
        final, kept = self.path / "model.keras", self.path / "checkpoints" / "model.keras"
        if not final.is_file():
            words = f"; its newest checkpoint is {kept}" if kept.is_file() else ""
            raise ValueError(
                f"`run` must be one whose training has ended. Received: {str(self.path)!r}, "
                f"without model.keras{words}."
            )
        import keras

        import zoo  # noqa: F401, registers the classes

        return keras.saving.load_model(final)

    def data(self):
        """The data that the run was trained on."""
        return self.config.load_data()

    def history(self):
        """Log -> values, one an epoch."""
        with open(self.path / "history.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        logs = [log for log in rows[0] if log != "epoch"] if rows else []
        return {log: [float(row[log]) for row in rows] for log in logs}

    def report(self, metrics, count=1000, seed=0):
        """Writes `report.html`: pictures, numbers and config on one page; its path."""
        from training import report
        from training.measures import Subject

        entry = known.catalogue().find(self.config.model)
        subject = Subject(self.model(), self.data(), count, seed)
        title = f"{entry.class_name} on {self.config.data}"
        paper = f"{entry.authors}, {entry.year}: {entry.title}"
        shown = report.figures(subject, self.history())
        config = (self.path / "config.yaml").read_text(encoding="utf-8")
        return report.write(self.path / "report.html", title, paper, shown, metrics, config)


def require_free(out):
    """Refuses a place that a run cannot be written to."""
    out = pathlib.Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"`out` must be a folder. Received: {str(out)!r}, a file.")
    if out.is_dir() and any(out.iterdir()):
        raise ValueError(
            f"`out` must be a new or empty folder. Received: {str(out)!r}, which is not empty. "
            "A run cannot be resumed yet: choose another `out`, or move this folder away."
        )
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise ValueError(
            f"`out` must be a place that can be written to. Received: {str(out)!r}; "
            f"{str(nearest)!r} refuses."
        )


def versions():
    """Versions of what a run depends on."""
    import keras
    import tensorflow as tf

    import zoo

    return {"tensorflow": tf.__version__, "keras": keras.__version__, "zoo": zoo.__version__}


def train(model, out, verbose="auto", **options):
    """Trains a model of the zoo and returns its `Run`.

    Everything given is checked before `out` is made, so a refusal writes nothing.

    Args:
        model: name of the catalogue.
        out: folder of the run; new or empty.
        verbose: that of `keras.Model.fit`.
        **options: the other fields of `Config`.

    Raises:
        ValueError: for a setting, data or folder that cannot be used, or if the loss is no
            longer finite.
    """
    config = Config(model, **options)
    require_free(out)
    data = config.load_data()
    made = prepared(config, data)
    run = Run.create(out, resolved(config, made))
    fitted(made, run, data, verbose)
    return run


def prepared(config, data):
    """The compiled model of a config, tried against its data."""
    import keras

    import zoo

    keras.utils.set_random_seed(config.seed)
    cls = zoo.model_class(config.model)
    given = known.checked(cls, config.settings)
    if "labels" in cls.targets:
        given["num_classes"] = classes(cls, data)
    if cls.targets == "pair":
        given["target_shape"] = targets(cls, data)
    if cls.targets == "domain":
        targets(cls, data)
    shape = tuple(int(n) for n in data.data_shape)
    made = zoo.create(config.model, shape, config.latent_dim, seed=config.seed, **given)
    made.compile(jit_compile=config.jit_compile)
    set_rates(made, config.learning_rate)
    train_set, _ = sides(made, data)
    zoo.batches.for_training(made, *train_set, config.batch_size, {})  # refuses here, not in `fit`
    return made


def classes(cls, data):
    """How many labels the data have, for a class that takes labels."""
    if data.num_classes is None:
        raise ValueError(f"{cls.__name__} needs labels, which the data {data.name!r} have not.")
    if cls.targets == "labels" and min(data.train_labels) < 0:
        raise ValueError(f"{cls.__name__} needs every label: `labels_per_class` must be null.")
    return data.num_classes


def targets(cls, data):
    """The shape of the targets, for a class that translates to them."""
    name, shape = data.name, data.target_shape
    if shape is None:
        raise ValueError(
            f"{cls.__name__} needs images and their targets, which the data {name!r} have not. "
            f"Accepted: {datasets.PAIRED}."
        )
    if cls.targets == "pair" and "train" not in data.paired:
        raise ValueError(
            f"{cls.__name__} needs pairs. Received: {name!r}, two domains without pairs."
        )
    if cls.targets == "domain" and shape != data.data_shape:
        raise ValueError(
            f"{cls.__name__} needs two domains of one shape. Received: {name!r} of "
            f"{data.data_shape} and {shape}."
        )
    return tuple(int(n) for n in shape)


def set_rates(model, rates):
    """Sets learning rates: one for every player, or a dict by player."""
    rates = rates if isinstance(rates, dict) else dict.fromkeys(model.players, rates)
    for player, rate in rates.items():
        if player not in model.players:
            raise ValueError(
                f"`learning_rate` must be for the players {list(model.players)}. "
                f"Received: {player!r}."
            )
        number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
        if rate is not None and not (number and 0.0 < rate < np.inf):
            raise ValueError(f"`learning_rate` must be above 0. Received: {rate!r}.")
        if rate is not None:
            model.optimizers[player].learning_rate = rate


def sides(model, data):
    """(x, y) of training and of held-out data; y is None for models without labels or targets."""
    if model.targets == "none":
        return (data.train, None), (data.test, None)
    if model.targets in ("pair", "domain"):
        return (data.train, data.train_targets), (data.test, data.test_targets)
    return (data.train, data.train_labels), (data.test, data.test_labels)


def resolved(config, model):
    """The config with every default written out."""
    own = {name: setting.default for name, setting in known.of(type(model)).items()}
    rates = {p: float(f"{float(o.learning_rate):.6g}") for p, o in model.optimizers.items()}
    return dataclasses.replace(
        config,
        batch_size=config.batch_size or model.batch_size,
        learning_rate=rates,
        settings={**own, **known.checked(type(model), config.settings)},
    )


def fitted(model, run, data, verbose):
    """Trains the model of a run, and writes all but its config."""
    from training import pictures
    from training.callbacks import save_model

    config, (train_set, (x, y)) = run.config, sides(model, data)
    history = model.fit(
        *train_set,
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=x if y is None else (x, y),
        verbose=0 if verbose == "brief" else verbose,
        callbacks=callbacks(run, data, verbose),
    ).history
    pictures.curves(history, run.path / "curves.png")
    if not np.isfinite(history["loss"]).all():
        raise ValueError(
            f"The loss must stay finite. Received: {history['loss'][-1]} in epoch "
            f"{len(history['loss'])}; lower `learning_rate`. {run.path} keeps the last checkpoint."
        )
    if "sample" in set(model.verbs) - set(model.offered()):
        model.fit_sampler(data.train)
        show_after(model, run, data)
    save_model(model, run.path / "model.keras")


def callbacks(run, data, verbose):
    """What happens at the end of every epoch of a run."""
    import keras

    from training.callbacks import Brief, SampleGrid, SaveModel

    return [
        *([Brief(run.config.sample_every)] if verbose == "brief" else []),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.CSVLogger(str(run.path / "history.csv")),
        SampleGrid(run.path, data, run.config.sample_every, seed=run.config.seed),
        SaveModel(run.path / "checkpoints", run.config.save_every),
    ]


def show_after(model, run, data):
    """Pictures of a model that samples only now that its prior is fitted."""
    from training.draws import show_samples

    name = f"epoch-{run.config.epochs:04d}.png"
    show_samples(model, run.path / "samples" / name, data.test, seed=run.config.seed)
