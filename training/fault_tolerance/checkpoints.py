"""Checkpoints as folders that are whole or not there, and known to be whole when read.

In each: `arrays.npz`, `record.json`, and `SHA256SUMS` of both as `sha256sum -c` takes it.
Imports no TensorFlow.
"""

import errno
import json
import logging
import os
import pathlib
import re
import secrets
import shutil
import typing

import numpy as np

from zoo.training.checks import require_count
from zoo.training.files import digest, sync

ARRAYS, RECORD, SUMS = "arrays.npz", "record.json", "SHA256SUMS"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_log = logging.getLogger(__name__)


class Damaged(ValueError):
    """A checkpoint is not what was written."""


class NotWritten(OSError):
    """A checkpoint could not be written; those before it are as they were."""

    def __str__(self):
        return self.strerror


class Place(typing.NamedTuple):
    """Where in training a checkpoint was made; places compare as they follow each other."""

    epoch: int
    step: int
    rollbacks: int = 0  # how often training went back before it

    def __str__(self):
        back = f"-rollback-{self.rollbacks}" if self.rollbacks else ""
        return f"epoch-{self.epoch:05d}-step-{self.step:06d}{back}"

    @classmethod
    def parse(cls, name):
        """The place of a name, or None."""
        found = re.fullmatch(r"epoch-(\d{5,})-step-(\d{6,})(?:-rollback-(\d+))?", name)
        return found and cls(*(int(number or 0) for number in found.groups()))


class Checkpoints:
    """The checkpoints in a folder, of which the newest few and the best are kept.

    Args:
        folder: of the checkpoints; made when the first is written.
        keep: how many of the newest stay.
    """

    def __init__(self, folder, keep=3):
        require_count("keep", keep)
        self.folder, self.keep = pathlib.Path(folder), keep

    def places(self):
        """Those of all checkpoints, the newest first."""
        names = [path.name for path in self.folder.glob("epoch-*") if path.is_dir()]
        return sorted(filter(None, map(Place.parse, names)), reverse=True)

    def path(self, place):
        """The folder of one checkpoint."""
        return self.folder / str(place)

    def write(self, place, arrays, record):
        """Writes a checkpoint at once; a place that has one keeps it.

        Args:
            arrays: name -> array.
            record: what else is to be known, as JSON.

        Raises:
            NotWritten: if it cannot be; all others stay as they are.
        """
        if self.path(place).exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{place}-{secrets.token_hex(4)}.partial"
        try:
            partial.mkdir()
            _fill(partial, arrays, record)
            os.rename(partial, self.path(place))
            sync(self.folder)
        except OSError as error:
            raise self._failure(place, error, arrays) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _failure(self, place, error, arrays):
        """The error of a write, with what it needed and what there is."""
        newest = next(iter(self.places()), None)
        kept = f"{self.path(newest)} stays as it was" if newest else "no checkpoint was made yet"
        words = f"The checkpoint {self.path(place)} cannot be written: {error.strerror}"
        if error.errno in FULL:
            needed, free = sum(a.nbytes for a in arrays.values()), shutil.disk_usage(self.folder)
            words += f"; it needs {needed:,} bytes, {free.free:,} are free"
        return NotWritten(error.errno, f"{words}; {kept}.")

    def read(self, place):
        """The arrays and the record of a checkpoint, each bit of which was verified.

        Raises:
            Damaged: with what is wrong.
            FileNotFoundError: if it is not there.
        """
        path = self.path(place)
        if not path.is_dir():
            raise FileNotFoundError(errno.ENOENT, "No such checkpoint", str(path))
        missing = [name for name in (ARRAYS, RECORD, SUMS) if not (path / name).is_file()]
        if missing:
            raise Damaged(f"{path} lacks {', '.join(missing)}")
        sums, written = list(_sums(path)), (path / SUMS).read_bytes()
        if written != "".join(sums).encode():
            wrong = [line.split()[1] for line in sums if line.encode() not in written]
            raise Damaged(f"{path / (wrong or [SUMS])[0]} is not what was written (SHA-256)")
        with np.load(path / ARRAYS, allow_pickle=False) as arrays:
            record = json.loads((path / RECORD).read_text(encoding="utf-8"))
            return {name: arrays[name] for name in arrays.files}, record

    def newest(self, aside=True):
        """(place, arrays, record) of the newest checkpoint that is whole, or None.

        Those that are not are named in the log and, with `aside`, renamed `damaged-...`.

        Raises:
            Damaged: if there are some and none is whole.
        """
        damaged, gone = [], False
        for place in self.places():
            try:
                found = (place, *self.read(place))
            except (Damaged, OSError) as error:
                if self.path(place).is_dir():
                    damaged.append((place, str(error)))
                else:
                    gone = True
                continue
            self._pass_over(damaged, place, aside)
            return found
        if gone:  # a writer has removed them, and has written others before
            return self.newest(aside)
        if damaged:
            raise Damaged(
                f"No checkpoint of {self.folder} is whole: {'; '.join(w for _, w in damaged)}. "
                "Move the folder away to begin anew."
            )
        return None

    def _pass_over(self, damaged, place, aside):
        """Names damaged checkpoints in the log, and renames them."""
        for other, words in damaged:
            _log.warning("%s: %s is used instead.", words, place)
            if aside:
                name = f"damaged-{other}-{secrets.token_hex(2)}"
                os.rename(self.path(other), self.folder / name)

    def prune(self, best=None):
        """Removes all checkpoints but the newest few and `best`, a name."""
        for place in self.places()[self.keep :]:
            if str(place) != best:
                self.remove(place)

    def remove(self, place):
        """Removes a checkpoint; it is never seen in part."""
        gone = self.folder / f".{place}-{secrets.token_hex(4)}.partial"
        os.rename(self.path(place), gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clean(self):
        """Removes what killed processes left; for the process that holds the folder."""
        for path in self.folder.glob(".epoch-*.partial"):
            shutil.rmtree(path, ignore_errors=True)


def _fill(folder, arrays, record):
    """Writes the three files of a checkpoint, and sends them to the disk."""
    np.savez(folder / ARRAYS, **arrays)
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (folder / SUMS).write_text("".join(_sums(folder)), encoding="utf-8")
    for path in (*folder.iterdir(), folder):
        sync(path)


def _sums(folder):
    """The lines of `SHA256SUMS` that the files of a checkpoint should have."""
    for name in (ARRAYS, RECORD):
        yield f"{digest(folder / name)}  {name}\n"
