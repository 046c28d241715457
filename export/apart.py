"""Runs a module of this package in a fresh process, which ends when this one does."""

import os
import pathlib
import subprocess
import sys
import threading

BARRED = ("zoo", "keras")
WATCHED = "EXPORT_WATCHED"  # set where the standard input closes when the parent ends


def run(module, *words):
    """Runs `python -m module words` without accelerators; the ended process, with its text."""
    root = str(pathlib.Path(__file__).resolve().parents[1])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", WATCHED: "1"}
    there, here = os.pipe()
    try:
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            env={**os.environ, "PYTHONPATH": paths, **quiet},
            stdin=there,
            capture_output=True,
            text=True,
        )
    finally:
        os.close(there)
        os.close(here)


def is_fresh():
    """Whether nothing has been imported that an artefact must not need."""
    return not {*BARRED, "tensorflow"} & set(sys.modules)


def bar():
    """Readies a fresh process: it cannot import the zoo or Keras, nor outlive its parent."""
    sys.modules.update(dict.fromkeys(BARRED))  # importing one of them now fails
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if WATCHED in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    while os.read(0, 1):
        pass
    os._exit(1)
