"""The config of a run, as an object and as YAML. Imports no TensorFlow."""

import dataclasses
import pathlib

from zoo import catalogue
from zoo.training import checks, strategy
from zoo.training import data as datasets
from zoo.training.config_files import read_yaml

__all__ = ["Config", "located", "rates_of", "read_yaml"]
COUNTS = ("epochs", "latent_dim", "accumulate")
OR_NONE = (
    "steps_per_execution",
    "batch_size",
    "steps_per_epoch",
    "limit",
    "labels_per_class",
    "sample_every",
    "save_every",
    "save_every_steps",
)
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
GIVEN = "given"  # data or a model that a program gave, and no name can bring back
FILES = ("npz", "npy", "folder", "files", "csv", "parquet")  # kinds of data that paths follow
NONE = type(None)
OF_DATA = ("data_dir", "size", "limit", "labels_per_class", "seed", "background", "fit", "stream")
OF_DATA += ("label_column", "order", "flip", "crop", "color")
KINDS = {  # of the fields that are no counts
    "data": (str,),
    "data_dir": (str, NONE),
    "size": (int, list, tuple, NONE),
    "background": (str,),
    "fit": (str,),
    "label_column": (str, NONE),
    "stream": (bool, NONE),
    "order": (str, NONE),
    "flip": (bool,),
    "crop": (int,),
    "color": (float, int),
    "data_version": (int,),
    "on_divergence": (str,),
    "strategy": (str,),
    "jit_compile": (bool, NONE),
    "settings": (dict,),
    "start": (str, NONE),
    "freeze": (list, tuple),
    "learning_rate": (float, int, dict, NONE),
}


@dataclasses.dataclass
class Config:
    """How a model is trained.

    Args:
        model: name of the catalogue.
        data: name or path of a data set, as `zoo.training.data.load` takes it.
        data_dir, size, limit, labels_per_class, background, fit, label_column, stream, order,
            flip, crop, color: those of `zoo.training.data.load`.
        epochs: passes over the training data.
        batch_size: of one move; the model's own where None.
        latent_dim: size of the code or noise.
        seed: of data, weights, order and noise.
        sample_every, save_every: epochs between pictures and between checkpoints; a tenth
            of all where None.
        save_every_steps: steps between checkpoints within an epoch; none where None.
        on_divergence: "stop", or "rollback" to the last good checkpoint with lower rates.
        learning_rate: a number for every player, or a dict by player; the paper's where None.
        precision: policy of Keras in which networks compute: "float32", "mixed_bfloat16" or
            "mixed_float16".
        jit_compile: whether to compile the step by XLA; where it pays if None (see
            `zoo.training.pace`).
        steps_per_execution: steps that one call runs; several where they are short if None.
        accumulate, ema: those of `compile`.
        strategy: "one", "mirrored", "workers" or "tpu", of `zoo.training.strategy`.
        steps_per_epoch: steps of an epoch; as many as the data fill where None.
        start: what training begins with, "from" in a file: a run, a preset or a `.keras` file;
            new weights where None; "given" where a program gave a model.
        freeze: names of parts, such as "encoder", or of layers, such as "encoder/conv*", that
            training leaves as they are.
        settings: those of the class, by name.
        data_version: `version` of `zoo.training.data.load`; that of a run stays.
    """

    model: str
    data: str = "digits"
    data_dir: str | None = None
    size: int | list | None = None
    limit: int | None = None
    labels_per_class: int | None = None
    background: str = "white"
    fit: str = "stretch"
    label_column: str | None = None
    stream: bool | None = None
    order: str | None = None
    flip: bool = False
    crop: int = 0
    color: float = 0.0
    epochs: int = 20
    batch_size: int | None = None
    latent_dim: int = 16
    seed: int = 0
    sample_every: int | None = None
    save_every: int | None = None
    save_every_steps: int | None = None
    on_divergence: str = "stop"
    learning_rate: float | dict | None = None
    precision: str = "float32"
    jit_compile: bool | None = None
    accumulate: int = 1
    ema: float | None = None
    steps_per_execution: int | None = None
    strategy: str = "one"
    steps_per_epoch: int | None = None
    start: str | None = None
    freeze: list = dataclasses.field(default_factory=list)
    settings: dict = dataclasses.field(default_factory=dict)
    data_version: int = datasets.VERSION

    def __post_init__(self):
        checks.require_type("model", self.model, str)
        self.model = self.model if self.start == GIVEN else catalogue.find(self.model).name
        for name, kinds in KINDS.items():
            checks.require_type(name, getattr(self, name), *kinds)
        for rate in rates_of(self.learning_rate):
            checks.require_rate("learning_rate", rate)
        for name in (*COUNTS, *OR_NONE, "save_every_steps"):
            value = getattr(self, name)
            if value is not None or name in COUNTS:
                checks.require_count(name, value)
        if type(self.seed) is not int or not 0 <= self.seed < 2**31:
            raise ValueError(f"`seed` must be from 0 to {2**31 - 1}. Received: {self.seed!r}.")
        self.size = list(self.size) if isinstance(self.size, (list, tuple)) else self.size
        datasets.checked_options(self)
        checks.require_choice("precision", self.precision, PRECISIONS)
        checks.require_choice("on_divergence", self.on_divergence, ("stop", "rollback"))
        strategy.check(self.strategy)
        for name in self.freeze:
            checks.require_type("freeze", name, str)
        often = max(1, self.epochs // 10)
        self.sample_every, self.save_every = self.sample_every or often, self.save_every or often

    def load_data(self):
        """The data of this run; `order` then says how it goes through them."""
        if self.data.startswith(f"{GIVEN}:"):
            raise datasets.DataError(
                "`data` of this run were given in Python: `zoo.training.run.resume(path, "
                f"data=...)` takes them. Received: {self.data!r}."
            )
        options = {name: getattr(self, name) for name in OF_DATA}
        data = datasets.load(self.data, **options, version=self.data_version)
        self.order = data.order
        return data

    def as_in(self, folder):
        """The config, with the version of the data of the run that a folder holds."""
        if not (pathlib.Path(folder) / "config.yaml").is_file():
            return self
        fields = read_yaml(pathlib.Path(folder) / "config.yaml")
        return dataclasses.replace(self, data_version=version_of(fields))

    def absolute(self):
        """With paths that mean the same wherever they are read."""
        kind, _, path = self.data.partition(":")
        data = f"{kind}:{located(path)}" if kind in FILES and path else self.data
        data = str(located(data)) if "/" in data and pathlib.Path(data).exists() else data
        begins = self.start is not None and pathlib.Path(self.start).exists()
        return dataclasses.replace(
            self,
            data=data,
            data_dir=self.data_dir and str(located(self.data_dir)),
            start=str(located(self.start)) if begins else self.start,
        )

    def as_dict(self):
        """As `config.yaml` holds it: the settings of the class lie with its name."""
        fields = dataclasses.asdict(self)
        own = fields.pop("settings")
        own = {key: list(v) if isinstance(v, tuple) else v for key, v in own.items()}
        fields |= {"freeze": list(self.freeze), "from": fields.pop("start")}
        return {**fields, "model": {"name": self.model, **own}}

    def as_published(self):
        """As `as_dict`, without what is of this machine alone: folders of data."""
        fields = {key: value for key, value in self.as_dict().items() if key != "data_dir"}
        for name in ("data", "from"):
            kind, colon, path = (fields[name] or "").rpartition(":")
            if path.startswith("/"):
                fields[name] = f"{kind}{colon}{pathlib.Path(path).name}"
        return fields

    def replaced(self, **fields):
        """With other fields, and how often pictures and checkpoints are made by its epochs."""
        return dataclasses.replace(self, sample_every=None, save_every=None, **fields)

    def as_arguments(self):
        """As `zoo.training.run.train` takes it."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, fields):
        """The config that `as_dict` gave; further entries, such as versions, are ignored."""
        checks.require_type("model", fields.get("model"), dict)
        own = dict(fields["model"])
        checks.require_type("model.name", own.get("name"), str)
        names = {field.name for field in dataclasses.fields(cls)} - {"settings"}
        fields = {**fields, "model": own.pop("name"), "data_version": version_of(fields)}
        fields["start"] = fields.get("from")
        return cls(settings=own, **{key: fields[key] for key in names if key in fields})


def located(path):
    """A path from the root."""
    return pathlib.Path(path).expanduser().absolute()


def version_of(fields):
    """The version of the data of a config: that of 0.1.0 wherever a run wrote none."""
    return fields.get("data_version", 1 if "versions" in fields else datasets.VERSION)


def rates_of(rates):
    """The learning rates that were given: of every player, or the one of all."""
    several = rates.values() if isinstance(rates, dict) else [rates]
    return [rate for rate in several if rate is not None]
