"""Arrays as the models take them, or an error that says what is wrong with them."""

import numpy as np


class DataError(ValueError):
    """Data that cannot be loaded or used; the message is one line that says what to do."""


def checked(x, argument):
    """An array as float32, images in [0, 1]; or an error that names what is wrong."""
    x = np.asarray(x)
    if x.ndim not in (2, 3, 4) or not len(x):
        raise DataError(
            f"`{argument}` must be (N, size), (N, steps, size) or (N, height, width, channels), N "
            f"at least 1. Received: shape {x.shape}."
        )
    if x.dtype == np.uint8 and x.ndim == 4:
        return x.astype(np.float32) / 255.0
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"`{argument}` must be float, or uint8 images. Received: {x.dtype}.")
    finite = np.isfinite(x)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise DataError(f"`{argument}` must be finite. Received: {x[where]} at index {where}.")
    if x.ndim == 4 and (x.min() < 0 or x.max() > 1):
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
    if type(per_class) is not int or not 0 < per_class <= min(counts, default=0):
        raise DataError(
            "`labels_per_class` must be from 1 to the examples of the smallest class. Received: "
            f"{per_class!r} where the classes have {list(counts) or 'no labels'}."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    kept = [order[labels[order] == label][:per_class] for label in range(len(counts))]
    found = np.full_like(labels, -1)
    found[np.concatenate(kept)] = labels[np.concatenate(kept)]
    return found
