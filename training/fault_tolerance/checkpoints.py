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

from zoo.saving.stored import digest, read_arrays, read_json
from zoo.training.checks import require_count
from zoo.training.files import NotWritten, is_full, space, sync

ARRAYS, RECORD, SUMS = "arrays.npz", "record.json", "SHA256SUMS"
MOST_RECORD = 200_000_000  # bytes of a record, which holds the history
_log = logging.getLogger(__name__)


class Damaged(ValueError):
    """A checkpoint is not what was written."""


class Place(typing.NamedTuple):
    """Where in training a checkpoint was made."""

    epoch: int
    step: int
    rollbacks: int = 0  # how often training went back before it
    stopped: bool = False  # made because training was asked to stop, beside the usual ones

    def __str__(self):
        back = f"-rollback-{self.rollbacks}" if self.rollbacks else ""
        return f"epoch-{self.epoch:05d}-step-{self.step:06d}{back}{'-stopped' * self.stopped}"

    @property
    def order(self):
        """What sorts places as they follow each other: after a rollback all is later."""
        return self.rollbacks, self.epoch, self.step, not self.stopped

    @classmethod
    def parse(cls, name):
        """The place of a name, or None."""
        parts = re.fullmatch(
            r"epoch-(\d{5,})-step-(\d{6,})(?:-rollback-(\d+))?(-stopped)?", name, re.ASCII
        )
        if parts is None:
            return None
        epoch, step, rollbacks = (int(n or 0) for n in parts.groups()[:3])
        return cls(epoch, step, rollbacks, parts[4] is not None)


class Checkpoints:
    """The checkpoints in a folder, of which the newest few and the best are kept.

    Args:
        folder: of the checkpoints; made when the first is written.
        keep: how many of the newest stay.
    """

    def __init__(self, folder, keep=3):
        require_count("keep", keep)
        self.folder, self.keep = pathlib.Path(folder), keep

    def places(self, stopped=True):
        """Those of all checkpoints, or of the usual ones only, the newest first."""
        names = [path.name for path in self.folder.glob("epoch-*") if path.is_dir()]
        places = [place for place in map(Place.parse, names) if place]
        chosen = [place for place in places if stopped or not place.stopped]
        return sorted(chosen, key=lambda place: place.order, reverse=True)

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
        partial = self.folder / f".{place}-{secrets.token_hex(4)}.partial"
        try:
            partial.mkdir(parents=True)
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
        if is_full(error):
            words += f"; {space(self.folder, sum(array.nbytes for array in arrays.values()))}"
        return NotWritten(error.errno, f"{words}; {kept}.")

    def read(self, place):
        """The arrays and the record of a checkpoint, each bit of which was verified.

        Raises:
            Damaged: with what is wrong.
            FileNotFoundError: if it is not there.
        """
        path = self.verified(place)
        try:
            record = read_json(path / RECORD, dict, MOST_RECORD)
            return read_arrays(path / ARRAYS), record
        except ValueError as error:
            raise Damaged(str(error)) from error

    def verified(self, place):
        """The folder of a checkpoint whose files are those that were written."""
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
        return path

    def record(self, place):
        """The record of a checkpoint that is whole."""
        try:
            return read_json(self.verified(place) / RECORD, dict, MOST_RECORD)
        except ValueError as error:
            raise Damaged(str(error)) from error

    def newest(self, aside=True, stopped=True):
        """(place, arrays, record) of the newest checkpoint that is whole, or None.

        Those that are not are named in the log and, with `aside`, renamed `damaged-...`.

        Args:
            aside: whether damaged ones are renamed.
            stopped: whether those count that were made because training was asked to stop.

        Raises:
            Damaged: if there are some and none is whole.
        """
        damaged, is_gone = [], False
        for place in self.places(stopped):
            try:
                checkpoint = (place, *self.read(place))
            except (Damaged, OSError) as error:
                if self.path(place).is_dir():
                    damaged.append((place, str(error)))
                else:
                    is_gone = True
                continue
            self._pass_over(damaged, place, aside)
            return checkpoint
        if is_gone:  # a writer has removed them, and has written others before
            return self.newest(aside, stopped)
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
        """Removes all checkpoints but the newest, the newest few of the usual ones and `best`, a
        name: how often training was stopped decides nothing about the usual ones."""
        kept = {*self.places()[:1], *self.places(stopped=False)[: self.keep]}
        for place in self.places():
            if place not in kept and str(place) != best:
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
