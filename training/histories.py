"""The history of a training as CSV: one row an epoch. Imports no TensorFlow."""

import csv
import itertools
import os

from zoo.training.files import atomic, full_disk_named


class Damaged(ValueError):
    """A file is no history, or not a whole one."""


def read(path):
    """The rows of a file, [epoch, log -> value] each; a log that a row lacks is left out.

    Raises:
        Damaged: if it is not what `write` and `append` give.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            text = file.read()
        header, *lines = csv.reader(text.splitlines(), strict=True)
        rows = [parsed(header, line) for line in lines]
    except FileNotFoundError:
        raise Damaged(f"{path} is missing") from None
    except (OSError, ValueError, csv.Error) as error:
        reason = " ".join(str(error).split())[:120]
        raise Damaged(f"{path} is no whole history: {reason}") from error
    epochs = [row[0] for row in rows]
    steps = {after - before for before, after in itertools.pairwise(epochs)}
    if header[:1] != ["epoch"] or not steps <= {1}:
        raise Damaged(f"{path} is no whole history: its epochs do not follow one another")
    if not text.endswith("\n"):
        raise Damaged(f"{path} is no whole history: its last row is cut")
    return rows


def parsed(header, line):
    """A row from the words of a line."""
    if len(line) != len(header):
        raise ValueError(f"a row of {len(line)} entries below {len(header)} names")
    epoch, *values = line
    return [int(epoch), {n: float(v) for n, v in zip(header[1:], values, strict=True) if v}]


def write(path, rows, names):
    """Writes a history at once; `names`: of its logs."""
    with atomic(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *names])
        writer.writerows(line(row, names) for row in rows)


def append(path, row, names):
    """Adds one row, which is on the disk when this returns."""
    with full_disk_named(path, lambda: 30 * len(names)):
        with open(path, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(line(row, names))
            file.flush()
            os.fsync(file.fileno())


def line(row, names):
    """The entries of a row; those of logs that it lacks are empty."""
    epoch, logs = row
    return [epoch, *(logs.get(name, "") for name in names)]


def columns(rows):
    """Log -> values, one an epoch, NaN where there is none."""
    names = sorted({name for _, logs in rows for name in logs})
    return {name: [logs.get(name, float("nan")) for _, logs in rows] for name in names}
