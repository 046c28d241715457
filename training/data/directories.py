"""The images of a folder and of the folders inside it, and what is passed over."""

import collections
import dataclasses
import hashlib
import os
import pathlib
from typing import NamedTuple

from zoo.training.data.dataset import DataError
from zoo.training.data.images import OTHERS, SUFFIXES

SHOWN = 5  # names in a message
DEEPEST = 50  # levels of folders
UNPACKED = ("__macosx",)  # folders that archives leave behind


class File(NamedTuple):
    """One image: its path from the root, and what changes where it is written anew."""

    path: str
    stamp: bytes  # of its size, times of change and number in the file system


@dataclasses.dataclass
class Folder:
    """The images of a folder and of those inside it.

    Attributes:
        path: of the folder, from the root.
        files: of the images that lie in it itself, by name.
        folders: name -> `Folder`, those without any image left out.
    """

    path: str
    files: list
    folders: dict

    @property
    def count(self):
        """How many images there are, at any depth."""
        return len(self.files) + sum(folder.count for folder in self.folders.values())

    def every(self):
        """All files, those of a folder after those beside it."""
        found = list(self.files)
        for folder in self.folders.values():
            found += folder.every()
        return found


class Walk:
    """Goes through a folder once.

    Args:
        root: its path.
        suffixes: of the files that are images.
    """

    def __init__(self, root, suffixes=SUFFIXES):
        self.root, self.suffixes = pathlib.Path(root), suffixes
        self.others, self.broken, self.loops = collections.Counter(), [], []
        self.links = self.hidden = 0

    def folder(self, path, above):
        """The `Folder` at a path from the root; `above`: folders that it lies in, resolved."""
        if len(above) > DEEPEST:
            raise DataError(f"`data` must have at most {DEEPEST} levels. Received: {path[:80]}...")
        place = os.path.join(self.root, path)
        here = os.path.realpath(place)
        files, inner = [], {}
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
            if entry.name.startswith(".") or entry.name.lower() in UNPACKED:
                self.hidden += 1
                continue
            own = os.path.join(path, entry.name)
            if entry.is_dir():
                self.links += entry.is_symlink()
                if os.path.realpath(entry.path) in (*above, here):
                    self.loops.append(own)
                    continue
                folder = self.folder(own, (*above, here))
                if folder.count:
                    inner[entry.name] = folder
            else:
                self.file(entry, own, files)
        return Folder(path, files, inner)

    def file(self, entry, path, files):
        """Adds a file to `files` where it is an image, else counts it."""
        suffix = os.path.splitext(entry.name)[1].lower()
        if suffix not in self.suffixes:
            self.others[suffix] += 1
            return
        try:
            stat = entry.stat()
            numbers = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
            files.append(
                File(path, hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest())
            )
        except OSError:
            self.broken.append(path)

    def notes(self):
        """What is to be said of what was passed over."""
        found, pictures = [], {s: n for s, n in self.others.items() if s in OTHERS}
        if pictures:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(pictures.items()))
            found.append(f"images of other formats are not read: {kinds}")
        if self.broken:
            found.append(f"links without a file are not read: {listed(self.broken)}")
        if self.loops:
            found.append(f"links to a folder around them are not followed: {listed(self.loops)}")
        return found


def listed(names):
    """The first few of some names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
