"""What `zoo sample` writes: a picture or numbers, with the data of the run or without them."""

import logging

import numpy as np

from zoo.training.files import atomic
from zoo.training.reporting.drawings import (
    draw,
    show_forecasts,
    show_samples,
    show_translations,
    translated,
)

_log = logging.getLogger(__name__)


def data_or_none(run):
    """The data of a run; None where they are not at hand, which the log tells."""
    try:
        return run.data()
    except (ValueError, OSError) as error:
        _log.warning("The data of the run are not at hand: %s", error)
        return None


def label_of(model, run, label):
    """The number of a class that is asked for by its name or number; None for each in turn."""
    if label is None:
        return None
    if "labels" not in model.offered().get("sample", ()):
        raise ValueError(
            f"`--label` goes with models that draw of a class. Received: {label!r}, for "
            f"{type(model).__name__}."
        )
    names = run.provenance().get("data", {}).get("class_names") or []
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < model.num_classes:
        return int(label)
    known = f", or of {', '.join(map(str, names))}" if names else ""
    raise ValueError(
        f"`--label` must be from 0 to {model.num_classes - 1}{known}. Received: {label!r}."
    )


def write(model, run, path, kind, count, seed, label=None):
    """Writes what a model draws, or makes of held-out data, to a file of a kind."""
    translates = model.targets in ("pair", "domain") and "sample" not in model.verbs
    if kind == "png" and translates:
        show_translations(model, path, run.data(), count, seed)
    elif kind == "png" and "forecast" in model.verbs:
        show_forecasts(model, path, run.data().test, count, seed)
    elif kind == "png":
        data = None if len(model.data_shape) == 3 else data_or_none(run)
        show_samples(model, path, data and data.test, count, seed, label)
    else:
        numbers(model, run, path, kind, count, seed, label, translates)


def numbers(model, run, path, kind, count, seed, label, translates):
    """Writes the values themselves: an array, or a row of text for each example."""
    rows = translated(model, run.data().test[:count], seed) if translates else None
    rows = draw(model, count, seed, label=label) if rows is None else rows
    if kind == "npy":
        with atomic(path, rows.nbytes) as partial:
            np.save(partial, rows, allow_pickle=False)
        return
    flat = rows.reshape(len(rows), -1)
    with atomic(path, 10 * flat.size) as partial:
        header = ",".join(f"x{number}" for number in range(flat.shape[1]))
        np.savetxt(partial, flat, "%.9g", ",", header=header, comments="")
