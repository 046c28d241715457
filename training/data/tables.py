"""Tables of numbers, CSV and Parquet, read once into rows of float32 (extra `tables`).

A column called label, class or y, or the one that is named, holds the labels.
"""

import os
import pathlib

import numpy as np

from zoo.training.data import cache
from zoo.training.data.arrays import Part, data_of
from zoo.training.data.dataset import VERSION, DataError
from zoo.training.data.directories import listed

LABELS = ("label", "labels", "class", "y", "target")
BLOCK = 1 << 24  # bytes of a CSV file that are read at a time
WITHOUT_CACHE = 1 << 24  # bytes of numbers, fewer of which are not kept on disk
ROWS = 1 << 16  # rows of a Parquet file that are read at a time
SUFFIXES = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}


def load(path, kind, seed=0, label_column=None, version=VERSION):
    """The `Data` of a table, a tenth of whose rows is held out.

    Args:
        path: of the file.
        kind: "csv" or "parquet".
        seed: of what is held out.
        label_column: its name; None is the column of one of `LABELS`, if there is one.
        version: of `zoo.training.data.dataset`.
    """
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"`data` {kind}:PATH must name a file. Received: {str(path)!r}.")
    try:
        table = Table(path, kind)
        label = table.label(label_column)
        rows, labels = table.rows([name for name in table.names if name != label], label)
    except DataError:
        raise
    except Exception as error:  # what a hostile file raises is anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(
            f"`data` {kind}:PATH must be a table of numbers with a row of names. Received: "
            f"{str(path)!r}: {reason}"
        ) from error
    columns = listed(name for name in table.names if name != label)
    source = f"{len(rows):,} rows of a table, columns {columns}"
    own = {"name": path.stem, "source": source, "seed": seed, "version": version}
    return data_of(Part(rows, labels), **own)


def arrow():
    """The modules of pyarrow, an extra."""
    try:
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(
            "Tables need pyarrow: pip install 'keras-generative-zoo[tables]'. Received: none."
        ) from error
    return pyarrow


class Table:
    """A table on disk.

    Args:
        path: of the file.
        kind: "csv" or "parquet".
    """

    def __init__(self, path, kind):
        self.path, self.kind, self.arrow = path, kind, arrow()
        schema = self.schema()
        self.names = list(schema.names)
        self.types = dict(zip(schema.names, schema.types, strict=True))
        if len(set(self.names)) < len(self.names):
            raise DataError(
                f"Columns must have names of their own. Received: {listed(self.names)}."
            )

    def schema(self):
        """Names and types of the columns."""
        if self.kind == "parquet":
            return self.arrow.parquet.read_schema(self.path)
        with self.opened() as reader:
            return reader.schema

    def opened(self, columns=None):
        """A reader of the blocks of a CSV file."""
        csv = self.arrow.csv
        delimiter = "\t" if self.path.suffix.lower() == ".tsv" else ","
        types = {name: self.arrow.float64() for name in columns or ()}
        return csv.open_csv(
            self.path,
            read_options=csv.ReadOptions(block_size=BLOCK),
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(column_types=types),
        )

    def label(self, given):
        """The name of the column of labels, or None."""
        if given is not None and given not in self.names:
            raise DataError(f"`label_column` must be of {listed(self.names)}. Received: {given!r}.")
        is_float = self.arrow.types.is_floating
        known = [n for n in self.names if n.lower() in LABELS and not is_float(self.types[n])]
        return given or (known[0] if known else None)

    def rows(self, columns, label):
        """float32 rows of some columns, read once into the cache, and the labels or None."""
        types = self.arrow.types
        if columns and all(types.is_null(self.types[name]) for name in columns):
            raise DataError("A table must hold rows. Received: none.")
        words = [
            name
            for name in columns
            if not any(
                check(self.types[name])
                for check in (types.is_integer, types.is_floating, types.is_boolean)
            )
        ]
        if words or not columns:
            raise DataError(
                "Columns must hold numbers, but for one of labels (`label_column`). Received: "
                f"{listed(f'{name} of {self.types[name]}' for name in words) or 'no other column'}."
            )
        count = sum(batch.num_rows for batch in self.batches(columns[:1]))
        if not count:
            raise DataError("A table must hold rows. Received: none.")
        stat = os.stat(self.path)
        identity = os.path.realpath(self.path), stat.st_size, stat.st_mtime_ns, stat.st_ino
        key = cache.key_of("table", *identity, stat.st_ctime_ns, *columns)
        entry = cache.Entry(key, (count, len(columns)), np.float64)
        return self.kept(entry, columns), None if label is None else self.labels(label)

    def kept(self, entry, columns):
        """The rows of some columns, in memory where they are few, else of the cache."""
        if entry.nbytes <= WITHOUT_CACHE:
            return np.concatenate(list(self.blocks(columns)))
        if entry.complete() is None:
            with entry.writer() as writer:
                self.fill(writer, columns)
        return entry.complete()[0]

    def batches(self, columns):
        """The rows of some columns, a part at a time."""
        if self.kind == "parquet":
            opened = self.arrow.parquet.ParquetFile(self.path)
            yield from opened.iter_batches(ROWS, columns=columns)
            return
        with self.opened(columns) as reader:
            for batch in reader:
                yield batch.select(columns)

    def fill(self, writer, columns):
        """Writes all rows of some columns into the cache."""
        start = 0
        for block in self.blocks(columns):
            writer.write(start, block, None)
            start += len(block)
        writer.finish(None)

    def blocks(self, columns):
        """The rows of some columns as float64, a part at a time."""
        start = 0
        for batch in self.batches(columns):
            block = np.empty((batch.num_rows, len(columns)), np.float64)
            for place, column in enumerate(batch.columns):
                if column.null_count:
                    row = start + column.is_null().to_pylist().index(True)
                    raise DataError(
                        f"A table must be filled. Received: nothing in row {row}, column "
                        f"{columns[place]!r}."
                    )
                block[:, place] = column.to_numpy(zero_copy_only=False)
            yield block
            start += len(block)

    def labels(self, label):
        """The labels: integers, or words."""
        values = [batch.column(0).to_pylist() for batch in self.batches_of_words(label)]
        values = [value for part in values for value in part]
        whole = all(isinstance(value, int) for value in values)
        return np.array(values if whole else [str(value) for value in values])

    def batches_of_words(self, label):
        if self.kind == "parquet":
            yield from self.batches([label])
            return
        with self.opened() as reader:
            for batch in reader:
                yield batch.select([label])
