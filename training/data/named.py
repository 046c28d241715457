"""Data sets by name or path, as float32 rows that every model takes.

    >>> digits = load("digits")  # real, 8 x 8, part of scikit-learn
    >>> digits.train.shape, digits.num_classes
    ((1437, 8, 8, 1), 10)

`load("mnist", data_dir="tensorflow_datasets")` loads data of TFDS, and `load("photographs/",
size=64)` what a user has: a folder of images, an .npz or a table.

Images are (N, height, width, channels) in [0, 1]; labels are int32. Nothing here imports
TensorFlow before a TFDS name is loaded.
"""

import dataclasses
import os
import pathlib

import numpy as np

from zoo.input_pipeline.augmentation import Augmented
from zoo.input_pipeline.rows import selected
from zoo.training.data import archives, pictures, planted, prepared, tables
from zoo.training.data.arrays import Part, data_of
from zoo.training.data.dataset import VERSION, Data, DataError, held_in_memory
from zoo.training.data.derived import DERIVED
from zoo.training.data.embedded import EMBEDDED
from zoo.training.data.images import Reader
from zoo.training.data.labels import some_labels
from zoo.training.data.splits import MANY

PLANTED = {
    "manifold8": lambda count, seed: planted.manifold(8, count=count, seed=seed),
    "manifold16": lambda count, seed: planted.manifold(16, count=count, seed=seed),
    "manifold8_modes": lambda count, seed: planted.manifold(8, modes=True, count=count, seed=seed),
    **{name: getattr(planted, name) for name in ("ring", "grid", "moons", "blobs", "sprites")},
    "linear_gaussian": lambda count, seed: planted.linear_gaussian(count=count, seed=seed),
    "ticks": planted.ticks,
    "rotation": lambda count, seed: planted.rotation(count // 5, seed),
    "shapes": lambda count, seed: planted.shapes(count // 5, seed),
}
PAIRED = (  # what gives targets
    "shapes, olivetti_edges2faces, brain_t1_gm, quadrants1:mnist, a folder with input/ and target/ "
    "or with trainA/ and trainB/, pairs:PATH, or an .npz with `x` and `target`"
)
KINDS = ("folder", "pairs", "npz", "npy", "csv", "parquet", "tfds")  # of paths
SUFFIXES = {".npz": "npz", ".npy": "npy", **tables.SUFFIXES}
ORDERS = ("permutation", "counter")
COUNT = 25_000  # rows of a planted set, a fifth held out


def names() -> list[str]:
    """Names that `load` knows; any other TFDS name, and any path, is tried as well."""
    return [*EMBEDDED, *PLANTED, *prepared.NAMES]


def kind_of(name):
    """(kind, path) of a name: a kind of `KINDS` and where it lies, or (None, name).

    A path alone is what it is on disk: a folder of images or of a prepared TFDS set, or a file
    by its ending. Names that are known are no paths: "./mnist" is a folder beside you.
    """
    kind, colon, path = name.partition(":")
    if colon and kind in (*KINDS, *DERIVED):
        return kind, path
    if name in names() or not is_path(name):
        return None, name
    path = pathlib.Path(name).expanduser()
    if path.is_dir():
        return ("tfds" if prepared.is_prepared(path) else "folder"), name
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(SUFFIXES)
        found = "a file" if path.is_file() else "nothing there"
        raise DataError(
            f"`data` must be a folder or a file that ends in {known}. Received: {name!r}, {found}."
        )
    return kind, name


def is_path(name):
    """Whether a name is a path: it is there, or says so by its form."""
    written = name.startswith((".", "~", os.sep)) or name.lower().endswith(tuple(SUFFIXES))
    return written or name.endswith(os.sep) or os.path.exists(name)


def load(
    name: str,
    *,
    data_dir: str | pathlib.Path | None = None,
    size: int | tuple[int, int] | None = None,
    limit: int | None = None,
    labels_per_class: int | None = None,
    seed: int = 0,
    download: bool = False,
    background: str = "white",
    fit: str = "stretch",
    label_column: str | None = None,
    stream: bool | None = None,
    order: str | None = None,
    flip: bool = False,
    crop: int = 0,
    color: float = 0.0,
    version: int = VERSION,
) -> Data:
    """A data set by name or path.

    Args:
        name: one of `names()`, another image set of TFDS, or a path: a folder of images in one
            of `zoo.training.data.layouts`, an .npz, .npy, .csv or .parquet file, a folder of
            prepared TFDS data. "KIND:PATH" says which; "pairs:PATH" is a folder of images whose
            left half is the input and whose right half is the target, "quadrants1:mnist" one made
            of another (`zoo.training.data.derived`).
        data_dir: where TFDS data lie; TFDS_DATA_DIR or its own default where None.
        size: (height, width), or one number, that images of TFDS or a folder are brought to.
        limit: keep at most so many training examples.
        labels_per_class: of the training labels, how many of each class are kept; the
            others become -1, unknown. All are kept where None.
        seed: of planted draws, of splits and of the labels that are kept.
        download: let TFDS download what is not prepared.
        background: colour behind transparent images, or "keep" for a fourth channel.
        fit: "stretch" images to `size`, or "crop" them to its proportions first.
        label_column: of a table; one that is called label or class where None.
        stream: whether examples are read from disk when they are needed; by their number where
            None. The values are the same.
        order: "permutation" or "counter", of training; by the number of examples where None.
        flip, crop, color: how training images are changed in every epoch: mirrored, moved by
            up to so many pixels, of another brightness, contrast and saturation by up to a
            factor 1 + color (`zoo.input_pipeline.augmentation`).
        version: of what is loaded: 1 is that of runs of 0.1.0.

    Raises:
        DataError: with what to do, before anything is waited for.
    """
    kind, path = kind_of(name)
    if kind in DERIVED:
        options = {"data_dir": data_dir, "size": size, "limit": limit, "stream": stream}
        source = load(path, seed=seed, download=download, version=version, **options)
        return DERIVED[kind](limited(source, None, labels_per_class, seed), seed)
    if kind in ("folder", "pairs"):
        reader = reader_of(size, background, fit)
        data = pictures.folder(path, reader, seed, halves=kind == "pairs", version=version)
    elif kind in ("npz", "npy"):
        data = archives.load(path, seed, stream, version)
    elif kind in ("csv", "parquet"):
        data = tables.load(path, kind, seed, label_column, version)
    elif name in EMBEDDED:
        data = EMBEDDED[name](seed)
    elif name in PLANTED:
        data = planted_set(name, seed)
    else:
        data = prepared.load(path, data_dir, download, pair_of(size), seed, version)
    data = held_in_memory(limited(data, limit, labels_per_class, seed), stream)
    return shown(data, seed, flip, crop, color, order, version)


def shown(data, seed, flip, crop, color, order, version):
    """The data with how training is to see its examples: changed a little, in an order."""
    sides = [data.train] + [data.train_targets] * (data.train_targets is not None)
    count = max(map(len, sides))
    default = "counter" if count > MANY and version > 1 else "permutation"
    data = dataclasses.replace(data, order=order or default)
    if not (flip or crop or color):
        return data
    if not (data.is_image and 0 <= color < 1 and 0 <= crop < min(data.data_shape[:2])):
        raise DataError(
            "`flip`, `crop` and `color` must be for images, `crop` below their sides, `color` "
            f"below 1. Received: examples of shape {data.data_shape}, crop {crop}, color {color}."
        )
    own = [  # pairs are changed alike
        Augmented(rows, seed, flip, crop, color, side * ("train" not in data.paired))
        for side, rows in enumerate(sides)
    ]
    return dataclasses.replace(data, **dict(zip(("train", "train_targets"), own, strict=False)))


def checked_options(options):
    """Refuses options of data that `load` would refuse, before anything is read.

    Args:
        options: has them as attributes.
    """
    pair_of(options.size)
    reader_of(options.size, options.background, options.fit)
    if options.order not in (None, *ORDERS):
        raise DataError(f"`order` must be {' or '.join(ORDERS)}. Received: {options.order!r}.")
    if not (options.crop >= 0 and 0 <= options.color < 1):
        raise DataError(
            "`crop` must be at least 0 and `color` from 0 to below 1. Received: "
            f"{options.crop} and {options.color}."
        )
    if options.data_version not in range(1, VERSION + 1):
        raise DataError(
            f"`data_version` must be from 1 to {VERSION}. Received: {options.data_version!r}."
        )


def limited(data, limit, labels_per_class, seed):
    """The data with fewer training examples, or fewer labels."""
    sides = ("train", "train_labels", "train_targets")
    kept = {side: getattr(data, side) for side in sides if getattr(data, side) is not None}
    if limit is not None:
        kept = {side: selected(own, range(min(limit, len(own)))) for side, own in kept.items()}
    if labels_per_class is not None:
        labels = kept.get("train_labels")
        kept["train_labels"] = some_labels(labels, labels_per_class, seed)
    return dataclasses.replace(data, **kept)


def pair_of(size):
    """(height, width) of a size that is given as one number or two."""
    if size is None:
        return None
    sides = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(sides) != 2 or any(not isinstance(n, (int, np.integer)) or n < 1 for n in sides):
        raise DataError(
            f"`size` must be a positive integer, or height and width. Received: {size!r}."
        )
    return tuple(int(n) for n in sides)


def reader_of(size, background, fit):
    """The `Reader` of these options."""
    try:
        return Reader(pair_of(size), background, fit)
    except ValueError as error:
        raise DataError(str(error)) from error


def planted_set(name, seed):
    """A planted set of `PLANTED`, a fifth held out."""
    x, info = PLANTED[name](COUNT, seed)
    labels, targets = info.get("mode"), info.get("target")
    kept = len(x) * 4 // 5
    parts = [
        Part(*(None if side is None else side[rows] for side in (x, labels, targets)))
        for rows in (slice(0, kept), slice(kept, None))
    ]
    data = data_of(*parts, name=name, source=f"planted, seed {seed}")
    return dataclasses.replace(data, info=info)
