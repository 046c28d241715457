"""Runs a module of this package in a fresh process, which ends when this one does."""

import importlib
import os
import pkgutil
import subprocess
import sys
import threading

WATCHED = "EXPORT_WATCHED"  # set where the standard input closes when the parent ends


def run(module, *words):
    """Runs `python -m module words` without accelerators; the ended process, with its text."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", WATCHED: "1"}
    there, here = os.pipe()
    try:
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            env={**os.environ, **quiet},
            stdin=there,
            capture_output=True,
            text=True,
        )
    finally:
        os.close(there)
        os.close(here)


def is_fresh():
    """Whether nothing has been imported that an artefact must not need."""
    return not {*barred(), "tensorflow"} & set(sys.modules)


def barred():
    """Names of modules that an exported model must not need: Keras, and all else of the zoo."""
    folders = importlib.import_module("zoo").__path__
    parts = {module.name for module in pkgutil.iter_modules(folders)} - {"export"}
    return ["keras", "zoo.training", *(f"zoo.{part}" for part in parts)]


def bar():
    """Readies a fresh process: it cannot import the zoo or Keras, nor outlive its parent."""
    for name in barred():  # importing one of them now fails
        sys.modules[name] = None  # pyright: ignore[reportArgumentType]  None bars it
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if WATCHED in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    while os.read(0, 1):
        pass
    os._exit(1)
