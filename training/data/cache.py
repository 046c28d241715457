"""Rows that were made once and are kept on disk: decoded images, tables, lists of offsets.

They lie in `ZOO_CACHE` (else `~/.cache/zoo`), a folder for each set, which is found by a hash
of what it was made of. `ZOO_CACHE_LIMIT`, such as 100 GB, bounds them all together; those that
have not been used for longest go first. Work that is interrupted goes on where it was.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from zoo.saving.stored import cache_folder
from zoo.training.data.dataset import DataError
from zoo.training.data.progress import size_words
from zoo.training.data.stored import npy_rows
from zoo.training.files import write_text

FORMAT = 1  # of an entry, and of how its rows are made
LIMIT = "64 GB"
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
ROWS, JOURNAL, COMPLETE, LOCK = "rows.npy", "journal.jsonl", "complete.json", "lock"


def limit():
    """The most bytes of all entries together."""
    text = os.environ.get("ZOO_CACHE_LIMIT") or LIMIT
    number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*", text, re.I)
    if number is None:
        raise DataError(f"`ZOO_CACHE_LIMIT` must be a size, such as 64 GB. Received: {text!r}.")
    return int(float(number[1]) * UNITS[number[2].upper()])


def key_of(*parts):
    """The name of an entry, by what it is made of."""
    words = json.dumps([FORMAT, *map(str, parts)])
    return hashlib.sha256(words.encode()).hexdigest()[:40]


class Entry:
    """Rows of one set, on disk; whole, or made in part.

    Args:
        key: its name, of `key_of`.
        shape, dtype: of the rows.
    """

    def __init__(self, key, shape, dtype: DTypeLike = np.uint8):
        self.path = cache_folder() / "rows" / key
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)

    @property
    def nbytes(self):
        """Bytes of its rows."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def complete(self) -> Any:
        """(rows, report) where it is whole, else None."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            report = json.loads((self.path / COMPLETE).read_text(encoding="utf-8"))["report"]
            rows = npy_rows(self.path / ROWS)
            if rows.shape == self.shape and rows.dtype == self.dtype:
                os.utime(self.path / COMPLETE)  # it is used now
                return rows, report
        return None

    @contextlib.contextmanager
    def writer(self):
        """Gives the `Writer` that fills it, while no other process does."""
        require_room(self.nbytes, self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / LOCK, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # waits for a process that fills it
            writer = Writer(self)
            try:
                yield writer
            finally:
                writer.close()

    def remove(self):
        """Removes it; who reads it now is not disturbed."""
        shutil.rmtree(self.path, ignore_errors=True)


class Writer:
    """Fills an entry part by part; what another process has filled is kept.

    Attributes:
        reports: start -> (stop, report) of the parts that are on the disk.
    """

    def __init__(self, entry):
        self.entry, self.reports = entry, {}
        if entry.complete() is None and not self._begun():
            self._begin()
        self.rows = os.open(entry.path / ROWS, os.O_WRONLY)
        self.journal = open(entry.path / JOURNAL, "a", encoding="utf-8")

    def _begun(self):
        """Reads the journal of a process that was stopped."""
        with contextlib.suppress(OSError, ValueError):
            npy_rows(self.entry.path / ROWS)
            for line in (self.entry.path / JOURNAL).read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):  # the last may be cut
                    part = json.loads(line)
                    self.reports[part["start"]] = part["stop"], part["report"]
            return True
        return False

    def _begin(self):
        path = self.entry.path
        for name in (JOURNAL, COMPLETE):
            (path / name).unlink(missing_ok=True)
        header = {"descr": self.entry.dtype.str, "fortran_order": False, "shape": self.entry.shape}
        with open(path / ROWS, "wb") as rows:
            np.lib.format.write_array_header_1_0(rows, header)
            with out_of_room(self.entry):
                rows.flush()
                os.posix_fallocate(rows.fileno(), rows.tell(), max(self.entry.nbytes, 1))
            rows.truncate(rows.tell() + self.entry.nbytes)

    def write(self, start, block, report):
        """Writes rows from `start` on, and that they are there, in this order."""
        place = os.fstat(self.rows).st_size - self.entry.nbytes
        place += start * (self.entry.nbytes // max(self.entry.shape[0], 1))
        with out_of_room(self.entry):
            buffer = np.ascontiguousarray(block).reshape(-1).view(np.uint8).data
            while buffer:
                written = os.pwrite(self.rows, buffer, place)
                buffer, place = buffer[written:], place + written
            os.fdatasync(self.rows)
            line = {"start": start, "stop": start + len(block), "report": report}
            self.journal.write(json.dumps(line) + "\n")
            self.journal.flush()
        self.reports[start] = start + len(block), report

    def finish(self, report):
        """Says that all rows are there."""
        with out_of_room(self.entry):
            os.fsync(self.rows)
            write_text(self.entry.path / COMPLETE, json.dumps({"report": report}))
        (self.entry.path / JOURNAL).unlink(missing_ok=True)

    def close(self):
        os.close(self.rows)
        self.journal.close()


@contextlib.contextmanager
def out_of_room(entry):
    """Says what a full disk would have needed."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise full(entry.nbytes, entry.path) from error


def full(needed, path):
    """The error of a disk without room."""
    place = next(part for part in path.parents if part.exists())
    free = size_words(shutil.disk_usage(place).free)
    return DataError(
        f"The cache of data needs {size_words(needed)} in {str(cache_folder())!r}, where "
        f"{free} are free: set ZOO_CACHE to a folder with more room."
    )


def require_room(needed, path):
    """Refuses rows that do not fit, and removes others that were not used for longest."""
    most = limit()
    if needed > most:
        raise DataError(
            f"The cache of data needs {size_words(needed)}, more than its limit of "
            f"{size_words(most)}: set ZOO_CACHE_LIMIT, or a smaller `size`."
        )
    others = [entry for entry in entries() if entry[2] != path]
    used = sum(size for _, size, _ in others)
    for _, size, other in sorted(others):
        if used + needed <= most:
            break
        if removed(other):
            used -= size
    place = next(part for part in (path, *path.parents) if part.exists())
    own = (path / ROWS).stat().st_size if (path / ROWS).is_file() else 0
    if shutil.disk_usage(place).free < needed - own:
        raise full(needed, path)


def entries():
    """(when it was used, bytes, path) of every entry."""
    found = []
    for path in (cache_folder() / "rows").glob("*"):
        with contextlib.suppress(OSError):
            complete = path / COMPLETE
            used = complete if complete.is_file() else path
            found.append((used.stat().st_mtime, (path / ROWS).stat().st_size, path))
    return found


def removed(path):
    """Whether an entry that no process fills is removed."""
    try:
        with open(path / LOCK, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return False
    return True
