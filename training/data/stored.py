"""Rows that lie one after the other in a file.

They are read by `os.preadv`, and not through a map of the file: mapped pages would count as
memory of this process, and a file that is cut while it is used would end it without a word.
"""

import os
import pathlib

import numpy as np

from zoo.input_pipeline.rows import Rows, fingerprint_of
from zoo.training.data.dataset import DataError

KINDS = "biufU"  # of NumPy: integers, floats and words
MOST_BYTES = 1 << 48  # of an array


class Opened:
    """A file that is open for reading until nothing reads it any more."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, buffer, place):
        """Fills a buffer from a place of the file."""
        if os.preadv(self.number, [buffer], place) != len(buffer):
            raise OSError(f"{self.path} has become shorter while it was read: begin again.")

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return type(self), (self.path,)

    def __del__(self):
        if hasattr(self, "number"):
            os.close(self.number)


class FileRows(Rows):
    """Rows of one dtype in a file, as they lie there.

    Args:
        file: `Opened`.
        offset: byte at which the first row begins.
        count, row_shape, dtype: of the rows.
    """

    def __init__(self, file, offset, count, row_shape, dtype):
        super().__init__(count, row_shape, dtype)
        self.file, self.offset = file, offset
        self.row_bytes = int(np.prod(row_shape, dtype=np.int64)) * self.dtype.itemsize
        self.digest = None  # words that change where any of them does, where they are known

    def fingerprint(self):
        return self.digest or super().fingerprint()

    def read(self, indices):
        indices = np.asarray(indices)
        rows = np.empty((len(indices), *self.shape[1:]), self.dtype)
        buffer, size = rows.reshape(-1).view(np.uint8).data, self.row_bytes
        if not len(indices):
            return rows
        starts = np.flatnonzero(np.diff(indices, prepend=-2) != 1)  # of rows that follow each other
        for first, last in zip(starts, [*starts[1:], len(indices)], strict=True):
            part = buffer[first * size : last * size]
            self.file.read(part, self.offset + int(indices[first]) * size)
        return rows


class Of(Rows):
    """Rows that are made of others, one of each.

    Args:
        rows: an array or `Rows`.
        row_shape, dtype: of one that is made.
    """

    def __init__(self, rows, row_shape, dtype=np.float32):
        super().__init__(len(rows), row_shape, dtype)
        self.rows, self.is_checked = rows, getattr(rows, "is_checked", False)

    def read(self, indices):
        return self.made(self.rows.take(indices, axis=0))

    def made(self, rows):
        """What is made of some rows."""
        raise NotImplementedError

    def fingerprint(self):
        return f"{fingerprint_of(self.rows)} {type(self).__name__} {self.shape}"


class Scaled(Of):
    """uint8 rows as float32 in [0, 1]."""

    def __init__(self, rows):
        super().__init__(rows, rows.shape[1:])
        self.is_checked = True

    def made(self, rows):
        return scaled(rows)


class Half(Of):
    """The left or the right half of images.

    Args:
        rows: of images.
        side: 0 for the left half, 1 for the right one.
    """

    def __init__(self, rows, side):
        height, width, channels = rows.shape[1:]
        if width % 2:
            raise DataError(f"Pairs side by side must be of an even width. Received: {width}.")
        super().__init__(rows, (height, width // 2, channels), rows.dtype)
        self.side = side

    def made(self, rows):
        return np.split(rows, 2, axis=2)[self.side]

    def fingerprint(self):
        return f"{super().fingerprint()} {self.side}"


class Expanded(Of):
    """Rows with one more axis, of one entry, at the end."""

    def __init__(self, rows):
        super().__init__(rows, (*rows.shape[1:], 1), rows.dtype)

    def made(self, rows):
        return rows[..., None]


class Converted(Of):
    """Rows of numbers as float32.

    Args:
        rows: the others.
        check: array -> the same as float32; refuses what is not finite.
        digest: words that change where any of the numbers does.
    """

    def __init__(self, rows, check, digest):
        super().__init__(rows, rows.shape[1:])
        self.check, self.digest, self.is_checked = check, digest, True

    def made(self, rows):
        return self.check(rows)

    def fingerprint(self):
        return self.digest


def scaled(levels):
    """uint8 levels as float32 in [0, 1]."""
    return levels.astype(np.float32) / 255.0


def npy_rows(path, start=0, size=None):
    """The `FileRows` of an array in the format of .npy, and where it ends.

    Args:
        path: of the file that holds it.
        start: byte at which it begins; several lie in an uncompressed .npz.
        size: bytes that it may take; to the end of the file where None.

    Raises:
        DataError: where its header and its size do not agree, or it holds objects.
    """
    file = Opened(path)
    size = os.fstat(file.number).st_size - start if size is None else size
    with open(path, "rb") as opened:
        opened.seek(start)
        shape, fortran, dtype = header_of(opened)
        offset = opened.tell()
    count = shape[0] if shape else 0
    needed = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
    if needed != size - (offset - start):
        raise DataError(
            f"An array must be as large as its header says. Received: {shape} of {dtype}, "
            f"{needed:,} bytes, in {size - (offset - start):,} of {str(path)!r}."
        )
    if fortran and len(shape) > 1:
        raise DataError(
            f"An array must lie in the order of C. Received: that of Fortran in {str(path)!r}: "
            "store `np.ascontiguousarray(x)`."
        )
    return FileRows(file, offset, count, shape[1:], dtype)


def header_of(opened):
    """(shape, whether in the order of Fortran, dtype) of an array in the format of .npy."""
    major, minor = np.lib.format.read_magic(opened)
    if (major, minor) not in ((1, 0), (2, 0)):
        raise DataError(f"An array must be of format 1.0 or 2.0. Received: {major}.{minor}.")
    read = (
        np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read(opened)
    if dtype.kind not in KINDS:
        raise DataError(f"An array must hold numbers. Received: {dtype} (allow_pickle=False).")
    if not shape or len(shape) > 8 or any(n < 1 for n in shape):
        raise DataError(f"An array must have rows. Received: shape {shape}.")
    size = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
    if not 0 < size <= MOST_BYTES:
        raise DataError(f"An array must have at most {MOST_BYTES:,} bytes. Received: {size:,}.")
    return shape, fortran, dtype
