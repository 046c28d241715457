"""Calls of a served graph as a server makes them, without the checks that come beforehand.

`zoo.export.load` and `export.client` check what they send; here the graph itself must.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from zoo.export import check


def asked(served, name, rows: Any = range(3), **changed):
    """Good inputs of a signature, but for those in `changed`."""
    return {**check.inputs(served.signatures[name]["inputs"], rows), **changed}


def answer(served, name, inputs):
    """What the graph gives, by name; an error as it comes."""
    tensors = {key: tf.constant(value) for key, value in inputs.items()}
    return {key: t.numpy() for key, t in served.function(name)(**tensors).items()}


def outcome(served, name, inputs):
    """What becomes of inputs: it "answers", "refuses" or "fails"; and why."""
    try:
        found = answer(served, name, inputs)
    except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
        return "refuses", str(error)
    except tf.errors.OpError as error:
        return "fails", str(error)
    finite = all(np.isfinite(v).all() for v in found.values() if v.dtype.kind == "f")
    return ("answers", "") if finite else ("fails", "the values are not finite")


def must_refuse(served, name, inputs, *words):
    """A problem, or nothing: the graph must refuse with one of these words."""
    found, said = outcome(served, name, inputs)
    if found == "refuses" and any(word in said for word in words):
        return []
    shown = {key: value.tolist() for key, value in inputs.items() if np.size(value) < 9}
    named = f" without naming {' or '.join(words)}" if found == "refuses" else ""
    return [f"{name} {found}{named} for {shown}: {said[:200]}"]


def goes_on(served):
    """Problems of a good request to each signature, after the bad ones."""
    found = {n: outcome(served, n, asked(served, n)) for n in served.signatures}
    return [f"{n} {kind} afterwards: {said}" for n, (kind, said) in found.items() if said]
