"""Examples of prepared TFDS data by their index, from TFRecord or array_record files."""

import hashlib
import os
import pathlib
from typing import Any

import numpy as np

from zoo.training.data import cache
from zoo.training.data.dataset import DataError
from zoo.training.data.progress import bar
from zoo.training.data.stored import Opened

CYCLE, BLOCK = 16, 16  # in which TFDS interleaves the files of a split that has no order
WITHOUT_CACHE = 1 << 26  # bytes of record files, fewer of which are gone through each time
HEADER = 12  # bytes before each record of a TFRecord file
UNKNOWN = -1  # a label that is not there
FILE, PLACE, LENGTH, LABEL = range(4)  # columns of the index


class Records:
    """The serialized examples of one split, by their index.

    Args:
        builder: a prepared builder of TFDS.
        split: its name.
        label: name of the feature that is a label, or None.

    Attributes:
        labels: int64 `(count,)`, or None.
        identity: words that change wherever the files do.
    """

    def __init__(self, builder, split, label):
        info = builder.info.splits[split]
        paths = [pathlib.Path(os.fspath(path)) for path in info.filepaths]
        self.identity = identity_of(paths)
        if builder.info.file_format.value != "tfrecord":
            raw = decode_methods().RAW_BYTES
            self.source = builder.as_data_source(split, deserialize_method=raw)
            self.count = len(self.source)
            every = range(self.count) if label else ()
            labels = [label_of(parsed(self.source[k]), label) for k in every]
            self.labels = np.array(labels, np.int64) if label else None
            return
        self.source, self.files = None, [Opened(path) for path in paths]
        index = index_of(paths, info.num_examples, self.identity, label)
        lengths = np.bincount(index[:, FILE], minlength=len(paths))
        self.index = index[interleaved(lengths, 1 if builder.info.disable_shuffling else CYCLE)]
        self.count = len(self.index)
        self.labels = self.index[:, LABEL] if label else None

    def __len__(self):
        return self.count

    def content(self, index):
        """The bytes of an example."""
        if self.source is not None:
            return self.source[index]
        file, place, length, _ = self.index[index].tolist()
        content = bytearray(length)
        self.files[file].read(memoryview(content), place + HEADER)
        return bytes(content)


def decode_methods():
    """The ways in which TFDS reads examples."""
    import tensorflow_datasets

    return tensorflow_datasets.decode.DeserializeMethod


def parsed(content):
    """The features of a serialized example."""
    import tensorflow as tf

    return tf.train.Example.FromString(content).features.feature


def label_of(features, name):
    """The one integer of a feature."""
    values = features[name].int64_list.value
    return values[0] if len(values) == 1 else UNKNOWN


def identity_of(paths):
    """A hash of where files lie and when they were changed."""
    words = hashlib.sha256()
    for path in paths:
        stat = path.stat()
        words.update(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}".encode())
    return words.hexdigest()


def index_of(paths, count, identity, label):
    """int64 `(count, 4)`: file, place, length and label of each record; made once where many."""
    if sum(path.stat().st_size for path in paths) < WITHOUT_CACHE:
        return indexed(paths, count, label)
    entry = cache.Entry(cache.key_of("records", identity, label), (count, 4), np.int64)
    if entry.complete() is None:
        with entry.writer() as writer:
            if entry.complete() is None:
                writer.write(0, indexed(paths, count, label), None)
                writer.finish(None)
    return entry.complete()[0][:]


def indexed(paths, count, label):
    """The index of TFRecord files, all of which are read, so that a checksum that is wrong is
    found here."""
    from tensorflow.python.lib.io.tf_record import tf_record_random_reader

    index = []
    with bar("Indexing", count, "records") as advance:
        for number, path in enumerate(paths):
            reader, place, size = tf_record_random_reader(str(path)), 0, path.stat().st_size
            while place < size:
                content, following = reader.read(place)
                own = UNKNOWN if label is None else label_of(parsed(content), label)
                index.append((number, place, len(content), own))
                place = following
                advance(1)
    if len(index) != count:
        raise DataError(f"its files hold {len(index)} records, and its description says {count}")
    return np.array(index, np.int64).reshape(-1, 4)


def interleaved(lengths, cycle, block=BLOCK):
    """The order in which TFDS reads the records of several files: a block of each in turn.

    Args:
        lengths: records of each file.
        cycle: how many files are open at a time.
        block: records of one that follow each other.
    """
    starts, left = np.cumsum(lengths) - lengths, list(range(len(lengths)))
    slots: list[Any] = [None] * min(cycle, len(lengths))
    parts, place = [], 0
    while left or any(slot is not None for slot in slots):
        if slots[place] is None and left:
            slots[place] = (left.pop(0), 0)
        if slots[place] is not None:
            file, first = slots[place]
            last = min(first + block, lengths[file])
            parts.append(np.arange(starts[file] + first, starts[file] + last))
            slots[place] = (file, last) if last - first == block else None
        place = (place + 1) % len(slots)
    return np.concatenate([np.zeros(0, int), *parts])
