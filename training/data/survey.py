"""What `zoo data` tells of a data set: what is there, how it is read, and how to train on it."""

import collections
import dataclasses
import pathlib
import shlex
import warnings

import numpy as np

from zoo.saving.stored import cache_folder
from zoo.training.data.dataset import DataError
from zoo.training.data.images import FORMATS
from zoo.training.data.layouts import layout_of
from zoo.training.data.named import kind_of, load
from zoo.training.data.progress import size_words

LOOKED_AT = 2000  # files whose headers are read
SHOWN = 64  # examples in the picture
USUAL = 64  # side that is proposed where sizes differ much
MODELS = {1: "vae", 2: "td_vae", 3: "vae", 4: "td_vae"}  # by the rank of an example
USUAL_OPTIONS = {"background": ("white",), "fit": ("stretch",), "seed": (0,)}  # not repeated
TRANSLATORS = {True: "pix2pix", False: "cyclegan"}  # by whether targets are pairs


@dataclasses.dataclass
class Survey:
    """What was seen.

    Attributes:
        lines: that tell of it.
        data: the `Data`.
        command: that trains on it.
    """

    lines: list
    data: object
    command: str


def survey(name, **options):
    """The `Survey` of a data set.

    Args:
        name: as `load` takes it.
        **options: those of `load`.

    Raises:
        DataError: where it cannot be used whatever the options are.
    """
    kind, path = kind_of(name)
    lines, proposed = files_of(path) if kind in ("folder", "pairs") else ([], None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            data = load(name, **options)
        except DataError as error:
            if proposed is None or not str(error).startswith("`size` must be given"):
                raise
            lines.append(f"of several sizes: --size {proposed[0]},{proposed[1]} is what follows")
            options = {**options, "size": list(proposed)}
            data = load(name, **options)
    lines = [*head(data), *lines, *rows_of(data), *classes_of(data)]
    lines += [f"note: {words}" for words in dict.fromkeys(str(w.message) for w in caught)]
    return Survey(lines, data, command_of(name, data, options))


def head(data):
    """Name and source of a data set."""
    return [f"{data.name}: {data.source}"]


def files_of(path):
    """Lines on the image files of a folder, and the size that most of them have."""
    layout = layout_of(pathlib.Path(path).expanduser())
    lines = [f"layout: {layout.kind}"]
    for (split, side), files in layout.sides.items():
        where = f"{split}, {side}" if layout.kind != "images" else split
        lines.append(f"  {where}: {len(files):,} files")
    others = {suffix or "no ending": n for suffix, n in layout.others.items()}
    if others:
        lines.append(f"  not read: {counted(others)}")
    files = [file for files in layout.sides.values() for file in files]
    some = files[:: max(1, len(files) // LOOKED_AT)]
    stored, sizes = collections.Counter(), collections.Counter()
    for file in some:
        found = header_of(layout.root / file.path)
        stored[found[0]] += 1
        if found[1] is not None:
            sizes[found[1]] += 1
    of = f" of {len(some):,} files looked at" if len(some) < len(files) else ""
    lines.append(f"stored as: {counted(stored)}{of}")
    lines.append(f"sizes: {counted({f'{h} x {w}': n for (h, w), n in sizes.items()})}{of}")
    most = sizes.most_common(1)[0] if sizes else ((USUAL, USUAL), 0)
    return lines, most[0] if 2 * most[1] >= sum(sizes.values()) else (USUAL, USUAL)


def header_of(path):
    """(format and mode, (height, width)) of a file as its header says; None where it has none."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=tuple(FORMATS)) as image:
                return f"{image.format} {image.mode}", (image.height, image.width)
        except Exception:  # whatever a hostile file raises
            return "no image", None


def counted(counts, most=6):
    """Counts in words, the largest first."""
    ordered = collections.Counter(counts).most_common()
    words = ", ".join(f"{count:,} {name}" for name, count in ordered[:most])
    return words + (f" and {len(ordered) - most} more" if len(ordered) > most else "")


def rows_of(data):
    """Lines on the examples as a model takes them."""
    shape, targets = data.data_shape, data.target_shape
    lines = [f"examples: {' x '.join(map(str, shape))}, {range_of(data)}"]
    if targets is not None:
        pairs = "pairs" if data.paired else "of a domain of their own"
        lines.append(f"targets: {' x '.join(map(str, targets))}, {pairs}")
    lines.append(f"train: {len(data.train):,}, held out: {len(data.test):,}")
    if not data.in_memory:
        lines.append(f"read from disk when they are needed ({cache_folder()})")
    else:
        lines.append(f"in memory: {size_words(data.train.nbytes + data.test.nbytes)}")
    lines.append(f"order of training: {data.order}")
    return lines


def range_of(data):
    """The range of the first examples in words."""
    rows = np.asarray(data.train[:1000])
    return f"values from {rows.min():.4g} to {rows.max():.4g}"


def classes_of(data):
    """Lines on how many examples each class has."""
    if data.train_labels is None:
        return ["classes: none"]
    count = data.num_classes
    train, test = (
        np.bincount(y[y >= 0], minlength=count) for y in (data.train_labels, data.test_labels)
    )
    named = zip(data.class_names, train, test, strict=True)
    lines = [f"  {name}: {own:,} + {held:,}" for name, own, held in named]
    more = [f"  and {count - SHOWN} more"] if count > SHOWN else []
    return [f"classes (train + held out): {count}", *lines[:SHOWN], *more]


def command_of(name, data, options):
    """The command that trains on a data set."""
    model = MODELS[len(data.data_shape)]
    if data.train_targets is not None:
        model = TRANSLATORS["train" in data.paired]
    words = ["zoo", "train", model, "--data", name]
    for option, value in options.items():
        if value not in (None, False, *USUAL_OPTIONS.get(option, ())):
            value = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            words += [f"--{option.replace('_', '-')}", *([] if value == "True" else [value])]
    return shlex.join([*words, "--out", f"runs/{model}"])
