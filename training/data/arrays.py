"""Arrays as the models take them, or an error that says what is wrong with them."""

import dataclasses
from typing import Any

import numpy as np


class DataError(ValueError):
    """Data that cannot be loaded or used; the message is one line that says what to do."""


@dataclasses.dataclass(frozen=True)
class Data:
    """A data set in memory.

    Attributes:
        name: of the data set.
        train, test: float32 arrays, the examples first.
        train_labels, test_labels: int32, or None.
        num_classes: how many labels, or None.
        train_targets, test_targets: what the examples are to be translated to, float32, or
            None.
        paired: the splits in which target i belongs to example i; in others the targets are
            a domain of their own, of any number.
        source: one line: what it is, and its licence.
        info: what was planted, for planted sets.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    num_classes: int | None = None
    train_targets: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    paired: tuple[str, ...] = ()
    source: str = ""
    info: dict = dataclasses.field(default_factory=dict)

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.train.shape[1:]

    @property
    def target_shape(self) -> tuple[int, ...] | None:
        """Shape of one target, or None."""
        return None if self.train_targets is None else self.train_targets.shape[1:]

    @property
    def is_sequence(self) -> bool:
        """Whether examples are (steps, ...)."""
        return len(self.data_shape) in (2, 4)

    @property
    def is_image(self) -> bool:
        """Whether examples are (height, width, channels)."""
        return len(self.data_shape) == 3


def split(x, y, name, seed, source):
    """A tenth of the rows held out, by seed."""
    order = np.random.default_rng(seed).permutation(len(x))
    held = max(1, len(x) // 10)
    test, train = order[:held], order[held:]
    labels = (None, None) if y is None else (y[train], y[test])
    return dataclasses.replace(from_arrays(x[train], x[test], *labels, name=name), source=source)


def from_arrays(
    train: Any, test: Any = None, train_labels: Any = None, test_labels: Any = None, name="arrays"
) -> Data:
    """A data set of NumPy arrays, checked; uint8 images are scaled to [0, 1].

    Args:
        train, test: (N, size), (N, height, width, channels), or with an axis of steps after the
            first; a tenth of `train` is held out where `test` is None.
        train_labels, test_labels: integers.
        name: of the data set.

    >>> from_arrays(np.zeros((20, 8, 8, 1), np.uint8)).test.shape
    (2, 8, 8, 1)
    """
    if test is None:
        return split(np.asarray(train), train_labels, name, 0, "arrays")
    x = checked(train, "train"), checked(test, "test")
    if x[0].shape[1:] != x[1].shape[1:]:
        raise DataError(f"`test` must have rows like `train`. Received: {x[1].shape[1:]}.")
    y = checked_labels(train_labels, x[0], "train"), checked_labels(test_labels, x[1], "test")
    count = None if y[0] is None else int(y[0].max()) + 1
    return Data(name, *x, *y, num_classes=count, source="arrays")


def with_targets(data, train, test, paired=True):
    """The data with targets, checked: one for each example, or a domain of their own."""
    sides = {"train_targets": checked(train, "target"), "test_targets": checked(test, "target")}
    rows = len(data.train), len(data.test)
    if paired and rows != (len(train), len(test)):
        raise DataError(
            f"`target` must have as many rows as `x`. Received: {len(train)} and {len(test)} for "
            f"{rows[0]} and {rows[1]}."
        )
    return dataclasses.replace(data, paired=("train", "test") if paired else (), **sides)


def checked(x, argument):
    """An array as float32, images in [0, 1]; or an error that names what is wrong."""
    x = np.asarray(x)
    if x.ndim not in (2, 3, 4, 5) or not len(x):
        raise DataError(
            f"`{argument}` must be (N, size), (N, steps, size), (N, height, width, channels) or "
            f"(N, steps, height, width, channels), N at least 1. Received: shape {x.shape}."
        )
    if x.dtype == np.uint8 and x.ndim >= 4:
        return x.astype(np.float32) / 255.0
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"`{argument}` must be float, or uint8 images. Received: {x.dtype}.")
    finite = np.isfinite(x)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise DataError(f"`{argument}` must be finite. Received: {x[where]} at index {where}.")
    if x.ndim >= 4 and (x.min() < 0 or x.max() > 1):
        raise DataError(
            f"`{argument}` must be in [0, 1] where it holds images. Received: values from "
            f"{x.min():.4g} to {x.max():.4g}. Divide by 255, or give uint8."
        )
    return x.astype(np.float32)


def checked_labels(y, x, argument):
    """Labels as int32, one for each row."""
    if y is None:
        return None
    y = np.asarray(y)
    if not np.issubdtype(y.dtype, np.integer) or y.shape != (len(x),):
        raise DataError(
            f"`{argument}_labels` must be {len(x)} integers. Received: {y.dtype} of {y.shape}."
        )
    return y.astype(np.int32)


def some_labels(labels, per_class, seed=0):
    """Labels of which `per_class` of each class are kept, by seed, and the others are -1."""
    counts = [] if labels is None else np.bincount(labels)
    if labels is None or type(per_class) is not int or not 0 < per_class <= min(counts, default=0):
        raise DataError(
            "`labels_per_class` must be from 1 to the examples of the smallest class. Received: "
            f"{per_class!r} where the classes have {list(counts) or 'no labels'}."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    kept = [order[labels[order] == label][:per_class] for label in range(len(counts))]
    found = np.full_like(labels, -1)
    found[np.concatenate(kept)] = labels[np.concatenate(kept)]
    return found
