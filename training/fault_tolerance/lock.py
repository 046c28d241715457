"""One process at a time in a folder. Imports no TensorFlow."""

import contextlib
import fcntl
import os
import pathlib
import socket
import threading

NAME = "lock"
_held = {}  # path of a lock -> (thread that holds it, how often)


class Locked(ValueError):
    """Another process holds a folder."""


@contextlib.contextmanager
def held(folder):
    """Holds `folder` for this process, or refuses at once.

    The lock is the system's on an open file: it ends with the process, however that ends,
    so one that a dead process left is taken over. A thread may hold it more than once. The
    folder is made if it is missing, and removed again if nothing was put into it.

    Raises:
        Locked: if another process, or another thread, holds it.
        ValueError: if the folder cannot be written to.
    """
    folder = pathlib.Path(folder)
    path, me = folder.resolve() / NAME, threading.get_ident()
    thread, times = _held.get(path, (me, 0))
    if times and thread == me:
        _held[path] = me, times + 1
        try:
            yield
        finally:
            _held[path] = me, times
        return
    made, file = _opened(folder, path)
    _held[path] = me, 1
    try:
        yield
    finally:
        del _held[path]
        path.unlink(missing_ok=True)
        os.close(file)
        _remove(made)


def _opened(folder, path):
    """The folders that were made and the descriptor of the locked file."""
    made = [each for each in (path.parent, *path.parent.parents) if not os.path.exists(each)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()} {socket.gethostname()}\n".encode())
    except OSError as error:
        _remove(made)
        raise ValueError(
            f"The folder must be one that can be written to. Received: {str(folder)!r}: "
            f"{error.strerror}."
        ) from error
    return made, file


def _locked(path):
    """The descriptor of `path`, locked; that name may be another's file by then: once more."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = os.read(file, 200).decode(errors="replace").split()
            os.close(file)
            who = "process {} on {}".format(*words) if len(words) == 2 else "another process"
            raise Locked(
                f"The folder must be used by one process at a time. Received: "
                f"{str(path.parent)!r}, which {who} holds."
            ) from None
        except OSError:
            os.close(file)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        os.close(file)


def _remove(folders):
    """Removes folders that are empty, the innermost first."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
