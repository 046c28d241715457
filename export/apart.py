"""Runs a module of this package in a fresh process, which ends when this one does."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import threading

WATCHED = "EXPORT_WATCHED"  # set where the standard input closes when the parent ends
STEP = "\x1estep"  # a line of the standard error
NOISE = re.compile(r"[IWEF]\d{4} \d\d:|WARNING: All log messages before absl")  # of TensorFlow


def run(module, *words, advance=None):
    """Runs `python -m module words` without accelerators; the ended process, with its text.

    Args:
        advance: called with 1 whenever the process tells of a step (`told`); its other lines,
            but for those with which TensorFlow starts, are its standard error.
    """
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", WATCHED: "1"}
    there, here = os.pipe()
    command, lines = [sys.executable, "-m", module, *words], []
    options = {"env": {**os.environ, **quiet}, "stdin": there, "text": True}
    try:
        with tempfile.TemporaryFile("w+") as output:
            pipes = {"stdout": output, "stderr": subprocess.PIPE}
            with subprocess.Popen(command, **options, **pipes) as process:
                for line in process.stderr or ():
                    if line.rstrip("\n") == STEP:
                        (advance or int)(1)
                    elif not NOISE.match(line):
                        lines.append(line)
            output.seek(0)
            text = output.read()
        return subprocess.CompletedProcess(command, process.returncode, text, "".join(lines))
    finally:
        os.close(there)
        os.close(here)


def told():
    """Tells the process that started this one, if one did, that a step is done."""
    if WATCHED in os.environ:
        print(STEP, file=sys.stderr, flush=True)


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
