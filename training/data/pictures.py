"""Folders of images as data sets."""

import dataclasses
import functools
import hashlib
import os
import pathlib
import warnings

import numpy as np

from zoo.input_pipeline.rows import selected
from zoo.training.data.arrays import Part, data_of
from zoo.training.data.dataset import VERSION, DataError
from zoo.training.data.decoding import Pictures, decoded, first_of
from zoo.training.data.directories import Walk, listed
from zoo.training.data.images import KEEP, MOST_BYTES, Reader, Unreadable
from zoo.training.data.labels import described
from zoo.training.data.layouts import Layout, layout_of
from zoo.training.data.stored import Half

DARK = 16  # how often brighter than the brightest number white may be without a word
SIDES = ("x", "target")


class Files(Pictures):
    """Images of files.

    Args:
        root: of their paths.
        files: `zoo.training.data.directories.File`s.
        reader: `Reader`.
    """

    def __init__(self, root, files, reader):
        self.root, self.files, self.reader = pathlib.Path(root), files, reader

    @functools.cached_property
    def identity(self):
        words = hashlib.sha256(repr((os.path.realpath(self.root), self.reader)).encode())
        for file in self.files:
            words.update(os.fsencode(file.path) + b"\0" + file.stamp)
        return words.hexdigest()

    def __len__(self):
        return len(self.files)

    def name(self, index):
        return self.files[index].path

    def read(self, index):
        with open(self.root / self.files[index].path, "rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Unreadable(f"a file of more than {MOST_BYTES:,} bytes")
        return self.reader.read(content)


def folder(path, reader=None, seed=0, halves=False, version=VERSION):
    """The images of a folder, whatever it holds (`zoo.training.data.layouts`).

    Args:
        path: of the folder.
        reader: `Reader`; the usual one where None.
        seed: of what is held out, where the folder does not say it.
        halves: whether each image is a pair, its left half the example and its right the target.
        version: of `zoo.training.data.dataset`.
    """
    root, reader = pathlib.Path(path).expanduser(), reader or Reader()
    if not root.is_dir():
        raise DataError(f"`data` must name a folder. Received: {str(path)!r}.")
    layout = layout_of(root) if version > 1 else layout_of_version_1(root)
    if version == 1 and reader.size is None:  # the first image gave all others its size
        first = first_of(Files(layout.root, layout.sides["train", "x"], reader))
        reader = dataclasses.replace(reader, size=first.pixels.shape[:2])
    if halves and layout.kind != "images":
        raise DataError(
            "`data` pairs:PATH must hold images that are pairs side by side. Received: a folder "
            f"of {layout.kind}: use folder:PATH."
        )
    for note in layout.notes:
        warnings.warn(note, stacklevel=3)
    parts = parts_of(layout, reader, halves)
    names = layout.class_names or None
    return data_of(
        *parts.values(),
        name=root.resolve().name,
        source=source_of(layout, parts),
        seed=seed,
        class_names=names,
        paired=layout.kind != "domains",
        version=version,
    )


def source_of(layout, parts):
    """What a folder holds, in a line."""
    count = sum(len(part.x) for part in parts.values())
    kind = {"images": "images", "pairs": "pairs of images", "domains": "images of a domain"}
    words = f"{count:,} {kind[layout.kind]} of a folder"
    if layout.kind == "domains":
        count = sum(len(part.targets) for part in parts.values())
        words += f", {count:,} of another"
    return words + described(layout.class_names)


def parts_of(layout, reader, halves):
    """Split -> `Part` of the images that can be read."""
    together = [list(layout.sides)]  # of one size and as many channels
    if layout.kind == "pairs":
        together = [[key for key in layout.sides if key[1] == side] for side in SIDES]
    rows, good = {}, {}
    for keys in together:
        read_sides(layout, reader, keys, rows, good)
    parts = {}
    for split in ("train", "test"):
        keys = [(split, side) for side in SIDES if (split, side) in rows]
        if layout.kind == "pairs":
            good.update(dict.fromkeys(keys, np.logical_and.reduce([good[key] for key in keys])))
        if keys:
            parts[split] = part_of(layout, keys, rows, good, halves)
    return parts


def part_of(layout, keys, rows, good, halves):
    """The `Part` of one split."""
    chosen = {key: np.flatnonzero(good[key]) for key in keys}
    own = [selected(rows[key], chosen[key]) for key in keys]
    if len(own[0]) < 1 + (("test", "x") not in layout.sides):
        raise DataError(
            f"`data` must hold images that can be read, two at least where some are held out. "
            f"Received: {len(own[0])} in {keys[0][0]} of {str(layout.root)!r}."
        )
    if halves:
        own = [Half(own[0], number) for number in (0, 1)]
    labels = None
    if layout.labels is not None:
        labels = np.asarray(layout.labels[keys[0]], np.int32)[chosen[keys[0]]]
    return Part(own[0], labels, own[1] if len(own) > 1 else None)


def read_sides(layout, reader, keys, rows, good):
    """Decodes some sides of a layout together; fills key -> uint8 rows, and which are readable."""
    files = [file for key in keys for file in layout.sides[key]]
    pictures = Files(layout.root, files, reader)
    whole, report = decoded(pictures, 4 if reader.background == KEEP else None)
    say(pictures, report)
    readable, first = np.ones(len(files), bool), 0
    readable[list(report.failures)] = False
    for key in keys:
        own = range(first, first + len(layout.sides[key]))
        rows[key], good[key] = selected(whole, own), readable[first : own.stop]
        first = own.stop


def say(pictures, report):
    """Warns of what is not shown as it is stored."""
    background, count = pictures.reader.background, len(pictures)
    warn = functools.partial(warnings.warn, stacklevel=6)
    if report.failures:
        reasons = [f"{pictures.name(k)}: {why}" for k, why in sorted(report.failures.items())]
        words = f"{len(reasons)} of {count} images could not be read: skipped."
        warn(f"{words} {listed(reasons)}")
    if report.transparent and background != KEEP:
        warn(
            f"{report.transparent} of {count} images are transparent and lie on {background} now; "
            "`background` (--background) names another colour, or keep for a fourth channel"
        )
    if report.several:
        warn(f"{report.several} of {count} files hold several images: the first of each is taken")
    if 0 < report.brightest * DARK <= report.white:
        warn(
            f"images hold numbers up to {report.brightest} where {report.white} is white: they are "
            "all but black; scale them first if that is not meant"
        )


def layout_of_version_1(root):
    """The `Layout` that version 0.1.0 saw: every folder with an image was a class."""
    walk = Walk(root, (".png", ".jpg", ".jpeg"))
    files = sorted(walk.folder("", ()).every(), key=lambda file: pathlib.Path(file.path))
    classes = sorted({pathlib.Path(file.path).parent for file in files})
    if len(classes) < 2:
        return Layout(walk.root, "images", {("train", "x"): files})
    labels = [classes.index(pathlib.Path(file.path).parent) for file in files]
    sides, labels = {("train", "x"): files}, {("train", "x"): labels}
    return Layout(walk.root, "images", sides, labels, tuple(map(str, classes)))
