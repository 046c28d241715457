"""Writes a model as the next version of a folder that TensorFlow Serving can watch.

In a version: the SavedModel, and in `assets.extra` its signatures in words
(`signatures.json`), what the model gave for some inputs (`expected.json`), the requests
that warm a server up and the manifest of all files.
"""

import contextlib
import json
import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.saved_model.fingerprinting_utils import write_fingerprint

from zoo.export import apart, check, manifest, serving, staging, warmup
from zoo.export.load import EXPECTED, NOTE, described, require_local

DEFAULTS = "sample", "translate", "translate_xy", "reconstruct"  # served unasked, the first
HALVES = {tf.float16, tf.bfloat16}
HALF_TOLERANCE = 5e-2  # eager and traced half-precision arithmetic round differently
ROWS = range(2)  # of the batches that are compared and that warm a server up
OVERHEAD = 400_000  # bytes that a version takes beside its weights, about


def save(
    model: Any,
    directory: str | pathlib.Path,
    metadata: dict[str, Any] | None = None,
    batch_size: int | None = None,
    advance: Callable[[int], Any] = int,
) -> pathlib.Path:
    """Writes every verb that a model offers as a named signature of a new version.

    The SavedModel holds the weights those verbs read and nothing else. Before it is
    published, a process that imports TensorFlow alone loads it: each signature must give
    what the model gives, again and again, whatever the batch. A model that keeps averages
    of its weights, `compile(ema=...)`, is served with them.

    Args:
        model: a model of the zoo, or any object whose `signatures()` is a dict of
            name -> (function of named tensors, name -> `tf.TensorSpec`).
        directory: folder of the model's versions; made where it does not exist.
        metadata: what the manifest is to tell of the model; a dict that JSON can hold.
        batch_size: how many rows a server that batches requests may run together. Such a
            server refuses scalars, so signatures that take one (`sample_n`) are left out.
            None: not for batching.
        advance: called with 1 after each of six parts of the work.

    Returns:
        The folder of the new version: the largest integer in `directory` plus one.

    Raises:
        ValueError: if the model offers no verb, a weight is not finite or the artefact
            gives other values than the model. Nothing is published then.
        OSError: if the disk is full. Nothing is published then.
    """
    with model.averaged() if getattr(model, "ema", None) else contextlib.nullcontext():
        require_local("directory", directory)
        return _save(model, pathlib.Path(directory), metadata or {}, batch_size, advance)


def _save(model, directory, metadata, batch_size, advance):
    """`save`, with the weights that are to be served in their place."""
    signatures = _signatures(model, batch_size)
    traced = {name: _traced(function, specs) for name, (function, specs, _) in signatures.items()}
    module = _module(model, traced)
    size = sum(v.shape.num_elements() * v.dtype.size for v in module.weights)
    with staging.staged(directory, int(1.3 * size) + OVERHEAD) as folder:
        advance(1)
        _write(module, traced, folder)
        advance(1)
        note = _note(model, signatures, traced)
        told = note["signatures"]
        asked = _answered(signatures, told)
        advance(1)
        write_json(folder / NOTE, note)
        write_json(folder / EXPECTED, check.thinned(asked))
        warmup.write(folder, _first_requests(note, asked))
        advance(1)
        if batch_size is not None:
            serving.write_batching(folder, batch_size)
        made = {"time": time.strftime("%FT%TZ", time.gmtime()), "tensorflow": tf.__version__}
        known = {"model": type(model).__name__, "averages": getattr(model, "ema", None)}
        manifest.write(folder, **known, made=made, metadata=metadata, weight_bytes=size)
        _check(folder, asked, traced)
        advance(2)
        return staging.publish(folder, directory)


def _signatures(model, batch_size):
    """Name -> function, specs and what they mean."""
    if not hasattr(model, "signatures"):
        raise TypeError(f"`model` must have `signatures()`. Received: {type(model).__name__}.")
    if batch_size is not None and (type(batch_size) is not int or batch_size < 1):
        raise ValueError(f"`batch_size` must be a positive integer. Received: {batch_size!r}.")
    offered = {name: (*entry, {})[:3] for name, entry in model.signatures().items()}
    found = {
        name: entry
        for name, entry in offered.items()
        if batch_size is None or all(spec.shape.rank for spec in entry[1].values())
    }
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
    return _Weights(list(read.values()), getattr(model, "name", None))


class _Weights(tf.Module):
    """What a version holds: variables, and no Keras object."""

    def __init__(self, weights, name):
        super().__init__(name)
        self.weights = weights


def _default(names):
    """The signature that a server calls where a client names none."""
    return next((name for name in DEFAULTS if name in names), next(iter(names)))


def _write(module, traced, folder):
    served = {**traced, "serving_default": traced[_default(traced)]}
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    tf.saved_model.save(module, str(folder), signatures=served, options=options)
    _slim(folder)
    (folder / NOTE).parent.mkdir()


def _slim(folder):
    """Drops shapes that are inferred again when a graph is loaded: a sixth of a small one."""
    path = folder / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    for function in (f for m in saved.meta_graphs for f in m.graph_def.library.function):
        for node in function.node_def:
            node.attr.pop("_output_shapes", None)
    path.write_bytes(saved.SerializeToString(deterministic=True))
    write_fingerprint(str(folder))


def _note(model, signatures, traced):
    """What is served, in words that a client can read."""
    note = {
        "signatures": {
            name: described(traced[name], about) for name, (_, _, about) in signatures.items()
        },
        "serving_default": _default(traced),
    }
    kind = getattr(model, "score_kind", None)
    return {**note, **({"score_kind": kind} if "score" in traced and kind else {})}


def _answered(signatures, described):
    """Signature -> inputs, and what the model gives for them when it is called."""
    found = {}
    with tf.device("CPU:0"):  # where they will be compared
        for name, (function, _, _) in signatures.items():
            inputs = check.inputs(described[name]["inputs"], ROWS)
            outputs = function(**{key: tf.constant(value) for key, value in inputs.items()})
            found[name] = inputs, {key: np.asarray(value) for key, value in outputs.items()}
    return found


def _first_requests(note, asked):
    """For each signature, one row and the rows of its check.

    The default one is among them under that name, too: a server compiles it by itself.
    """
    told = note["signatures"]
    single = [(name, check.inputs(specs["inputs"], range(1))) for name, specs in told.items()]
    whole = [*single, *((name, inputs) for name, (inputs, _) in asked.items())]
    default = [inputs for name, inputs in whole if name == note["serving_default"]]
    return [*whole, *(("serving_default", inputs) for inputs in default)]


def write_json(path, content):
    """Writes a JSON file in the same order always."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _check(folder, asked, traced):
    """Has the version loaded and compared in a process that imports TensorFlow alone."""
    allowed = {n: HALF_TOLERANCE if _is_half(f) else check.TOLERANCE for n, f in traced.items()}
    with tempfile.TemporaryDirectory() as around:
        path = pathlib.Path(around, "asked.npz")
        check.keep(path, asked, allowed)
        done = apart.run("zoo.export.check", str(folder), "--json", "--against", str(path))
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {"problems": [done.stderr.strip()[-2000:] or f"exit code {done.returncode}"]}
    if report["problems"] or done.returncode:
        raise ValueError(
            f"The exported model must give what the model gives, by itself: "
            f"{'; '.join(report['problems'])}; nothing was published."
        )


def _is_half(function):
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    halves = {dtype.as_datatype_enum for dtype in HALVES}
    return any(value.type in halves for node in nodes for value in node.attr.values())
