"""Arrays of .npy and .npz files, none of which is trusted: a size is looked at before any memory
is taken for it, a checksum before a value is believed, and nothing is unpickled."""

import contextlib
import dataclasses
import os
import pathlib
import warnings
import zipfile

import numpy as np

from zoo.input_pipeline.rows import Rows
from zoo.training.data import cache
from zoo.training.data.arrays import Part, data_of
from zoo.training.data.dataset import MOST_IN_MEMORY, VERSION, DataError
from zoo.training.data.directories import listed
from zoo.training.data.progress import size_words, tell
from zoo.training.data.stored import Expanded, header_of, npy_rows

X = ("x", "images", "image", "data")
Y = ("y", "labels", "label")
TARGETS = ("target", "targets")
NAMES = ("class_names", "label_names")
TEST = ("test", "val", "valid", "validation")  # which is held out: the first that is there
MOST_MEMBERS = 1000
NPY = b"\x93NUMPY"
BLOCK = 1 << 22  # bytes that are read at a time
LOCAL = 30  # bytes of the header of a member of a zip file, without its names
ACCEPTED = (
    "an .npy array or an .npz with `x` (also x_train and x_test) and optional `y` of labels or "
    "`target` of images"
)


def load(path, seed=0, stream=None, version=VERSION):
    """The `Data` of an .npy or .npz file; a tenth is held out where it does not say what is.

    Args:
        path: of the file.
        seed: of what is held out.
        stream: whether large arrays stay in the file, as `held_in_memory` takes it.
        version: of `zoo.training.data.dataset`.
    """
    path = pathlib.Path(path).expanduser()
    with refused(path):
        arrays = Archive(path, stream).arrays()
    train, test, names = sides_of(arrays, path)
    parts = [dataclasses.replace(part, x=with_channel(part.x)) for part in (train, test) if part]
    source = "arrays of a file"
    own = {"name": path.stem, "source": source, "seed": seed, "version": version}
    return data_of(*parts, class_names=names, **own)


@contextlib.contextmanager
def refused(path):
    """Gives whatever a damaged file raises the form of one error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of headers of Python 2
            yield
    except MemoryError as error:
        raise DataError(f"Data must fit in memory. Received: {str(path)!r}.") from error
    except Exception as error:  # what a hostile file raises is anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(refusal(path, reason)) from error


def refusal(path, reason):
    """What is said of a file that cannot be used."""
    return f"`data` must name {ACCEPTED}. Received: {str(path)!r}: {reason}."


class Archive:
    """The arrays of a file, in memory or as `Rows` where they are large.

    Args:
        path: of the file.
        stream: whether they are large; by their size where None.
    """

    def __init__(self, path, stream=None):
        self.path, self.stream = path, stream

    def arrays(self):
        """Name -> array; the one of an .npy is `x`."""
        with open(self.path, "rb") as opened:
            if opened.read(len(NPY)) == NPY:
                opened.seek(0)
                return {"x": self.array(opened, os.fstat(opened.fileno()).st_size)}
        with zipfile.ZipFile(self.path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise DataError(f"it has {len(members)} members, more than {MOST_MEMBERS}")
            found = {}
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name == member.filename:
                    raise DataError(f"its member {name[:50]!r} is no .npy")
                if name in found:
                    raise DataError(f"its member {name[:50]!r} is there twice")
                with archive.open(member) as opened:
                    found[name] = self.array(opened, member.file_size)
        if not found:
            raise DataError("it holds no array")
        return found

    def is_large(self, shape):
        """Whether an array of a shape stays on disk."""
        if self.stream is not None:
            return self.stream and len(shape) > 1
        return int(np.prod([int(n) for n in shape], dtype=object)) > MOST_IN_MEMORY

    def array(self, opened, size):
        """The array of an open .npy of so many bytes, or of a member of an .npz."""
        shape, fortran, dtype = header_of(opened)
        needed = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
        if needed != size - opened.tell():
            raise DataError(
                f"{shape} of {dtype} are {needed:,} bytes, and {size - opened.tell():,} are there"
            )
        if self.is_large(shape):
            return self.on_disk(opened, shape, fortran, dtype)
        array = np.frombuffer(read_whole(opened, needed), dtype)
        return array.reshape(shape, order="F" if fortran else "C")

    def on_disk(self, opened, shape, fortran, dtype):
        """A large array as `Rows`."""
        if fortran and len(shape) > 1:
            raise DataError("a large array must lie in the order of C: np.ascontiguousarray(x)")
        if not isinstance(opened, zipfile.ZipExtFile):
            return npy_rows(self.path)
        with zipfile.ZipFile(self.path) as archive:
            member = archive.getinfo(opened.name)
            if member.compress_type == zipfile.ZIP_STORED:
                return self.in_place(archive, member)
            return self.unpacked(archive, member, shape, dtype)

    def in_place(self, archive, member):
        """An array that lies in an .npz as it is, once its checksum is seen to be right."""
        with archive.open(member) as opened:
            while opened.read(BLOCK):
                pass  # the end raises where the checksum is another
        with open(self.path, "rb") as opened:
            opened.seek(member.header_offset + LOCAL - 4)
            names = np.frombuffer(opened.read(4), "<u2").sum(dtype=int)
        return npy_rows(self.path, member.header_offset + LOCAL + names, member.file_size)

    def unpacked(self, archive, member, shape, dtype):
        """An array of a compressed .npz, unpacked once into the cache."""
        stat = os.stat(self.path)
        identity = (os.path.realpath(self.path), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        key = cache.key_of("member", *identity, member.filename, member.CRC)
        entry = cache.Entry(key, shape, dtype)
        with entry.writer() as writer:
            if entry.complete() is None:
                tell(f"{member.filename} is unpacked once: {size_words(entry.nbytes)}.")
                count = max(1, BLOCK // (entry.nbytes // shape[0]))
                with archive.open(member) as opened:
                    header_of(opened)
                    for start in range(0, shape[0], count):
                        rows = min(count, shape[0] - start)
                        size = rows * (entry.nbytes // shape[0])
                        ends = start + rows == shape[0]
                        block = np.frombuffer(read_whole(opened, size, ends), dtype)
                        writer.write(start, block.reshape(rows, *shape[1:]), None)
                writer.finish(None)
        return entry.complete()[0]


def read_whole(opened, size, ends=True):
    """So many bytes; where the file is to end there, its checksum is looked at."""
    content = opened.read(size)
    if len(content) != size or (ends and opened.read(1)):
        raise DataError("its size is another than it says")
    return content


def sides_of(arrays, path):
    """(training `Part`, held-out `Part` or None, names of classes or None) of named arrays."""
    lower = {name.lower(): name for name in arrays}
    left = dict(arrays)

    def taken(names):
        found = [lower[name] for name in names if name in lower]
        return left.pop(found[0]) if found and found[0] in left else None

    names = taken(NAMES)
    if len(left) == 1:  # whatever it is called
        return Part(left.popitem()[1]), None, names_of(names)
    train = part_of(taken, [""]) or part_of(taken, ["train"])
    if train is None:
        raise DataError(refusal(path, f"its arrays are {listed(arrays)}"))
    test = part_of(taken, TEST)
    if left:
        warnings.warn(f"arrays of a file that are not used: {listed(left)}", stacklevel=4)
    return train, test, names_of(names)


def part_of(taken, splits):
    """The `Part` of the first of some splits whose examples are there, or None."""
    for split in splits:
        x = taken(in_split(X, split))
        if x is not None:
            y, targets = taken(in_split(Y, split)), taken(in_split(TARGETS, split))
            if targets is not None and targets.ndim == 1 and y is None:  # labels, as some say
                y, targets = targets, None
            y = y[:] if isinstance(y, Rows) else y
            return Part(x, y, None if targets is None else with_channel(targets))
    return None


def in_split(names, split):
    """Names of arrays as those of a split are called: x_train and train_x."""
    return (
        [f"{name}_{split}" for name in names] + [f"{split}_{name}" for name in names]
        if split
        else names
    )


def names_of(array):
    """Names of classes as a list, where there are some."""
    return None if array is None else [str(name) for name in np.asarray(array).ravel()]


def with_channel(x):
    """Grey images without their channel axis, uint8 `(N, height, width)`, with it, aloud."""
    if x.dtype != np.uint8 or x.ndim != 3:
        return x
    warnings.warn(
        f"images of shape {tuple(x.shape)}: the channel axis is missing; they are taken as "
        f"{(*x.shape, 1)}",
        stacklevel=4,
    )
    return x[..., None] if isinstance(x, np.ndarray) else Expanded(x)
