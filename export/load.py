"""Uses an exported model: needs TensorFlow, neither the zoo nor Keras."""

import difflib
import functools
import json
import pathlib

import numpy as np

from export import manifest

NOTE = pathlib.Path("assets.extra", "signatures.json")  # inside a version folder
EXPECTED = pathlib.Path("assets.extra", "expected.json")


def load(directory, version=None):
    """An exported model, ready to call.

    Args:
        directory: what `export.save` was given, or one version folder in it.
        version: which version of a model folder; None is the largest.

    Returns:
        A `Served`: one callable for each signature.

    Raises:
        ValueError: if nothing exported is there, not that version, or if a file of it is
            not what its manifest says.
    """
    folder = find(directory, version)
    wrong = manifest.problems(folder) if (folder / manifest.MANIFEST).is_file() else []
    if wrong:
        raise ValueError(f"{folder} must be as it was published; {'; '.join(wrong)}.")
    import tensorflow as tf  # after what can fail at once

    note = json.loads((folder / NOTE).read_text()) if (folder / NOTE).is_file() else {}
    return Served(folder, tf.saved_model.load(str(folder)), note)


def find(directory, version=None):
    """The version folder that `load` reads."""
    given = pathlib.Path(directory)
    if (given / "saved_model.pb").is_file():
        if version is not None and given.name != str(version):
            raise ValueError(
                "`version` must be None where `directory` is a version folder. "
                f"Received: version={version!r}, directory={str(given)!r}."
            )
        return given
    found = {
        number: path for number, path in versions(given) if (path / "saved_model.pb").is_file()
    }
    if not found:
        kind = "no version folder (1, 2, ...) in it" if given.is_dir() else "no such folder"
        raise ValueError(
            "`directory` must be a folder that `export.save` wrote, or one version in it. "
            f"Received: {str(given)!r}: {kind}."
        )
    if version is not None and version not in found:
        raise ValueError(
            f"`version` must be one of {sorted(found)} or None. Received: {version!r}."
        )
    return found[max(found) if version is None else version]


def versions(directory):
    """(number, path) of each child that TensorFlow Serving would take for a version."""
    if not directory.is_dir():
        return []
    named = [path for path in directory.iterdir() if path.name.isascii()]
    return [(int(path.name), path) for path in named if path.name.isdecimal()]


def described(function, about=None):
    """Inputs and outputs of a signature: name -> dtype and shape, None for a free size.

    `about` adds what they mean: its `doc`, and by name the entries of `inputs` and `outputs`.
    """
    about = about or {}
    sides = {"inputs": function.structured_input_signature[1]}
    sides["outputs"] = function.structured_outputs
    found = {
        side: {n: {**about.get(side, {}).get(n, {}), **_plain(specs[n])} for n in sorted(specs)}
        for side, specs in sides.items()
    }
    return {**found, **({"doc": about["doc"]} if "doc" in about else {})}


def _plain(spec):
    shape = None if spec.shape.rank is None else spec.shape.as_list()
    return {"dtype": spec.dtype.name, "shape": shape}


class Served:
    """An exported model: `served.sample(seed=[1, 2, 3])` calls the signature `sample`.

    Inputs are given by name, as anything NumPy reads; results are arrays, or a dict of
    them by name where a signature has several outputs.

    Attributes:
        signatures: name -> `doc`, inputs and outputs -> name -> dtype, shape, `doc`, range.
        score_kind: what `score` returns ("elbo", "logit", ...), or None.
        folder: the version folder.
    """

    def __init__(self, folder, loaded, note):
        self.folder, self.score_kind = folder, note.get("score_kind")
        self._loaded = loaded  # owns the weights, which functions only point to
        self._functions = dict(loaded.signatures)
        words = note.get("signatures", {})
        words = {**words, "serving_default": words.get(note.get("serving_default"))}
        self.signatures = {
            name: described(f, words.get(name)) for name, f in sorted(self._functions.items())
        }

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.signatures:
            known = [] if name.startswith("_") else list(self.signatures)
            raise AttributeError(f"No signature {name!r}; accepted: {known}.{near(name, known)}")
        return functools.partial(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self.signatures})

    def __repr__(self):
        calls = [f"{name}({', '.join(s['inputs'])})" for name, s in self.signatures.items()]
        return f"<Served {str(self.folder)!r}: {', '.join(calls)}>"

    def function(self, signature):
        """The signature itself: of named tensors, unchecked."""
        return self._functions[signature]

    def outputs(self, signature):
        """Names of what a signature gives."""
        return list(self.signatures[signature]["outputs"])

    def __call__(self, signature, /, **inputs):
        """Calls a signature by its name."""
        import tensorflow as tf

        if signature not in self.signatures:
            known = list(self.signatures)
            raise ValueError(
                f"`signature` must be one of {known}. Received: {signature!r}."
                + near(signature, known)
            )
        given = read(signature, self.signatures[signature]["inputs"], inputs)
        tensors = {name: tf.constant(value) for name, value in given.items()}
        try:
            found = self._functions[signature](**tensors)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(f"{signature}: {reason(error.message)}") from error
        arrays = {name: value.numpy() for name, value in found.items()}
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def read(signature, specs, inputs):
    """`inputs` as arrays of the dtypes and shapes that a signature takes, or an error."""
    if set(inputs) != set(specs):
        known = list(specs)
        missing, unknown = sorted(set(specs) - set(inputs)), sorted(set(inputs) - set(specs))
        words = "".join(near(name, known) for name in unknown)
        raise TypeError(
            f"{signature}: the inputs must be {known}, by name. Received: {sorted(inputs)}"
            f"{f'; missing: {missing}' * bool(missing)}{f'; unknown: {unknown}' * bool(unknown)}."
            + words
        )
    arrays = {name: _array(f"{signature}: `{name}`", inputs[name], specs[name]) for name in specs}
    rows = {name: len(a) for name, a in arrays.items() if (specs[name]["shape"] or [0])[0] is None}
    if len(set(rows.values())) > 1:
        raise ValueError(f"{signature}: the inputs must have the same batch. Received: {rows}.")
    return arrays


def _array(label, value, spec):
    wanted, array = np.dtype(spec["dtype"]), np.asarray(value)
    kinds = {"i": "iu"}.get(wanted.kind, wanted.kind)
    if wanted.kind == "f" and not hasattr(value, "dtype"):
        kinds = "fiu"  # numbers written by hand; an array of integers may be unscaled pixels
    if array.dtype.kind not in kinds and array.size:
        remedy = " Scale pixels to [0, 1] first." if array.dtype == np.uint8 else ""
        raise TypeError(f"{label} must be {wanted.name}. Received: {array.dtype.name}.{remedy}")
    shape = spec["shape"]
    if shape is not None and not _fits(array.shape, shape):
        wanted_shape = tuple("batch" if n is None else n for n in shape)
        words = str(wanted_shape).replace("'", "")
        raise ValueError(f"{label} must have the shape {words}. Received: {array.shape}.")
    with np.errstate(over="ignore"):
        cast = array.astype(wanted)
    whole = np.isfinite(cast) if wanted.kind == "f" else cast == array
    if not np.all(whole):
        limits = "finite" if wanted.kind == "f" else f"within {wanted.name}"
        raise ValueError(f"{label} must be {limits}. Received: {array[~whole].flat[0]}.")
    return cast


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(
        n in (None, m) for m, n in zip(shape, wanted, strict=True)
    )


def near(name, known):
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" Nearest: {near[0]!r}." if near else ""


def reason(message):
    """What an assertion of the graph says, without the graph's own names."""
    line = message.partition("assertion failed:")[2].partition("\n")[0] or message
    words = line.replace("[", "").replace("]", " ").split()
    if "assertion failed:" not in message:
        return message
    return f"{' '.join(words[:-1])} Received: {words[-1]}."
