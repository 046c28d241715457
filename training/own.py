"""Data and models of one's own in runs: arrays, datasets, built models, and models to start from.

Imports no TensorFlow before data or a model are given.
"""

import dataclasses
import json
import pathlib
import zipfile
from typing import Any

import numpy as np

from zoo import catalogue
from zoo.contract import settings
from zoo.input_pipeline.rows import is_indexed
from zoo.saving import presets
from zoo.saving.stored import archive_damage
from zoo.training import data as datasets
from zoo.training.config import GIVEN
from zoo.training.data import Data
from zoo.training.folders import require_local

MOST_ROWS, MOST_VALUES = 10_000, 1 << 26  # of a dataset that are held: pictures, measures, priors


@dataclasses.dataclass(frozen=True)
class Streamed(Data):
    """A `tf.data.Dataset` as training takes it; its arrays are the first examples of it.

    Attributes:
        dataset: that is trained on.
        held_out: the dataset that validates it.
    """

    dataset: object = None
    held_out: object = None


def data(options):
    """The options of a run with a name for its data; the data, or None where the name says all."""
    given = options.get("data", "digits")
    if isinstance(given, str):
        return options, None
    made = as_data(given)
    return {**options, "data": f"{GIVEN}:{made.name}"}, made


def as_data(given):
    """`Data` of what a program gives."""
    if isinstance(given, Data):
        return given
    sides = given if isinstance(given, (tuple, list)) else (given, None)
    if len(sides) == 2 and hasattr(sides[0], "element_spec"):
        return streamed(*sides)
    known = [hasattr(side, "__array__") or is_indexed(side) for side in sides if side is not None]
    if len(sides) != 2 or not all(known):
        raise TypeError(
            "`data` must be the name of a data set, `zoo.training.data.Data`, an array, a pair of "
            "arrays, an object with `__len__` and `__getitem__`, or a pair of `tf.data.Dataset` "
            "(training and held-out). "
            f"Received: {type(given).__name__}."
        )
    x, y = sides
    if (
        y is None
        or is_indexed(x)
        or (np.issubdtype(np.asarray(y).dtype, np.integer) and np.ndim(y) == 1)
    ):
        return datasets.from_arrays(x, train_labels=y)
    pairs = datasets.from_arrays(x), datasets.from_arrays(y)  # rows as many are split alike
    targets = {"train_targets": pairs[1].train, "test_targets": pairs[1].test}
    paired = ("train", "test") if len(x) == len(y) else ()
    return dataclasses.replace(pairs[0], paired=paired, **targets)


def streamed(dataset, held_out=None):
    """`Streamed` of a dataset, and of the one that validates it."""
    x, y = first_rows(dataset)
    if held_out is None:
        raise ValueError(
            "`data` of a run must be a pair of datasets, for training and held out. "
            "Received: one dataset."
        )
    test_x, test_y = first_rows(held_out)
    rows: dict[str, Any] = {"train": x, "test": test_x}
    if y is not None and (test_y is None or len(test_y.shape) != len(y.shape)):
        raise ValueError("`data` held out must have labels or targets as the training data have.")
    if y is not None and y.ndim == 1:
        rows |= {"train_labels": y.astype(np.int32), "test_labels": test_y.astype(np.int32)}
    elif y is not None:
        rows |= {"train_targets": y, "test_targets": test_y, "paired": ("train", "test")}
    return Streamed("dataset", source="a dataset", dataset=dataset, held_out=held_out, **rows)


def first_rows(dataset: Any) -> Any:
    """The first examples of a dataset of batches, and what belongs to them or None."""
    sides, count = ([], []), 0
    for batch in dataset:
        pair = batch if isinstance(batch, (tuple, list)) else (batch, None)
        for rows, part in zip(sides, pair, strict=False):
            rows += [] if part is None else [np.asarray(part)]
        count += len(sides[0][-1])
        if count >= min(MOST_ROWS, MOST_VALUES // max(1, sides[0][-1][0].size)):
            break
    if not count:
        raise ValueError("`data` must hold at least one batch. Received: an empty dataset.")
    return tuple(np.concatenate(rows) if rows else None for rows in sides)


def fields(model, options):
    """The fields of a config: of a name and options, of a built model, of one to start from."""
    if isinstance(model, str) or model is None:
        has_start = options.get("start") not in (None, GIVEN)
        return of_start(model, options) if has_start else {"model": model, **options}
    entry = {e.class_name: e.name for e in catalogue.ENTRIES}.get(type(model).__name__)
    known = settings.of(type(model))
    kept = {n: getattr(model, n, None) for n in known if n in model.part_names}
    stated = {
        "model": entry or type(model).__name__,
        "start": GIVEN,
        "settings": {n: value for n, value in kept.items() if is_plain(value)},
        "latent_dim": getattr(model, "latent_dim", None) or 1,
    }
    if not model.seed_is_drawn and model.seed < 2**31:
        stated["seed"] = model.seed
    if model.compiled:
        refuse_compiled(options)
        stated |= {n: v for n, v in model.compile_options.items() if n != "run_eagerly"}
    return {**stated, **options}


def refuse_compiled(options):
    """Refuses what a compiled model has decided already."""
    for name in ("jit_compile", "accumulate", "ema", "steps_per_execution", "precision"):
        if name in options:
            raise ValueError(
                f"`{name}` goes with a model that is not compiled: a compiled one has its own. "
                f"Received: {options[name]!r}."
            )


def is_plain(value):
    """Whether a value can be written into a config."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(each, (bool, int, float, str, type(None))) for each in several)


def of_start(model, options):
    """The fields of a config whose training begins with a stored model; refuses another name."""
    start = options["start"]
    config = stored_config(file_of(start))
    entry = {e.class_name: e.name for e in catalogue.ENTRIES}.get(str(config.get("class_name")))
    if entry is None:
        raise ValueError(
            f"`from` must be a model of the zoo. Received: {start!r}, which holds "
            f"{str(config.get('class_name'))[:80]!r}."
        )
    if model is not None and catalogue.find(model).name != entry:
        raise ValueError(f"NAME must be {entry!r}, which {start!r} holds. Received: {model!r}.")
    if options.get("settings"):
        raise ValueError(
            f"Settings of the model are those of {start!r}. "
            f"Received: --model.{next(iter(options['settings']))}."
        )
    parts = config.get("config")
    latent = parts.get("latent_dim") if isinstance(parts, dict) else None
    latent = {"latent_dim": latent} if isinstance(latent, int) and latent > 0 else {}
    return {**options, "model": entry, **latent}


def file_of(start):
    """The `.keras` file of a run, of a preset or of a path."""
    require_local("from", start)
    path = pathlib.Path(start)
    path = path / "model.keras" if path.is_dir() else path
    preset = presets.root() / str(start) / "model.keras"
    if not path.is_file() and not pathlib.Path(start).is_absolute() and preset.is_file():
        path = preset
    if path.suffix != ".keras" or not path.is_file():
        raise ValueError(
            "`from` must be a finished run, a preset (see `zoo list --presets`) or a .keras file. "
            f"Received: {str(start)!r}."
        )
    return path


def stored_config(path):
    """The config in a `.keras` file."""
    damage = archive_damage(path)
    if damage is not None:
        raise ValueError(f"{path} is damaged: {damage}.")
    try:
        with zipfile.ZipFile(path) as packed:
            config = json.loads(packed.read("config.json"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: its config is no JSON.") from error
    return config if isinstance(config, dict) else {}


def source(config):
    """() -> the model that a config says to begin with, without its optimizers; None: a new one."""
    if config.start in (None, GIVEN):
        return None
    path = file_of(config.start)

    def begin():
        from zoo.saving.loading import load
        from zoo.training.copies import without_optimizers

        return without_optimizers(load(path), seed=config.seed)

    return begin
