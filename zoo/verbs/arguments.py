"""What a verb is given from Python, checked as `fit` and a served graph check it.

Inside a graph, and where a verb calls another, nothing is checked: a served signature has guards
of its own (`zoo.verbs.guards`).
"""

import contextlib
import contextvars
import functools
import inspect
import operator
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.input_pipeline.validation import as_array, checked_values, range_words, require_shape

WHOLE = {"count": 1, "steps": 2, "horizon": 1, "seen": 1, "jump": 1}  # the least of each
OPTIONAL = ("horizon", "seen")  # which None leaves to the model
ROWS = ("x", "x1", "x2", "y", "z", "z1", "z2")  # arguments with one entry for each row

_inside = contextvars.ContextVar("inside", default=False)


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """Inside, verbs take what they are given: where a model may be watched while it diverges."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def check_arguments(cls: type) -> None:
    """Lets the verbs of a class check what they are given."""
    for verb in getattr(cls, "verbs", {}):
        function = inspect.getattr_static(cls, verb, None)
        if inspect.isfunction(function) and not hasattr(function, "checks_arguments"):
            setattr(cls, verb, _checked_verb(cls, verb, function))


def _checked_verb(cls: type, verb: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The verb of a class, which checks its arguments first."""
    signature, is_own = inspect.signature(function), verb in vars(cls)

    @functools.wraps(function)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        method = functools.partial(function, self) if is_own else getattr(super(cls, self), verb)
        symbolic = any(isinstance(v, keras.KerasTensor) for v in (*args, *kwargs.values()))
        if symbolic or _inside.get() or not tf.executing_eagerly():
            return method(*args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.arguments.update(checked(self, dict(list(bound.arguments.items())[1:])))
        with unchecked():
            return method(*bound.args[1:], **bound.kwargs)

    setattr(call, "checks_arguments", True)  # noqa: B010  a function of its own attribute
    return call


def checked(model: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a verb as it reads them, or an error that names the one that is wrong.

    Args:
        model: of the zoo.
        given: argument -> value, without what was left out.
    """
    found = dict(given)
    for name in ROWS:
        if name in given:
            found[name] = _rows(model, name, given[name])
    for name in WHOLE:
        if name in given and not (given[name] is None and name in OPTIONAL):
            found[name] = _whole(name, given[name])
    if given.get("truncation") is not None:
        _require_truncation(given["truncation"], found.get("count"))
    if given.get("codes") is not None:
        _require_structured(model, given["codes"])
    rows = _common_rows({name: len(found[name]) for name in ROWS if name in found})
    rows = found.get("count") if rows is None else rows
    for name in ("labels", "seed"):
        if given.get(name) is not None:
            entry = model.label_shape if name == "labels" else ()
            _require_integers(name, given[name], rows, entry)
    return found


def _rows(model: Any, name: str, value: Any) -> Any:
    """Rows of data or of codes: right in kind, shape, range, and finite; floats as float32."""
    is_code = name.startswith("z")
    shape = model.code_shape if is_code else model.target_shape if name == "y" else model.data_shape
    dtype = model.code_dtype if is_code else tf.float32
    is_tensor = isinstance(value, (tf.Tensor, tf.Variable, keras.Variable))
    rows = tf.convert_to_tensor(value) if is_tensor else np.asarray(as_array(value, name))
    _require_kind(model, name, rows.dtype, dtype)
    require_shape(tuple(rows.shape), shape, name)
    if not len(rows):
        raise ValueError(f"`{name}` must hold at least one example. Received: none.")
    if is_code:
        _require_codes(model, name, np.asarray(rows))
    else:
        checked_values(model, np.asarray(rows), name)
    return rows if rows.dtype == dtype else tf.cast(rows, dtype)


def _require_kind(model: Any, name: str, dtype: Any, wanted: tf.DType) -> None:
    """Refuses integers in place of floats and the other way round."""
    try:
        kind = tf.as_dtype(dtype)
    except TypeError:
        kind = tf.string
    right = kind.is_integer if wanted.is_integer else kind.is_floating
    if not right:
        words = wanted.name if name.startswith("z") else f"float32{range_words(model)}"
        hint = "" if name.startswith("z") else " Scale images with `x.astype('float32') / 255`."
        raise TypeError(f"`{name}` must be {words}. Received: dtype {kind.name}.{hint}")


def _require_codes(model: Any, name: str, codes: np.ndarray) -> None:
    """Refuses codes that are not finite or that no `decode` takes."""
    if codes.dtype.kind != "i" and not np.isfinite(np.asarray(codes, np.float32)).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN, or a value beyond float32.")
    low, high = model.code_range or (-np.inf, np.inf)
    if codes.size and (codes.min() < low or codes.max() > high):
        raise ValueError(
            f"`{name}` must be from {low:g} to {high:g}. "
            f"Received: values from {codes.min():g} to {codes.max():g}."
        )


def _whole(name: str, value: Any) -> int:
    """An integer that is not too small."""
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < WHOLE[name]:
        raise ValueError(f"`{name}` must be an integer from {WHOLE[name]}. Received: {value!r}.")
    return number


def _require_truncation(value: Any, rows: Any) -> None:
    """Refuses a largest value of noise that is none: one for all rows, or one for each."""
    numbers = np.asarray(value)
    is_number = numbers.dtype.kind in "fiu" and numbers.shape in ((), (rows,))
    if not is_number or not ((numbers >= 0.0) & (numbers < np.inf)).all():
        expected = f"None, a number from 0, or one for each of {rows} rows"
        raise ValueError(f"`truncation` must be {expected}. Received: {value!r}.")


def _require_structured(model: Any, value: Any) -> None:
    """Refuses structured codes that are none: numbers, one vector or one for each row."""
    codes = np.asarray(value)
    if codes.dtype.kind not in "fiu" or not 1 <= codes.ndim <= 2:
        raise TypeError(f"`codes` must be numbers. Received: {codes.dtype} of {codes.shape}.")
    if codes.shape[-1] != model.codes_dim or not np.isfinite(codes).all():
        raise ValueError(
            f"`codes` must be {model.codes_dim} finite numbers for each example. "
            f"Received: shape {codes.shape}."
        )


def _common_rows(sizes: dict[str, int]) -> int | None:
    """How many rows all arguments have; refuses those that have others."""
    if len(set(sizes.values())) > 1:
        names = " and ".join(f"`{name}`" for name in sizes)
        words = " and ".join(map(str, sizes.values()))
        raise ValueError(f"{names} must have as many rows. Received: {words}.")
    return next(iter(sizes.values()), None)


def _require_integers(name: str, value: Any, rows: int | None, entry: tuple[int, ...]) -> None:
    """Refuses labels or seeds that are no integers, or of another number than the rows.

    Args:
        entry: shape of what one row has.
    """
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must be integers. Received: {value!r}.")
    if numbers.dtype == np.uint64 and numbers.size and numbers.max() >= 2**63:
        raise ValueError(f"`{name}` must be below 2**63. Received: {numbers.max()}.")
    each = numbers.ndim == 1 + len(entry) and (rows is None or len(numbers) in (1, rows))
    if numbers.shape not in ((), entry) and not (each and numbers.shape[1:] == entry):
        what = f"{entry[0]} integers" if entry else "one integer"
        raise ValueError(
            f"`{name}` must be {what}, or {'so many' if entry else 'one'} for each of {rows} rows. "
            f"Received: shape {numbers.shape}."
        )
