"""Files that are either whole or not there, and disks that are full. Imports no TensorFlow."""

import contextlib
import errno
import os
import pathlib
import secrets
import shutil

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL_WORDS = ("no space left on device", "disk quota exceeded", "file too large")


class NotWritten(OSError):
    """A file could not be written; what was there before is as it was."""

    def __str__(self):
        return self.strerror


def is_full(error):
    """Whether an error tells of a full disk, quota or file; libraries say so in words."""
    words = str(error).lower()
    return getattr(error, "errno", None) in FULL or any(full in words for full in FULL_WORDS)


def space(path, needed):
    """The bytes that are needed and those that are free where a path lies, in words."""
    existing = next(p for p in (path, *path.absolute().parents) if os.path.exists(p))
    return f"it needs {needed:,} bytes, {shutil.disk_usage(existing).free:,} are free"


@contextlib.contextmanager
def full_disk_named(path, needed):
    """Within, an error of a full disk names the path, the bytes needed and those that are free.

    Args:
        path: what is being written.
        needed: () -> bytes that it needs, or as many as are known to be needed.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, NotWritten) or not is_full(error):
            raise
        path, reason = pathlib.Path(path), os.strerror(getattr(error, "errno", None) or 28)
        words = f"{path} cannot be written: {reason}; {space(path.parent, needed())}."
        raise NotWritten(errno.ENOSPC, words) from error


@contextlib.contextmanager
def atomic(path, needed=0):
    """Gives a temporary name beside `path`; what was written there then takes that name.

    The file is sent to the disk before it is renamed, so `path` is the old file or the new
    one, whole, whenever the process ends. After an exception nothing is left behind.

    Args:
        path: of the file.
        needed: bytes that it will have, where that is known; an error of a full disk names it.
    """
    path = pathlib.Path(path)
    stem, suffix = path.name.partition(".")[0], "".join(path.suffixes)
    partial = path.with_name(f".{stem}-{secrets.token_hex(4)}.partial{suffix}")
    with full_disk_named(path, lambda: needed):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            sync(partial)
            os.replace(partial, path)
            sync(path.parent)
        except Exception as error:
            if is_full(error):
                needed = max(needed, _size(partial) + 1)
            raise
        finally:
            partial.unlink(missing_ok=True)


def _size(path):
    """Bytes of a file; 0 where there is none."""
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def sync(path):
    """Sends a file, or the names in a folder, to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_text(path, text):
    """Writes a text file at once."""
    with atomic(path, len(text.encode())) as partial:
        partial.write_text(text, encoding="utf-8")


def table(rows):
    """Rows of strings as aligned lines, the first one the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
