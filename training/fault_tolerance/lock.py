"""One process at a time in a folder. Imports no TensorFlow."""

import contextlib
import fcntl
import os
import pathlib
import socket
import threading

from zoo.training.files import is_full, space

NAME = "lock"
_holders = {}  # path of a lock -> (thread that holds it, how often, descriptor of its file)


class Locked(ValueError):
    """Another process holds a folder."""


class FolderLost(OSError):
    """A folder that is held was removed, moved or replaced."""

    def __str__(self):
        return self.args[0]


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
    thread, times, file = _holders.get(path, (me, 0, None))
    if times and thread == me:
        _holders[path] = me, times + 1, file
        try:
            yield
        finally:
            _holders[path] = me, times, file
        return
    new_folders, file = _opened(folder, path)
    _holders[path] = me, 1, file
    try:
        yield
    finally:
        del _holders[path]
        _release(file, path, new_folders)


def require_kept(folder):
    """Refuses to go on in a folder that this process holds, and that is not there any more."""
    folder = pathlib.Path(folder)
    _, _, file = _holders.get(folder.resolve() / NAME, (None, 0, None))
    if file is not None and not _is_file_of(file, folder / NAME):
        raise FolderLost(
            f"The folder must stay while it is used. Received: {str(folder)!r}, which was "
            "removed, moved or replaced."
        )


def _opened(folder, path):
    """The folders that were made and the descriptor of the locked file."""
    new_folders = [each for each in (path.parent, *path.parents[1:]) if not os.path.exists(each)]
    file, owner = None, f"{os.getpid()} {socket.gethostname()}\n".encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
        os.ftruncate(file, 0)
        os.write(file, owner)
    except OSError as error:
        if file is not None:
            _release(file, path)
        _remove(new_folders)
        room = f"; {space(path.parent, len(owner))}" if is_full(error) else ""
        raise ValueError(
            f"The folder must be one that can be written to. Received: {str(folder)!r}: "
            f"{error.strerror}{room}."
        ) from error
    return new_folders, file


def _locked(path):
    """The descriptor of `path`, locked; that name may be another's file by then: once more."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = os.read(file, 200).decode(errors="replace").split()
            os.close(file)
            owner = "process {} on {}".format(*words) if len(words) == 2 else "another process"
            raise Locked(
                f"The folder must be used by one process at a time. Received: "
                f"{str(path.parent)!r}, which {owner} holds."
            ) from None
        except OSError:
            os.close(file)
            raise
        if _is_file_of(file, path):
            return file
        os.close(file)


def _is_file_of(file, path):
    """Whether a path still names the file of a descriptor."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return os.path.samestat(os.fstat(file), os.stat(path))
    return False


def _release(file, path, new_folders=()):
    """Removes a lock that is held, and the folders that were made for it where they are empty."""
    if _is_file_of(file, path):
        path.unlink(missing_ok=True)
    os.close(file)
    _remove(new_folders)


def _remove(folders):
    """Removes folders that are empty, the innermost first."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
