"""What data a model takes: arrays, rows that are read later, datasets; errors name the argument."""

import logging
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.input_pipeline import assertions
from zoo.input_pipeline.rows import Mapped, Rows, is_indexed, sides_of

_log = logging.getLogger(__name__)


def unpack(data: Any):
    """`(x, y)` of an element of a dataset; y is None where the model takes none."""
    if not isinstance(data, (tuple, list)):
        return data, None
    if len(data) > 2 and data[2] is not None:
        raise ValueError("Sample weights are not used by generative models. Received: 3 entries.")
    sides = list(data)
    return sides[0], sides[1] if len(sides) > 1 else None


def checked_sides(model, x, y, argument="x"):
    """`x` and `y` as arrays or `Rows` of what the model takes, or an error that says why not."""
    if is_indexed(x) and not isinstance(x, (Rows, keras.utils.PyDataset)):
        x, items = sides_of(x, argument)
        if y is not None and items is not None:
            raise ValueError(f"`y` must be None where `{argument}` gives pairs. Received: both.")
        y = items if items is not None else y
    if isinstance(y, Rows) or is_indexed(y):
        y = y if isinstance(y, Rows) else sides_of(y, "y")[0]
    return checked_arrays(model, x, y, argument)


def checked_arrays(model, x, y, argument="x"):
    """`x` and `y` as arrays of the dtype the model takes, or an error that says why not."""
    refuse_unreadable(x, argument)
    x = checked_data(model, as_array(x, argument), argument)
    if model.targets == "none":
        if y is not None:
            raise ValueError(f"{type(model).__name__} takes no labels: `y` must be None.")
        return x, None
    if y is None:
        raise ValueError(f"{type(model).__name__} needs `y`: targets are {model.targets!r}.")
    y = as_array(y, "y")
    y = checked_labels(model, y) if "labels" in model.targets else checked_data(model, y, "y")
    if len(x) != len(y) and model.targets != "domain":
        raise ValueError(f"`x` and `y` must have as many rows. Received: {len(x)} and {len(y)}.")
    return x, y


def refuse_unreadable(x, argument):
    """Refuses what is neither an array nor read by index."""
    if isinstance(x, keras.utils.PyDataset):
        raise TypeError(
            f"`{argument}` must be an array, a `tf.data.Dataset` or an object whose "
            "`__getitem__(index)` gives one example. Received: a PyDataset, whose batches no order "
            "of (seed, epoch) can repeat."
        )
    if x is None or not hasattr(x, "__len__") or isinstance(x, (str, dict)):
        raise TypeError(
            f"`{argument}` must be an array, an object that gives an example for an index, or a "
            "`tf.data.Dataset` (for a generator: `tf.data.Dataset.from_generator`). "
            f"Received: {type(x).__name__}."
        )


def as_array(given, argument):
    """What was given as one array; rows of unlike shapes are none. `Rows` stay as they are."""
    if isinstance(given, Rows):
        return given
    if isinstance(given, np.memmap):
        return Mapped(given)
    try:
        return np.asarray(given)
    except ValueError as error:
        kind = type(given).__name__
        raise ValueError(
            f"`{argument}` must be an array of rows of one shape. "
            f"Received: a {kind} of {len(given)}."
        ) from error


class Checked(Rows):
    """Rows of which each batch is checked when it is read.

    Args:
        rows: the others.
        check: (array, words on where it is) -> the array as the model takes it.
        dtype: of what it gives.
    """

    is_checked = True

    def __init__(self, rows, check, dtype):
        super().__init__(len(rows), rows.shape[1:], dtype)
        self.rows, self.check = rows, check

    def read(self, indices):
        return self.check(self.rows.read(indices), indices)

    def read_in_epoch(self, indices, epoch):
        return self.check(self.rows.read_in_epoch(indices, epoch), indices)


def checked_data(model, x, argument):
    """Float data: kind, shape, no NaN, range. Other floats are converted."""
    require_floats(model, x, argument)
    shape = model.target_shape if argument == "y" else model.data_shape
    require_shape(x.shape, shape, argument)
    if not len(x):
        raise ValueError(f"`{argument}` must hold at least one example. Received: none.")
    if x.dtype != np.float32:
        _log.info("`%s` is converted from %s to float32.", argument, x.dtype)
    if not isinstance(x, Rows):
        return checked_values(model, x, argument)
    if x.is_checked:
        return x
    return Checked(x, lambda rows, at: checked_values(model, rows, argument, at), np.float32)


def require_floats(model, x, argument):
    """Refuses numbers that are no floats."""
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(
            f"`{argument}` must be float32{range_words(model)}. Received: dtype {x.dtype}. "
            "Scale images with `x.astype('float32') / 255`, or load them with `zoo.training.data`."
        )


def require_shape(given, shape, argument):
    """Refuses rows of another shape than that of the data of a model."""
    if tuple(given[1:]) != tuple(shape):
        hint = ""
        if len(shape) == 3 and shape[-1] == 1 and tuple(given[1:]) == tuple(shape[:-1]):
            hint = f" The channel axis is missing: `{argument}[..., None]` has it."
        elif tuple(given) == tuple(shape):
            hint = f" The batch axis is missing: `{argument}[None]` has it."
        raise ValueError(
            f"`{argument}` must have shape (batch, {', '.join(map(str, shape))}). "
            f"Received: {tuple(given)}.{hint}"
        )


def checked_values(model, x, argument, rows=None):
    """float32 rows, all finite and in the model's range.

    Args:
        rows: which rows of the data they are; all of them, in order, where None.
    """
    with np.errstate(over="ignore"):
        floats = x if x.dtype == np.float32 else x.astype(np.float32)
    finite = np.isfinite(floats)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        value, beyond = x[where], " (beyond float32)" * bool(np.isfinite(x[where]))
        where = where if rows is None else (int(rows[where[0]]), *where[1:])
        raise ValueError(
            f"`{argument}` must be finite. Received: {value}{beyond} at index {where}."
        )
    low, high = model.data_range or (-np.inf, np.inf)
    if model.data_range and (floats.min() < low or floats.max() > high):
        row = "" if rows is None else f" in row {int(rows[first_outside(floats, low, high)])}"
        raise ValueError(
            f"`{argument}` must be{range_words(model)}. "
            f"Received: values from {floats.min():.4g} to {floats.max():.4g}{row}."
        )
    return floats


def first_outside(x, low, high):
    """The first row that has a value outside of a range."""
    return int(np.argmax(((x < low) | (x > high)).reshape(len(x), -1).any(axis=1)))


def checked_labels(model, y):
    """Labels: integers from 0, or from -1 (unknown) where some may be missing."""
    if not np.issubdtype(y.dtype, np.integer):
        raise TypeError(f"`y` must be integer labels. Received: dtype {y.dtype}.")
    if tuple(y.shape[1:]) != model.label_shape:
        words = ", ".join(["batch", *map(str, model.label_shape)]) + "," * (not model.label_shape)
        raise ValueError(f"`y` must have shape ({words}). Received: {tuple(y.shape)}.")
    if isinstance(y, Rows):
        return Checked(y, lambda rows, at: checked_label_values(model, rows), np.int32)
    return checked_label_values(model, y)


def checked_label_values(model, y):
    """int32 labels that are classes of the model."""
    lowest = -1 if model.targets == "some_labels" else 0
    if y.size and (y.min() < lowest or (y > model.highest_label).any()):
        raise ValueError(
            f"`y` must be in [{lowest}, {model.highest_label}]. "
            f"Received: labels from {y.min()} to {y.max()}."
        )
    return y.astype(np.int32)


def checked_dataset(model, data, cuts, argument="x", steps=None):
    """A dataset whose first batch is right, and whose others must be when they come; it keeps
    its own batches and order.

    Args:
        cuts: into how many parts each batch must fall.
        steps: what bounds it: (name of the option, its value).
    """
    refuse_elements(data.element_spec, argument)
    refuse_endless(data, argument, *(steps or ("steps_per_epoch", None)))
    first = next(iter(data.take(1)), None)
    if first is None:
        raise ValueError(f"`{argument}` must hold at least one batch. Received: an empty dataset.")
    x, y = unpack(first)
    checked_arrays(model, x.numpy(), None if y is None else y.numpy(), argument)
    spec = data.element_spec
    rows = (spec[0] if isinstance(spec, tuple) else spec).shape[0]
    if cuts > 1 and (rows is None or rows % cuts):
        raise ValueError(
            f"One step of {type(model).__name__} cuts its batch into {cuts} parts: the dataset "
            f"must have a static batch that is a multiple of {cuts} "
            f"(`batch(..., drop_remainder=True)`). Received: {rows}."
        )
    return assertions.checked(model, data, argument)


def refuse_elements(spec, argument):
    """Refuses a dataset that yields anything but x or (x, y), each one tensor."""
    entries = spec if isinstance(spec, (tuple, list)) else (spec,)
    if len(entries) <= 3 and all(isinstance(entry, tf.TensorSpec) for entry in entries[:2]):
        return
    found, remedy = "another structure", "lambda batch: batch"
    if isinstance(spec, dict):
        keys = sorted(map(str, spec))
        found, remedy = f"a dict of {', '.join(keys)}", f"lambda batch: batch[{keys[0]!r}]"
    elif any(isinstance(entry, (tuple, list, dict)) for entry in entries):
        found, remedy = "a nested structure", "lambda x, y: x[0]"
    raise TypeError(
        f"`{argument}` must yield x or (x, y), each one tensor. Received: a dataset of {found}. "
        f"Use `.map({remedy})`."
    )


def refuse_endless(data, argument, option, steps):
    """Refuses a dataset that never ends where nothing says how many batches to take."""
    if steps is None and int(data.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            f"`{option}` must say how many batches of `{argument}` to take: the dataset is "
            "endless. Received: None."
        )


def range_words(model):
    """The range the model takes, as it stands in an error."""
    return " in [{:g}, {:g}]".format(*model.data_range) if model.data_range else ""
