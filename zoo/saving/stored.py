"""JSON and arrays that others may have written: read in little memory, or refused in one line.

Imports no TensorFlow.
"""

import hashlib
import json
import os
import pathlib
import zipfile
import zlib

MOST_JSON = 10_000_000  # bytes of a file
DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, MemoryError)
DAMAGES += (SyntaxError, TypeError, NotImplementedError, RuntimeError, RecursionError)  # of headers


def cache_folder():
    """Where everything is kept that can be made or fetched anew: ZOO_CACHE, else `~/.cache/zoo`."""
    return pathlib.Path(os.environ.get("ZOO_CACHE") or "~/.cache/zoo").expanduser()


def digest(path):
    """SHA-256 of a file."""
    with pathlib.Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path, kind=dict, most_bytes=MOST_JSON):
    """What a JSON file holds.

    Args:
        path: of the file.
        kind: the type that it must be of.
        most_bytes: that the file may have.

    Raises:
        ValueError: if the file cannot be read, or holds something else.
    """
    path = pathlib.Path(path)
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise ValueError(f"{size:,} bytes, of at most {most_bytes:,}")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:120]
        reason = "nested too deep" if isinstance(error, RecursionError) else reason
        raise ValueError(f"{path} must be JSON that can be read. Received: {reason}.") from error
    if not isinstance(content, kind):
        wanted = {dict: "names and values", list: "a list"}[kind]
        raise ValueError(f"{path} must hold {wanted}. Received: {type(content).__name__}.")
    return content


def read_arrays(path):
    """Name -> array of an .npz file whose arrays are plainly stored, none larger than the file.

    Raises:
        ValueError: if the file cannot be read, holds objects, or is packed.
    """
    import numpy as np

    path = pathlib.Path(path)
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
            sizes = [member.file_size for member in members]
            plain = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            if not plain or sum(sizes) > path.stat().st_size:
                raise ValueError("it is packed")
            for member in members:
                with packed.open(member) as file:
                    require_size(file, member.file_size)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except DAMAGES as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:120]
        raise ValueError(
            f"{path} must hold arrays that can be read. Received: {reason}."
        ) from error


def archive_damage(path, members=("config.json", "model.weights.h5")):
    """What is wrong with a `.keras` file, or None where all its members are as they were packed."""
    try:
        with zipfile.ZipFile(path) as packed:
            bad = packed.testzip()
            missing = sorted(set(members) - set(packed.namelist()))
    except DAMAGES as error:
        return getattr(error, "strerror", None) or " ".join(str(error).split())[:120]
    if missing:
        return f"it lacks {', '.join(missing)}"
    return f"{bad} is not what was packed" if bad else None


def require_size(file, size):
    """Refuses an array whose header tells of more values than its file holds."""
    import numpy as np

    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0}
    reader = readers.get(version, np.lib.format.read_array_header_2_0)
    shape, _, dtype = reader(file)
    count = 1
    for length in shape:
        count *= length
    if dtype.hasobject or count * dtype.itemsize != size - file.tell():
        raise ValueError(f"a header of {shape} {dtype} in a member of {size:,} bytes")
