"""Uses an exported model: needs TensorFlow, neither the zoo nor Keras."""

import contextlib
import functools
import pathlib
import re
import tempfile
from typing import Any

from zoo.export import manifest
from zoo.export.answers import near, read, reason

NOTE = pathlib.Path("assets.extra", "signatures.json")  # inside a version folder
EXPECTED = pathlib.Path("assets.extra", "expected.json")


def load(directory: str | pathlib.Path, version: int | None = None) -> "Served":
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
    note = manifest.read_json(folder / NOTE) if (folder / NOTE).is_file() else {}
    import tensorflow as tf  # after what can fail at once

    with plain_path(folder) as path:
        return Served(folder, tf.saved_model.load(str(path)), note)


@contextlib.contextmanager
def plain_path(folder):
    """A path to a folder that TensorFlow can restore from: it takes names of files for patterns,
    so one with brackets or backslashes is reached by a link that has none."""
    if not set(str(folder)) & set("[]\\"):
        yield folder
        return
    with tempfile.TemporaryDirectory() as around:
        link = pathlib.Path(around, "version")
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


def find(directory: str | pathlib.Path, version: int | None = None) -> pathlib.Path:
    """The version folder that `load` reads."""
    require_local("directory", directory)
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


def require_local(name, path):
    """Refuses an address, which is no path of this machine."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", str(path)):
        raise ValueError(
            f"`{name}` must be a path of this machine. Received the address {str(path)!r}: use a "
            "local folder and copy it, or mount what the address names."
        )


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
    sides = {"inputs": function.structured_input_signature[1]}
    sides["outputs"] = function.structured_outputs
    found = {
        side: {n: {**entry(entry(about, side), n), **_plain(specs[n])} for n in sorted(specs)}
        for side, specs in sides.items()
    }
    doc = about.get("doc") if isinstance(about, dict) else None
    return {**found, **({"doc": doc} if isinstance(doc, str) else {})}


def entry(note, name):
    """Names and values under a name of a note that somebody else may have written, or none."""
    value = note.get(name) if isinstance(note, dict) else None
    return value if isinstance(value, dict) else {}


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
        words, default = entry(note, "signatures"), note.get("serving_default")
        words = (
            {**words, "serving_default": entry(words, default)}
            if isinstance(default, str)
            else words
        )
        self.signatures = {
            name: described(f, words.get(name)) for name, f in sorted(self._functions.items())
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.signatures:
            known = [] if name.startswith("_") else list(self.signatures)
            raise AttributeError(f"No signature {name!r}; accepted: {known}.{near(name, known)}")
        return functools.partial(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self.signatures})

    def __repr__(self):
        calls = [f"{name}({', '.join(s['inputs'])})" for name, s in self.signatures.items()]
        return f"<Served {str(self.folder)!r}: {', '.join(calls)}>"

    def function(self, signature: str) -> Any:
        """The signature itself: of named tensors, unchecked."""
        return self._functions[signature]

    def outputs(self, signature: str) -> list[str]:
        """Names of what a signature gives."""
        return list(self.signatures[signature]["outputs"])

    def __call__(self, signature: str, /, **inputs: Any) -> Any:
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
