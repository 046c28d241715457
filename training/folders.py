"""Folders of runs: where one can be made, and what it depends on. Imports no TensorFlow."""

import os
import pathlib
import re

CHECKPOINTS = "checkpoints"  # the folder of a run that the process that trains holds
SECOND_STAGE = "prior"  # of the state of a prior that is a model, within that folder


def require_local(name, path):
    """Refuses an address in the place of a path: nothing would be written there."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", str(path)):
        raise ValueError(
            f"`{name}` must be a path of this machine. Received the address {str(path)!r}: use a "
            "local folder and copy it, or mount what the address names."
        )


def require_usable(out):
    """Refuses a place that neither holds a run nor can be made one."""
    require_local("out", out)
    if "\0" in str(out):
        raise ValueError(f"`out` must be the path of a folder. Received: {str(out)!r}.")
    out = pathlib.Path(out)
    if os.path.exists(out) and not out.is_dir():
        raise ValueError(f"`out` must be a folder. Received: {str(out)!r}, a file.")
    names = os.listdir(out) if os.path.isdir(out) else []
    others = [name for name in names if name[0] != "." and name != CHECKPOINTS]
    if others and not (out / "config.yaml").is_file():
        raise ValueError(
            f"`out` must be a new or empty folder, or that of a run. Received: {str(out)!r}, "
            "which is not empty and holds no config.yaml: choose another `out`."
        )
    nearest = next(folder for folder in (out, *out.absolute().parents) if os.path.exists(folder))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise ValueError(
            f"`out` must be a place that can be written to. Received: {str(out)!r}; "
            f"{str(nearest)!r} refuses."
        )


def versions():
    """Versions of what a run depends on."""
    import keras
    import tensorflow as tf

    import zoo

    return {"tensorflow": tf.__version__, "keras": keras.__version__, "zoo": zoo.__version__}
