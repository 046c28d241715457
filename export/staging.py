"""A folder of versions, each of which appears whole by one rename, or not at all.

TensorFlow Serving takes every integer child of such a folder for a version and loads it as
soon as it is seen. So a version is written and tried under a name that is no integer.
"""

import contextlib
import errno
import os
import pathlib
import shutil
import socket
import time
import uuid

from zoo.export.load import versions

STAGING = ".staging-"
OLDEST = 24 * 3600.0  # seconds without a write after which nobody is writing any more
FULL = ("no space left", "quota exceeded", "file too large")
FULL_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}
_open = set()  # names that this process is writing under


@contextlib.contextmanager
def staged(directory, needed=0):
    """Gives a name to write the next version under; nothing is left there afterwards.

    Args:
        directory: folder of the versions; made where it does not exist.
        needed: bytes that the version takes, so that a full disk is refused beforehand.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    remove_stale(directory)
    path = directory / f"{STAGING}{os.getpid()}-{uuid.uuid4().hex}-{socket.gethostname()}"
    _open.add(path.name)
    try:
        if shutil.disk_usage(directory).free < needed:
            raise full(directory, needed)
        yield path
    except Exception as error:
        if is_full(error):
            raise full(directory, needed) from error
        raise
    finally:
        shutil.rmtree(path, ignore_errors=True)  # gone already where it was published
        _open.discard(path.name)


def is_full(error):
    """Whether an error tells of a full disk, quota or file; libraries say so in words."""
    words = str(error).lower()
    return any(full in words for full in FULL) or getattr(error, "errno", None) in FULL_CODES


def full(directory, needed):
    """The error that tells of a full disk."""
    free = shutil.disk_usage(directory).free
    words = (
        f"`directory` must have {needed} bytes free. Received: {str(directory)!r}, {free} bytes "
        "free; nothing was published."
    )
    return OSError(errno.ENOSPC, words)


def publish(staging, directory):
    """Renames `staging` to the next integer that no other process has taken."""
    sync(staging)
    while True:
        number = max((number for number, _ in versions(directory)), default=0) + 1
        version = directory / str(number)
        try:
            os.rename(staging, version)
        except OSError as error:
            if error.errno not in TAKEN or not version.exists():
                raise
            continue
        _flush(directory)
        return version


def sync(folder):
    """Sends a folder and all in it to the disk, so that a rename never outruns its files."""
    for path in (*folder.rglob("*"), folder):
        _flush(path)


def _flush(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def remove_stale(directory):
    """Removes what processes that have since ended were still writing."""
    for path in directory.glob(f"{STAGING}*"):
        pid, _, rest = path.name.removeprefix(STAGING).partition("-")
        here = rest.partition("-")[2] == socket.gethostname() and pid.isdecimal()
        if (here and _is_dead(int(pid), path.name)) or _age(path) > OLDEST:
            shutil.rmtree(path, ignore_errors=True)


def _is_dead(pid, name):
    """Whether the process that wrote under `name` has ended."""
    if pid == os.getpid():
        return name not in _open  # an earlier process of this number: containers restart at 1
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
    return False


def _age(path):
    """Seconds since the last write in a folder."""
    with contextlib.suppress(FileNotFoundError):
        return time.time() - max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
    return 0.0  # it has just been renamed or removed
