"""Arrays and rows as the models take them, or an error that says what is wrong with them."""

import dataclasses
import hashlib
import warnings
from typing import Any

import numpy as np

from zoo.input_pipeline.rows import Mapped, Rows, blocks, is_indexed, selected, sides_of
from zoo.training.data.dataset import VERSION, Data, DataError
from zoo.training.data.labels import checked_labels, numbered
from zoo.training.data.splits import held_out
from zoo.training.data.stored import Converted, Scaled, scaled

SMALLEST = 8  # sides of an image


@dataclasses.dataclass(frozen=True)
class Part:
    """One split as it is given: rows, and labels and targets where there are some."""

    x: Any
    labels: Any = None
    targets: Any = None

    def chosen(self, rows, targets=None):
        """Some rows of it, and the same of its targets unless others are given."""
        targets = rows if targets is None else targets
        return Part(
            selected(self.x, rows),
            None if self.labels is None else self.labels[rows[:]],
            None if self.targets is None else selected(self.targets, targets),
        )


def from_arrays(
    train: Any,
    test: Any = None,
    train_labels: Any = None,
    test_labels: Any = None,
    name="arrays",
    seed=0,
) -> Data:
    """A data set of arrays, checked; uint8 images are scaled to [0, 1].

    Args:
        train, test: (N, size), (N, height, width, channels), or with an axis of steps after the
            first; a tenth of `train` is held out where `test` is None. Objects that give an
            example, or a pair of example and label, for an index are read when they are needed.
        train_labels, test_labels: integers or words.
        name: of the data set.
        seed: of what is held out.

    >>> from_arrays(np.zeros((20, 8, 8, 1), np.uint8)).test.shape
    (2, 8, 8, 1)
    """
    parts = [part_of(train, train_labels, "train")]
    parts += [] if test is None else [part_of(test, test_labels, "test")]
    return data_of(*parts, name=name, source="arrays", seed=seed)


def part_of(x, y, argument):
    """Rows of an array or of an object that is read by index, and their labels."""
    if isinstance(x, np.memmap):
        return Part(Mapped(x), y)
    if isinstance(x, Rows) or not is_indexed(x):
        return Part(x if isinstance(x, Rows) else np.asarray(x), y)
    rows, labels = sides_of(x, argument)
    return Part(rows, y if labels is None else np.asarray(labels))


def data_of(
    train, test=None, *, name, source, seed=0, class_names=None, paired=None, version=VERSION
):
    """A data set of one split or two, checked; of one a tenth is held out.

    Args:
        train, test: `Part`s.
        name, source: of the data set.
        seed: of what is held out.
        class_names: of the labels, where they are known.
        paired: whether target i belongs to example i; where they are as many if None.
        version: of `zoo.training.data.dataset`.
    """
    train = checked_part(train, "train")
    if test is None:
        train, test = held_out_of(train, seed, version)
    else:
        test = checked_part(test, "test")
    if train.x.shape[1:] != test.x.shape[1:]:
        raise DataError(f"`test` must have rows like `train`. Received: {test.x.shape[1:]}.")
    alike = {
        s: p.targets is not None and len(p.targets) == len(p.x)
        for s, p in (("train", train), ("test", test))
    }
    data = Data(
        name,
        train.x,
        test.x,
        train_targets=train.targets,
        test_targets=test.targets,
        paired=tuple(split for split in alike if alike[split] and paired is not False),
        source=source,
    )
    if train.labels is None:
        return data
    return labelled(data, train.labels, test.labels, class_names, version)


def checked_part(part, split):
    """A part whose rows, labels and targets are checked."""
    x = checked(part.x, split)
    targets = None if part.targets is None else checked(part.targets, "target")
    return Part(x, checked_labels(part.labels, len(x), f"{split}_labels"), targets)


def held_out_of(part, seed, version):
    """The part without a tenth of its rows, and that tenth."""
    rows = held_out(len(part.x), part.labels, seed, version)
    others = (None, None)
    if part.targets is not None and len(part.targets) != len(part.x):  # a domain of its own
        others = held_out(len(part.targets), None, seed, version)
    return [part.chosen(*both) for both in zip(rows, others, strict=True)]


def labelled(data, train, test, class_names=None, version=VERSION):
    """The data with labels of `checked_labels`, numbered from 0 and counted over both splits."""
    if version == 1:
        labels: list[Any] = [None if y is None else y.astype(np.int32) for y in (train, test)]
        class_names = class_names or tuple(map(str, range(int(labels[0].max()) + 1)))
    else:
        labels, class_names = numbered((train, test), class_names)
    return dataclasses.replace(
        data,
        train_labels=labels[0],
        test_labels=labels[1],
        num_classes=len(class_names),
        class_names=tuple(class_names),
    )


def checked(x, argument):
    """Rows as float32, images in [0, 1]; or an error that names what is wrong.

    Args:
        x: an array, or `Rows`, every value of which is looked at once.
        argument: what it is called in an error.
    """
    if getattr(x, "is_checked", False):
        return x
    require_shape(x, argument)
    if x.dtype == np.uint8 and x.ndim >= 4:
        return Scaled(x) if isinstance(x, Rows) else scaled(x)
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"`{argument}` must be float, or uint8 images. Received: {x.dtype}.")
    low, high, digest = np.inf, -np.inf, hashlib.sha256(f"{x.shape} {x.dtype}".encode())
    for number, rows in enumerate(blocks(x, len(x) if isinstance(x, np.ndarray) else 1024)):
        rows = finite(rows, argument, 1024 * number)
        low, high = min(low, rows.min()), max(high, rows.max())
        if isinstance(x, Rows):
            digest.update(rows.tobytes())
        require_range(rows, argument)
    if x.ndim == 3 and low >= 0 and high <= 1 and min(x.shape[1:]) >= SMALLEST:
        steps, size = x.shape[1:]
        warnings.warn(
            f"`{argument}` of shape {tuple(x.shape)} is taken as sequences of {steps} steps of "
            f"{size} numbers; if it holds grey images, the channel axis is missing: x[..., None]",
            stacklevel=2,
        )
    if isinstance(x, Rows):
        return Converted(x, lambda rows: finite(rows, argument), digest.hexdigest())
    return rows


def require_shape(x, argument):
    """Refuses arrays of other axes than data have."""
    if x.dtype == np.uint8 and x.ndim == 3:
        raise DataError(
            f"`{argument}` must be (N, height, width, channels) where it holds images. Received: "
            f"shape {tuple(x.shape)}: the channel axis is missing; give x[..., None]."
        )
    if x.ndim not in (2, 3, 4, 5) or not len(x):
        raise DataError(
            f"`{argument}` must be (N, size), (N, steps, size), (N, height, width, channels) or "
            f"(N, steps, height, width, channels), N at least 1. Received: shape {tuple(x.shape)}."
        )


def finite(x, argument, first=0):
    """Rows as float32, refused where a number is not finite.

    Args:
        first: the index of the first of them, as it is told.
    """
    with np.errstate(over="ignore"):
        floats = x.astype(np.float32)
    good = np.isfinite(floats)
    if not good.all():
        where = tuple(int(i) for i in np.argwhere(~good)[0])
        beyond = " (beyond float32)" * bool(np.isfinite(x[where]))
        index = (first + where[0], *where[1:])
        raise DataError(
            f"`{argument}` must be finite. Received: {x[where]}{beyond} at index {index}."
        )
    return floats


def require_range(x, argument):
    """Refuses images out of [0, 1]."""
    if x.ndim >= 4 and (x.min() < 0 or x.max() > 1):
        raise DataError(
            f"`{argument}` must be in [0, 1] where it holds images. Received: values from "
            f"{x.min():.4g} to {x.max():.4g}. Divide by 255, or give uint8."
        )
