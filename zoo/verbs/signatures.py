"""Verbs as signatures: one vocabulary of arguments, one name for each output.

`sample` is served thrice: `sample(seed: int64[batch])` gives one example a seed, each a
function of its own seed alone; `sample_n(count, seed)` the examples that
`model.sample(count, seed=seed)` gives; `sample_png(seed)` those of `sample` as PNG files.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.verbs.guards import MOST_ROWS, MOST_STEPS, Argument, finite, guarded

VERBS = {  # what each signature gives
    "sample": "One example for each seed; it depends on its own seed alone.",
    "sample_n": "`count` examples that follow from one seed.",
    "encode": "The code of each example.",
    "decode": "The example of each code.",
    "reconstruct": "Each example encoded and decoded.",
    "interpolate": "`steps` examples on the line between each two, ends included.",
    "score": "How well each example fits the model; higher is better.",
    "classify": "The probability of each class, for each example.",
    "translate": "Each example carried over to the other domain or class.",
    "forecast": "What follows each example.",
    "trajectory": "The places of each game, `steps` of them, from where it starts.",
}
SCORES = {  # kind of score -> what `score` gives
    "elbo": "lower bound of ln p(x), in nats",
    "is_loglik": "estimate of ln p(x), in nats",
    "logdensity": "ln p(x), in nats",
    "logit": "the discriminator's raw output",
    "neg_energy": "minus an energy, without a scale of its own",
    "neg_anomaly": "minus an anomaly score, without a scale of its own",
    "neg_feature_error": "minus a discriminator's feature error and a divergence; no likelihood",
}
PNG_CHANNELS = (1, 2, 3, 4)


class Signature(NamedTuple):
    """One signature, as `export.save` takes it."""

    function: Callable  # of named tensors, gives a dict of named tensors
    specs: dict  # served name -> `tf.TensorSpec`
    about: dict  # `doc`, `inputs` and `outputs`: name -> `doc`, and the range `from`, `to`


def data_name(model):
    """What one example is called in a signature."""
    return {2: "sequence", 3: "image", 4: "sequence"}.get(len(model.data_shape), "x")


def argument(model, name, verb=None):
    """The `zoo.guards.Argument` of an argument of a verb."""
    kind, data = name.rstrip("12"), data_name(model)
    if kind == "x":
        return Argument(_rows(data + name[1:], model.data_shape), *_data_words(model))
    if name == "y":  # the other image of a pair, or of another domain
        return Argument(_rows("target", model.target_shape), *_data_words(model))
    if kind == "z":
        shape, dtype = code_spec(model)
        return Argument(_rows(name, shape, dtype), "codes", *_code_range(model, dtype))
    if name == "codes":
        return Argument(_rows(name, (model.codes_dim,)), "the structured part of each code")
    if name == "labels":
        unknown = verb in model.unknown_labels
        doc = "the class of each row, counted from 0" + "; -1 is unknown" * unknown
        most = int(np.max(model.highest_label))
        return Argument(_rows("label", model.label_shape, tf.int32), doc, 0 - unknown, most)
    return {
        "seed": Argument(_rows("seed", (), tf.int64), "any integer, for each row", None, None),
        "count": Argument(_one("count", tf.int32), "how many examples", 1, MOST_ROWS),
        "steps": Argument(_one("steps", tf.int32), "points on each line", 2, MOST_STEPS),
        "truncation": Argument(_one("truncation"), "the largest noise value", 0.0, 100.0),
    }[name]


def _rows(name, shape, dtype=tf.float32):
    return tf.TensorSpec((None, *shape), dtype, name)


def _one(name, dtype=tf.float32):
    return tf.TensorSpec((), dtype, name)


def _data_words(model) -> tuple[Any, ...]:
    """What data are in words, and the bounds that a server holds them to."""
    words = {2: "sequences", 3: "images", 4: "sequences of images"}
    words = words.get(len(model.data_shape), "vectors")
    if model.data_range is None:
        return (f"{words} of finite numbers",)
    low, high = model.data_range
    return f"{words} of numbers from {low:g} to {high:g}", low, high


def code_spec(model):
    """Shape and dtype of one code."""
    return model.code_shape, model.code_dtype


def _code_range(model, dtype):
    """Bounds of codes: `code_range` where a model has its own, as those of integers must."""
    if model.code_range is None and dtype.is_integer:
        raise TypeError(f"{type(model).__name__} must state `code_range`: its codes are integers.")
    return model.code_range or ()


def output(model, verb):
    """What a verb's result is called in a signature."""
    names = {"encode": "z", "trajectory": "z", "score": "score", "classify": "probabilities"}
    return names.get(verb, data_name(model))


def signatures(model):
    """Name -> `Signature`, of every verb that the model offers now."""
    found, traced = {}, {v: tf.function(getattr(model, v), autograph=False) for v in model.verbs}
    for verb, names in model.offered().items():
        own = {name: argument(model, name, verb) for name in names if name != "count"}
        found[verb] = _signature(model, verb, own, _call(model, verb, traced))
        if verb == "sample":
            found["sample_n"] = _sample_n(model, own, found[verb].function)
        if _is_picture(model, verb):
            found[f"{verb}_png"] = _pictures(model, verb, found[verb])
    return found


def _call(model, verb, traced):
    """The verb on named tensors; in a graph, a call of what is traced once for all verbs."""

    def call(given):
        count = {"count": tf.shape(given["seed"])[0]} if verb == "sample" else {}
        if tf.executing_eagerly():
            return getattr(model, verb)(**count, **given)
        with _shared(model, traced):
            return traced[verb](**count, **given)

    return call


@contextlib.contextmanager
def _shared(model, traced):
    """Inside, verbs that call each other call what is traced already: a graph holds it once."""
    own = vars(model)
    own.update(traced)
    try:
        yield
    finally:
        for verb in traced:
            own.pop(verb, None)


def _once(function):
    """A function of named tensors that is traced once, whichever signatures call it."""
    traced = tf.function(function, autograph=False)
    return lambda **tensors: (function if tf.executing_eagerly() else traced)(**tensors)


def _signature(model, name, arguments, call):
    """The `Signature` that checks its inputs, calls a verb and checks what it gives."""
    served = {a.spec.name: a for a in arguments.values()}
    spoken = {a.spec.name: key for key, a in arguments.items()}
    result = output(model, name)

    def function(**tensors):
        tensors = guarded(served, tensors)
        return {result: finite(result, call({spoken[key]: tensors[key] for key in tensors}))}

    specs = {key: a.spec for key, a in served.items()}
    return Signature(_once(function), specs, _about(model, name, served))


def _sample_n(model, arguments, sample):
    """The signature that takes once what `sample` takes for each row."""
    rows = {a.spec.name for a in arguments.values() if a.has_rows}
    once = {"count": argument(model, "count")}
    for name, a in arguments.items():
        shape = a.spec.shape[1:] if a.has_rows else a.spec.shape
        once[name] = a._replace(spec=tf.TensorSpec(shape, a.spec.dtype, a.spec.name))
    served = {a.spec.name: a for a in once.values()}

    def function(**tensors):
        given = guarded(served, tensors)
        count = given.pop("count")
        given["seed"] = noise.row_seeds(given["seed"], count)
        for name in rows - {"seed"}:
            given[name] = tf.repeat(given[name][None], count, axis=0)
        return sample(**given)

    specs = {key: a.spec for key, a in served.items()}
    return Signature(function, specs, _about(model, "sample_n", served))


def _pictures(model, verb, plain):
    """The signature that gives what another gives as PNG files."""
    result = output(model, verb)

    def function(**tensors):
        return {f"{result}_bytes": _png(plain.function(**tensors)[result])}

    about = {**plain.about, "outputs": {f"{result}_bytes": {"doc": "PNG files"}}}
    return Signature(function, plain.specs, about)


def _is_picture(model, verb):
    shows = verb in ("sample", "reconstruct") or verb.startswith("translate")
    shapes = [model.data_shape, *([model.target_shape] if verb.startswith("translate") else [])]
    images = all(len(shape) == 3 and shape[-1] in PNG_CHANNELS for shape in shapes)
    return shows and images and model.data_range == (0.0, 1.0)


def _png(images):
    """Images with values in [0, 1] as PNG files, 8 bits a channel."""
    levels = tf.round(tf.clip_by_value(images, 0.0, 1.0) * 255.0)
    return tf.io.encode_png(tf.cast(levels, tf.uint8))


def _about(model, name, served):
    """What a signature does, takes and gives, in words."""
    doc = VERBS.get(name) or VERBS.get(name.partition("_")[0]) or f"What `{name}` gives."
    inputs = {
        key: {"doc": a.doc} | ({} if a.low is None else {"from": a.low, "to": a.high})
        for key, a in served.items()
    }
    result = output(model, name)
    words = {
        "z": "codes",
        "score": SCORES.get(model.score_kind, "a score"),
        "probabilities": "one for each class",
    }
    shown = words.get(result) or _data_words(model)[0]
    return {"doc": doc, "inputs": inputs, "outputs": {result: {"doc": shown}}}
