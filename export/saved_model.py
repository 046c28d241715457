"""Writes a model as the next version of a folder that TensorFlow Serving can watch.

Every integer child of such a folder is served as soon as it is seen, so a version is
written and tried under a name that is no integer, and then renamed once.
"""

import contextlib
import errno
import json
import os
import pathlib
import shutil
import socket
import uuid

import numpy as np
import tensorflow as tf

from export.check import TOLERANCE, distance, inputs
from export.load import NOTE, described, versions

STAGING = ".staging-"
HALVES = {tf.float16, tf.bfloat16}
HALF_TOLERANCE = 5e-2  # eager and traced half-precision arithmetic round differently
TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


def save(model, directory):
    """Writes every verb that a model offers as a named signature of a new version.

    The SavedModel holds the weights those verbs read and nothing else. Before it is
    published it is loaded again, and each signature must give what the model gives.

    Args:
        model: a model of the zoo, or any object whose `signatures()` is a dict of
            verb -> (function of named tensors, name -> `tf.TensorSpec`).
        directory: folder of the model's versions; made where it does not exist.

    Returns:
        The folder of the new version: the largest integer in `directory` plus one.

    Raises:
        ValueError: if the model offers no verb, a weight is not finite or the artefact
            gives other values than the model. Nothing is published then.
    """
    functions = _functions(model)
    traced = {name: _traced(function, specs) for name, (function, specs) in functions.items()}
    module = _module(model, traced)
    directory = pathlib.Path(directory)
    staging = _staging(directory)
    try:
        _write(module, traced, staging, getattr(model, "score_kind", None))
        _verify(functions, traced, staging)
        _sync(staging)
        return _publish(staging, directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # gone already where it was published


def _functions(model):
    if not hasattr(model, "signatures"):
        raise TypeError(f"`model` must have `signatures()`. Received: {type(model).__name__}.")
    found = model.signatures()
    if not found:
        raise ValueError(
            f"`model` must offer a verb to export. Received: {type(model).__name__}, which "
            "offers none now."
        )
    return found


def _traced(function, specs):
    def named(**tensors):  # so that every input is a named one
        return function(**tensors)

    return tf.function(named, autograph=False).get_concrete_function(**specs)


def _module(model, traced):
    """The weights that the signatures read, once each, and no Keras object."""
    read = {id(v): v for function in traced.values() for v in function.variables}
    paths = {id(v.value): v.path for v in getattr(model, "variables", ()) if hasattr(v, "path")}
    for key, variable in read.items():
        if variable.dtype.is_floating:
            wrong = np.sum(~np.isfinite(tf.cast(variable, tf.float32).numpy()))
            if wrong:
                raise ValueError(
                    f"Every weight of {type(model).__name__} must be finite. Received: "
                    f"{wrong} of {variable.shape.num_elements()} values of "
                    f"{paths.get(key, variable.name)!r} are not."
                )
    module = tf.Module(name=getattr(model, "name", None))
    module.weights = list(read.values())
    return module


def _write(module, traced, staging, score_kind):
    default = next((name for name in ("sample", "reconstruct") if name in traced), None)
    served = {**traced, **({"serving_default": traced[default]} if default else {})}
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(module, str(staging), signatures=served, options=options)
    note = {"signatures": {name: described(function) for name, function in traced.items()}}
    if default:
        note["serving_default"] = default
    if "score" in traced and score_kind:
        note["score_kind"] = score_kind
    (staging / NOTE).parent.mkdir()
    (staging / NOTE).write_text(json.dumps(note, indent=2, sort_keys=True) + "\n")


def _verify(functions, traced, staging):
    """Loads what was written and compares it with the model, on a batch of two."""
    loaded = tf.saved_model.load(str(staging))
    for name, (function, _) in functions.items():
        values = inputs(described(traced[name])["inputs"], range(2))
        tensors = {key: tf.constant(value) for key, value in values.items()}
        expected, found = function(**tensors), loaded.signatures[name](**tensors)
        allowed = HALF_TOLERANCE if _is_half(traced[name]) else TOLERANCE
        for key, value in expected.items():
            apart = distance(found[key].numpy(), np.asarray(value))
            if not apart <= allowed:  # also where it is not a number
                raise ValueError(
                    f"`{key}` of the exported {name!r} must be within {allowed} of what the "
                    f"model gives. Received: {apart}; nothing was published."
                )


def _is_half(function):
    operations = function.graph.get_operations()
    return any(tensor.dtype in HALVES for o in operations for tensor in o.outputs)


def _sync(folder):
    """Sends a folder and all in it to the disk, so that a rename never outruns its files."""
    for path in (*folder.rglob("*"), folder):
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _publish(staging, directory):
    """Renames `staging` to the next integer that no other process has taken."""
    while True:
        number = max((number for number, _ in versions(directory)), default=0) + 1
        version = directory / str(number)
        try:
            os.rename(staging, version)
        except OSError as error:
            if error.errno not in TAKEN or not version.exists():
                raise
            continue
        opened = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        return version


def _staging(directory):
    """A name that tells who writes, in a folder that exists and holds nothing stale."""
    directory.mkdir(parents=True, exist_ok=True)
    _remove_stale(directory)
    return directory / f"{STAGING}{os.getpid()}-{uuid.uuid4().hex}-{socket.gethostname()}"


def _remove_stale(directory):
    """Removes what processes of this host that have since died were still writing."""
    for path in directory.glob(f"{STAGING}*"):
        pid, _, host = path.name.removeprefix(STAGING).partition("-")
        host = host.partition("-")[2]
        if host == socket.gethostname() and pid.isdecimal() and not _is_alive(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid):
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
