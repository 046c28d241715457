"""Labels of classes: checked, numbered from 0, kept for a few examples."""

import warnings

import numpy as np

from zoo.training.data.dataset import DataError
from zoo.training.data.directories import listed

MOST = 2**31 - 1
SHOWN = 20  # names of classes in a line


def checked_labels(y, rows, argument):
    """Labels as an array of integers or of words, one for each row.

    Args:
        y: labels, or None.
        rows: how many there must be.
        argument: what they are called in an error.
    """
    if y is None:
        return None
    y = np.asarray(y)
    y = y.astype(np.int32) if y.dtype == bool else y
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    words = y.dtype.kind == "U"
    if not (words or np.issubdtype(y.dtype, np.integer)) or y.shape != (rows,):
        hint = ": use `np.argmax(y, axis=1)`" if y.ndim == 2 and len(y) == rows else ""
        raise DataError(
            f"`{argument}` must be {rows} integers. Received: {y.dtype} of {y.shape}{hint}."
        )
    if not words and y.size and (y.min() < -1 or y.max() > MOST):
        raise DataError(
            f"`{argument}` must be from -1, which is unknown, to {MOST}. "
            f"Received: labels from {y.min()} to {y.max()}."
        )
    return y


def numbered(splits, names=None):
    """Labels of all splits as int32 that number their classes, and the names of these.

    Labels that are words, or leave numbers out, get numbers of their own, aloud.

    Args:
        splits: arrays of `checked_labels`, or None.
        names: of the classes, where they are known.
    """
    given = [y for y in splits if y is not None]
    if not given:
        return list(splits), ()
    unlike = len({y.dtype.kind == "U" for y in given}) > 1
    if unlike:
        raise DataError("Labels must be integers or words in all splits. Received: some of each.")
    values = np.unique(np.concatenate([np.unique(y) for y in given]))
    classes = values if values.dtype.kind == "U" else values[values >= 0]
    if not len(classes):
        raise DataError("Labels must be known for some rows. Received: -1 for all.")
    count = len(names) if names else len(classes)
    if classes.dtype.kind != "U" and classes[-1] < count:
        words = tuple(names) if names else tuple(map(str, range(count)))
        return [None if y is None else y.astype(np.int32) for y in splits], words
    if names:
        raise DataError(
            f"Labels must be below {count}, the number of their names. Received: {classes[-1]}."
        )
    if classes.dtype.kind != "U":
        warnings.warn(
            f"labels leave numbers out and are numbered anew: {listed(map(str, classes))} are "
            f"classes 0 to {count - 1}",
            stacklevel=2,
        )
    return [None if y is None else positions(y, classes) for y in splits], tuple(map(str, classes))


def positions(y, classes):
    """The place of each label among the classes, int32; -1 stays unknown."""
    found = np.searchsorted(classes, y).astype(np.int32)
    return found if y.dtype.kind == "U" else np.where(y < 0, -1, found).astype(np.int32)


def some_labels(labels, per_class, seed=0):
    """Labels of which `per_class` of each class are kept, by seed, and the others are -1."""
    counts = [] if labels is None else np.bincount(labels[labels >= 0])
    if labels is None or type(per_class) is not int or not 0 < per_class <= min(counts, default=0):
        raise DataError(
            "`labels_per_class` must be from 1 to the examples of the smallest class. Received: "
            f"{per_class!r} where the classes have {list(counts) or 'no labels'}."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    kept = [order[labels[order] == label][:per_class] for label in range(len(counts))]
    some = np.full_like(labels, -1)
    some[np.concatenate(kept)] = labels[np.concatenate(kept)]
    return some


def described(class_names):
    """Names of classes as the end of a line that tells of data; nothing where there are none."""
    if tuple(class_names) == tuple(map(str, range(len(class_names)))):  # or there are none
        return f", {len(class_names)} classes" if class_names else ""
    shown = ", ".join(class_names[:SHOWN])
    more = f" and {len(class_names) - SHOWN} more" if len(class_names) > SHOWN else ""
    return f", {len(class_names)} classes: {shown}{more}"
