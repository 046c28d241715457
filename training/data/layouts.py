"""What a folder of images is: one set, classes, splits, pairs or two domains.

    images/*.png                                    one set, a tenth held out
    cat/*.png dog/*.png                             classes
    train/... test/... (or val/, valid/)            splits, of either
    input/*.png target/*.png                        pairs by name; also within splits
    trainA/ trainB/ testA/ testB/                   two domains

Links to folders are followed. Names that begin with a dot are passed over.
"""

import collections
import dataclasses
import os
import pathlib

from zoo.training.data.dataset import DataError
from zoo.training.data.directories import Walk, listed
from zoo.training.data.images import SUFFIXES

SPLITS = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "val": ("val", "valid", "validation", "dev"),
}
DOMAINS = ("traina", "trainb", "testa", "testb")
PAIR = ("input", "target")


@dataclasses.dataclass
class Layout:
    """What the files of a folder are.

    Attributes:
        root: of their paths.
        kind: "images", "pairs" or "domains".
        sides: (split, side) -> files; split "train" or "test", side "x" or "target". Without
            "test" a part is to be held out.
        labels: (split, "x") -> class of each file; None without classes.
        class_names: of the labels.
        notes: what is to be said aloud, a line each.
        others: suffix -> how many files were passed over.
    """

    root: pathlib.Path
    kind: str
    sides: dict
    labels: dict | None = None
    class_names: tuple = ()
    notes: list = dataclasses.field(default_factory=list)
    others: collections.Counter = dataclasses.field(default_factory=collections.Counter)


def layout_of(root, suffixes=SUFFIXES):
    """The `Layout` of a folder.

    Raises:
        DataError: where it holds no images, or folders that no layout has.
    """
    walk = Walk(root, suffixes)
    folder = walk.folder("", ())
    while not folder.files and len(folder.folders) == 1:  # one folder in another
        folder = next(iter(folder.folders.values()))
    found = Layout(walk.root, "images", {}, notes=walk.notes(), others=walk.others)
    names = {name.lower(): name for name in folder.folders}
    if {"traina", "trainb"} <= names.keys():
        fill_domains(found, folder, names)
    elif set(PAIR) <= names.keys():
        found.kind = "pairs"
        fill_pairs(found, folder, "train")
    else:
        fill_splits(found, folder, splits_of(folder))
    return found


def splits_of(folder):
    """Split -> folder, where the folders inside one are splits; else none."""
    known = {name: split for split, names in SPLITS.items() for name in names}
    found = {}
    for name, inner in folder.folders.items():
        split = known.get(name.lower())
        if split is None or split in found:
            found = {}
            break
        found[split] = inner
    others = [name for name in folder.folders if name.lower() not in known]
    both = {known.get(name.lower()) for name in folder.folders} >= {"train", "test"}
    if others and both:
        raise DataError(
            "`data` must hold splits or classes, not both. Received: train and test beside "
            f"{listed(others)}."
        )
    if found and "train" not in found:
        raise DataError(f"`data` must hold a split train. Received: {listed(folder.folders)}.")
    return found


def fill_splits(found, folder, splits):
    """Fills the layout of one set or of classes, in splits where there are some."""
    if not splits:
        classes = fill_classes(found, {"train": folder})
    else:
        require_alone(folder, "splits")
        if "val" in splits and "test" in splits:
            count = splits.pop("val").count
            found.notes.append(f"the split of validation is not used, test is: {count} images")
        held_out = splits.pop("val", None) or splits.get("test")
        splits = {"train": splits["train"], **({"test": held_out} if held_out else {})}
        inner = {split: {name.lower() for name in own.folders} for split, own in splits.items()}
        if all(set(PAIR) <= names for names in inner.values()):
            found.kind = "pairs"
            for split, own in splits.items():
                fill_pairs(found, own, split)
            return
        classes = fill_classes(found, splits)
    found.class_names = tuple(classes)


def fill_classes(found, splits):
    """Fills files and labels of each split; gives the names of the classes."""
    several = [own for own in splits.values() if len(own.folders) > 1 or len(splits) > 1]
    names = {name for own in several for name in own.folders}
    if len(names) < 2:  # one set, whatever folder its images lie in
        for split, own in splits.items():
            if own.files and own.folders:
                require_alone(own, "a folder")
            found.sides[split, "x"] = own.every()
        return []
    classes, found.labels = sorted_classes(names), {}
    for split, own in splits.items():
        if not own.folders:
            raise DataError(
                f"`data` must have the classes of one split in the other. Received: {split} "
                f"without folders beside classes {listed(classes)}."
            )
        if own.files:
            names = listed(file.path for file in own.files)
            found.notes.append(f"images beside the class folders are not read: {names}")
        missing = [name for name in classes if name not in own.folders]
        if missing:
            found.notes.append(f"classes without an image in {split}: {listed(missing)}")
        files, labels = [], []
        for name in own.folders:
            files += own.folders[name].every()
            labels += [classes.index(name)] * own.folders[name].count
        found.sides[split, "x"], found.labels[split, "x"] = files, labels
    return classes


def sorted_classes(names):
    """Names of classes in the order of their labels: by number where all are whole numbers."""
    whole = all(name.isdecimal() for name in names)
    return sorted(names, key=(lambda name: (int(name), name)) if whole else None)


def require_alone(folder, beside):
    """Refuses images that lie beside folders of which it is not known what they are to them."""
    if folder.files:
        raise DataError(
            f"`data` must hold images or folders of them, not both. Received: {beside} and "
            f"{len(folder.files)} images beside: {listed(file.path for file in folder.files)}."
        )


def fill_pairs(found, folder, split):
    """Fills a split of inputs and targets whose names are equal but for the suffix."""
    names = {name.lower(): name for name in folder.folders}
    require_alone(folder, "input and target")
    others = [name for lower, name in names.items() if lower not in PAIR]
    if others:
        found.notes.append(f"folders beside input and target are not read: {listed(others)}")
    sides = []
    for side in PAIR:
        own = folder.folders[names[side]]
        inner = ((os.path.relpath(file.path, own.path), file) for file in own.every())
        stems = {os.path.splitext(path)[0]: file for path, file in inner}
        if len(stems) < own.count:
            raise DataError(
                f"`data` must hold one image of each name in {side}. Received: {own.count} images "
                f"of {len(stems)} names."
            )
        sides.append(stems)
    alone = sorted(sides[0].keys() ^ sides[1].keys())
    both = [stem for stem in sides[0] if stem in sides[1]]
    if alone:
        found.notes.append(f"images without a partner are not read: {listed(alone)}")
    if not both:
        raise DataError(
            "`data` must hold inputs and targets of equal names. Received: no two of "
            f"{len(alone)} alike."
        )
    for side, stems in zip(("x", "target"), sides, strict=True):
        found.sides[split, side] = [stems[stem] for stem in both]


def fill_domains(found, folder, names):
    """Fills two domains, and their held-out images where there are some."""
    found.kind = "domains"
    require_alone(folder, "trainA and trainB")
    others = [name for lower, name in names.items() if lower not in DOMAINS]
    if others:
        found.notes.append(f"folders beside those of domains are not read: {listed(others)}")
    if ("testa" in names) != ("testb" in names):
        raise DataError("`data` must hold testA and testB or neither. Received: one of them.")
    for lower, name in names.items():
        if lower in DOMAINS:
            side = "x" if lower.endswith("a") else "target"
            found.sides[lower[:-1], side] = folder.folders[name].every()
