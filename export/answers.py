"""What is sent to a signature and what it answers: checks of inputs, and errors in words."""

import difflib

import numpy as np


class ServingError(RuntimeError):
    """A request that failed; `code` is gRPC's name of the kind, such as INVALID_ARGUMENT."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {reason(message)}")
        self.code = code


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


def spec(dtype, shape):
    """An entry of `Model.signatures`, from TensorFlow's name of a dtype and sizes."""
    names = {"FLOAT": "float32", "DOUBLE": "float64", "STRING": "object", "HALF": "float16"}
    plain = names.get(dtype, dtype.lower())
    return {"dtype": plain, "shape": [None if size < 0 else size for size in shape]}


def near(name, known):
    """The nearest of the known names, as a sentence; empty where none is near."""
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" Nearest: {near[0]!r}." if near else ""


def reason(message):
    """What an assertion of the graph says, without the graph's own names."""
    line = message.partition("assertion failed:")[2].partition("\n")[0] or message
    words = line.replace("[", "").replace("]", " ").split()
    if "assertion failed:" not in message:
        return message
    return f"{' '.join(words[:-1])} Received: {words[-1]}."
