"""Files that are either whole or not there."""

import contextlib
import hashlib
import os
import pathlib
import secrets


@contextlib.contextmanager
def atomic(path):
    """Gives a temporary name beside `path`; what was written there then takes that name.

    The file is sent to the disk before it is renamed, so `path` is the old file or the new
    one, whole, whenever the process ends. After an exception nothing is left behind.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stem, suffix = path.name.partition(".")[0], "".join(path.suffixes)
    partial = path.with_name(f".{stem}-{secrets.token_hex(4)}.partial{suffix}")
    try:
        yield partial
        sync(partial)
        os.replace(partial, path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path):
    """Sends a file, or the names in a folder, to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def digest(path):
    """SHA-256 of a file."""
    with pathlib.Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path, text):
    """Writes a text file at once."""
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8")


def table(rows):
    """Rows of strings as aligned lines, the first one the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
