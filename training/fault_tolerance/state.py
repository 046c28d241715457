"""The whole state of a model that is being trained, as arrays by name, and back."""

import keras
import numpy as np
import tensorflow as tf

from zoo.contract import configs
from zoo.optimizers.scaled import unscaled
from zoo.training.fault_tolerance.others import CALLBACK
from zoo.training.fault_tolerance.workers import Workers

LOG = "log/"  # how the names of the means of an epoch begin
BFLOAT16 = tf.bfloat16.as_numpy_dtype
COMPILED = ("jit_compile", "accumulate", "ema")  # what changes the bits of a step
PLAIN = (bool, int, float, str, type(None))


def variables(model):
    """Name -> variable of all that a step reads and changes but its logs, each once.

    Weights and other state of the model, and every variable of every optimizer. Names do
    not depend on what else was made in the process.
    """
    groups = {"model": model.variables}
    groups |= {f"optimizer/{p}": o.variables for p, o in model.optimizers.items()}
    return _named(groups)


def log_variables(model):
    """Name -> variable of the means of an epoch so far."""
    return _named({f"{LOG}means": model.means.variables})


def _named(groups):
    found, seen = {}, set()
    for group, members in groups.items():
        for number, variable in enumerate(members):
            if id(variable) not in seen:
                seen.add(id(variable))
                found |= _parts(f"{group}/{number}", variable)
    return found


def _parts(name, variable):
    """A variable, or where replicas keep sums of their own, each of these."""
    value = variable.value
    own = getattr(value, "synchronization", None) == tf.VariableSynchronization.ON_READ
    if own and hasattr(value, "values"):
        first = Workers(value.distribute_strategy).index * len(value.values)
        return {f"{name}@{first + number}": part for number, part in enumerate(value.values)}
    return {name: variable}


def arrays(found):
    """Name -> array of variables by name; bfloat16 as the bits it consists of."""
    values = {name: np.array(variable.numpy()) for name, variable in found.items()}
    return {n: a.view(np.uint16) if a.dtype == BFLOAT16 else a for n, a in values.items()}


def assign(model, saved, source):
    """Sets the state of a model to saved arrays, or to none of them if they are another's."""
    saved = {n: array for n, array in saved.items() if not n.startswith((LOG, CALLBACK))}
    own = variables(model)
    known = arrays(own)
    saved = {name: _widened(array, known.get(name)) for name, array in saved.items()}
    for name in (*known, *saved):
        here, there = (_kind(found.get(name)) for found in (known, saved))
        if here != there:
            raise ValueError(
                f"{source} must hold the state of this {type(model).__name__}. Received for "
                f"{getattr(own.get(name), 'path', name)!r}: {there}, where the model has {here}."
            )
    for name, variable in own.items():
        half = tf.as_dtype(variable.dtype) == tf.bfloat16
        variable.assign(saved[name].view(BFLOAT16) if half else saved[name])


def _widened(array, own):
    """A count that 0.1.0 kept in 32 bits, as the model has it now."""
    narrow = own is not None and (array.dtype, own.dtype) == (np.int32, np.int64)
    return array.astype(np.int64) if narrow else array


def _kind(array):
    return "none" if array is None else f"{array.dtype} of shape {array.shape}"


def of_logs(arrays):
    """Those of the arrays of a checkpoint that are means of an unfinished epoch."""
    return {name: array for name, array in arrays.items() if name.startswith(LOG)}


def assign_logs(model, saved):
    """Sets the means of an epoch so far, which Keras resets when it begins an epoch."""
    for name, variable in log_variables(model).items():
        if name not in saved:
            raise ValueError(
                f"The number of replicas must not change within an epoch. Received: no {name!r}."
            )
        variable.assign(saved[name])


def settings(model):
    """What the state alone does not tell of a run: the class, its settings, its optimizers."""
    parts = {name: getattr(model, name) for name in model.part_names}
    plain = {name: configs.pack(value) for name, value in parts.items() if _is_plain(value)}
    compiled = {name: model.compile_options.get(name) for name in COMPILED}
    named = {"class": type(model).__name__, "precision": _precision(model)}
    return {**named, **plain, **compiled, **_optimizers(model)}


def _precision(model):
    """The dtype policies of a model's networks, such as "float32"."""
    parts = keras.tree.flatten([getattr(model, name) for name in model.part_names])
    policies = {part.dtype_policy.name for part in parts if isinstance(part, keras.Layer)}
    return ", ".join(sorted(policies))


def _is_plain(value):
    several = isinstance(value, (list, tuple))
    return all(map(_is_plain, value)) if several else isinstance(value, PLAIN)


def _optimizers(model):
    """The settings of every optimizer but its rate, which is a variable, and its name."""
    found = {}
    for player, optimizer in model.optimizers.items():
        inner = unscaled(optimizer)
        config = {"class": type(inner).__name__, **inner.get_config()}
        for name, value in config.items():
            if name not in ("name", "learning_rate") and isinstance(value, PLAIN):
                found[f"optimizer of {player}: {name}"] = value
    return found
