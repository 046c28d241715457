"""Examples that are read by their index: from files, or from objects of a user's own."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

BLOCK = 1024  # rows that are read at a time where all are gone through
SAMPLED = 1024  # rows that tell whether others are there now


class Rows:
    """A sequence of examples that `fit` takes in place of an array.

    A subclass writes `read(indices)`. Slices and arrays of indices give arrays, as of NumPy;
    `np.asarray(rows)` reads all of them.

    Args:
        count: how many examples.
        row_shape: shape of one.
        dtype: of what is read.
    """

    is_checked = False  # whether every value is known to be finite and in range

    def __init__(self, count, row_shape, dtype: DTypeLike = np.float32):
        self.shape, self.dtype = (int(count), *map(int, row_shape)), np.dtype(dtype)

    def read(self, indices):
        """The examples of these indices, an array of integers."""
        raise NotImplementedError(f"{type(self).__name__} must write `read(indices)`.")

    def read_in_epoch(self, indices, epoch):
        """As `read`, while training: an epoch may change what it shows of an example."""
        return self.read(indices)

    def __len__(self):
        return self.shape[0]

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self):
        """Bytes of all examples, once read."""
        return self.size * self.dtype.itemsize

    def take(self, indices, axis=0):
        return self.read(np.asarray(indices))

    def __getitem__(self, index):
        if isinstance(index, tuple):
            first, *rest = index
            several = isinstance(first, slice) or np.ndim(first)
            return self[first][(slice(None), *rest) if several else tuple(rest)]
        if isinstance(index, slice):
            return self.read(np.arange(*index.indices(len(self))))
        index = np.asarray(index)
        index = np.flatnonzero(index) if index.dtype == bool else index
        if index.size and not -len(self) <= index.min() <= index.max() < len(self):
            raise IndexError(f"An index must be below {len(self)}. Received: {index.max()}.")
        found = self.read(np.atleast_1d(index) % max(len(self), 1))
        return found if index.ndim else found[0]

    def __iter__(self):
        for block in blocks(self):
            yield from block

    def __array__(self, dtype=None, copy=None):
        whole = np.empty(self.shape, self.dtype)
        for start in range(0, len(self), BLOCK):
            whole[start : start + BLOCK] = self[start : start + BLOCK]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def fingerprint(self):
        """Words that are others where examples are, by a sample of at most `SAMPLED` of them."""
        words = hashlib.sha256(f"{self.shape} {self.dtype}".encode())
        for index in range(0, len(self), -(-len(self) // SAMPLED)):
            words.update(np.ascontiguousarray(self.read(np.array([index]))).tobytes())
        return words.hexdigest()

    def mean(self, axis=0):
        """The mean example."""
        if axis != 0:
            raise ValueError(f"`axis` must be 0. Received: {axis}.")
        total = sum((block.sum(axis=0, dtype=np.float64) for block in blocks(self)), np.zeros(()))
        return (total / len(self)).astype(self.dtype)

    def var(self, axis=0):
        """The variance of each number of an example."""
        mean = self.mean(axis).astype(np.float64)
        squares = (((block - mean) ** 2).sum(axis=0) for block in blocks(self))
        total = sum(squares, np.zeros(()))
        return (total / len(self)).astype(self.dtype)


def fingerprint_of(side):
    """The `fingerprint` of `Rows`, or of an array."""
    if isinstance(side, Rows):
        return side.fingerprint()
    return hashlib.sha256(f"{side.shape} {side.dtype}".encode() + side.tobytes()).hexdigest()


def blocks(side, count=BLOCK):
    """The examples of an array or of `Rows` as arrays of at most `count`, in order."""
    for start in range(0, len(side), count):
        yield side[start : start + count]


class Selected(Rows):
    """Some examples of others, in an order of their own.

    Args:
        rows: `Rows` or an array.
        indices: a range or an array of integers.
    """

    def __init__(self, rows, indices):
        super().__init__(len(indices), rows.shape[1:], rows.dtype)
        self.rows, self.indices = rows, indices
        self.is_checked = getattr(rows, "is_checked", False)

    def chosen(self, indices):
        """The indices of the other rows that these stand for."""
        if isinstance(self.indices, range):
            return self.indices.start + self.indices.step * np.asarray(indices)
        return self.indices[indices]

    def read(self, indices):
        return self.rows.take(self.chosen(indices), axis=0)

    def fingerprint(self):
        own = self.indices if isinstance(self.indices, range) else np.asarray(self.indices[:])
        words = repr(own).encode() if isinstance(own, range) else own.tobytes()
        return hashlib.sha256(fingerprint_of(self.rows).encode() + words).hexdigest()

    def read_in_epoch(self, indices, epoch):
        indices = self.chosen(indices)
        if isinstance(self.rows, Rows):
            return self.rows.read_in_epoch(indices, epoch)
        return self.rows.take(indices, axis=0)


class Mapped(Rows):
    """An array as `Rows`; of one that is mapped from a file, only the rows asked for are read."""

    def __init__(self, array):
        super().__init__(len(array), array.shape[1:], array.dtype)
        self.array = array

    def read(self, indices):
        return np.asarray(self.array[indices])


class Indexed(Rows):
    """Examples of an object with `__len__` and `__getitem__`.

    `__getitem__(index)` gives one example, or a pair (x, y); where the object has
    `__getitems__(indices)` as well, that gives a list of them. The same index must always give
    the same example: that is what makes training repeatable.

    Args:
        source: the object.
        side: None where an item is one example, else 0 or 1: which of a pair.
        read: what gives items, shared by both sides of pairs.
    """

    def __init__(self, source, side=None, items=None):
        self.source, self.side = source, side
        self.items = items or Items(source)
        first = self.read(np.arange(1))
        super().__init__(len(source), first.shape[1:], first.dtype)

    def read(self, indices):
        items = self.items(np.asarray(indices).tolist())
        items = items if self.side is None else [item[self.side] for item in items]
        return np.stack([np.asarray(item) for item in items])


class Items:
    """Reads items of an object; the last ones are kept, so that a pair is read once."""

    def __init__(self, source):
        self.source, self.indices = source, None
        self.items: Any = None

    def __call__(self, indices):
        if indices != self.indices:
            several = getattr(self.source, "__getitems__", None)
            items = several(indices) if several else [self.source[index] for index in indices]
            self.indices, self.items = indices, items
        return self.items


def is_indexed(given):
    """Whether an object is read by index: it has a length and items, and is no container."""
    plain = (str, bytes, dict, list, tuple, np.ndarray)
    methods = all(hasattr(given, name) for name in ("__len__", "__getitem__"))
    return methods and not isinstance(given, plain) and not hasattr(given, "__array__")


def sides_of(source, argument="x"):
    """`(x, y)` as `Rows` of an object that is read by index; y is None where items are single."""
    if not len(source):
        raise ValueError(f"`{argument}` must hold at least one example. Received: none.")
    first = source[0]
    if isinstance(first, dict):
        raise TypeError(
            f"`{argument}` must give x or (x, y) for an index. Received: a dict of "
            f"{sorted(map(str, first))}."
        )
    if not isinstance(first, (tuple, list)):
        return Indexed(source), None
    if len(first) != 2:
        raise TypeError(
            f"`{argument}` must give x or (x, y) for an index. Received: {len(first)} entries."
        )
    items = Items(source)
    return Indexed(source, 0, items), Indexed(source, 1, items)


def selected(side, indices):
    """Some rows: of an array a view or a copy, of `Rows` others that are read later.

    Args:
        side: an array or `Rows`.
        indices: a range, an array of integers, or an object that gives them for places.
    """
    if isinstance(side, Selected) and isinstance(indices, (range, np.ndarray)):
        return Selected(side.rows, side.chosen(np.asarray(indices)))
    if isinstance(side, Rows):
        return Selected(side, indices)
    if isinstance(indices, range) and indices.step == 1:
        return side[indices.start : indices.stop]
    return side[np.asarray(indices[:])]
