"""What a step is fed: the kinds of data, their checks, arrays as datasets, the cut.

`batch_size` is the batch of one move. A step in which several players draw fresh
batches takes `parts` of them, interleaved: part k is `x[k::parts]`, so that the parts
are the same whether one process or several replicas hold the rows.
"""

import numpy as np
import tensorflow as tf

from zoo import replicas
from zoo.input_pipeline import assertions, epochs
from zoo.input_pipeline.rows import selected
from zoo.input_pipeline.shuffles import ORDERS
from zoo.input_pipeline.validation import (
    as_array,
    checked_data,
    checked_dataset,
    checked_sides,
    unpack,
)

MOST_LABELS = 10_000  # of a dataset that are looked at before training


def cut(x, y, parts):
    """Parts of the rows of one step, or of one move, interleaved."""
    if parts == 1:
        return [(x, y)]
    return [(x[k::parts], None if y is None else y[k::parts]) for k in range(parts)]


def checked_rows(model, x, argument="x"):
    """`x` alone, as an array or `Rows` of what the model takes, whatever targets it has."""
    return checked_data(model, as_array(x, argument), argument)


def mapped(function, x, batch_size=500):
    """`function` over batches of an array, joined into one NumPy array."""
    return np.concatenate(
        [np.asarray(function(x[i : i + batch_size])) for i in range(0, len(x), batch_size)]
    )


def first_rows(data, count, times=1):
    """The first examples of a dataset as one array: what `prepare` starts from.

    Args:
        count: how many at least, or an error.
        times: how many times so many, where there are.
    """
    found, most = [], times * count
    for element in data:
        found.extend(unpack(element)[0].numpy())
        if len(found) >= most:
            break
    if len(found) < count:
        words = f"`x` must hold at least {count} examples to start from."
        raise ValueError(f"{words} Received: {len(found)}.")
    return np.stack(found[:most])


def first_labels(data, steps):
    """Labels of the first epoch of a dataset, of 10,000 rows at most."""
    labels, rows = [], 0
    for element in data.take(-1 if steps is None else steps):
        labels.append(np.asarray(unpack(element)[1]))
        rows += len(labels[-1])
        if rows >= MOST_LABELS:
            break
    return np.concatenate(labels)


def for_training(model, x, y, batch_size, options):
    """The dataset and the options that `keras.Model.fit` gets, and where it begins: None, or
    the arguments of `zoo.input_pipeline.resuming.within`. Checks all."""
    options, cuts = unweighted(options), replicas_of(model) * model.accumulate
    batch_size = checked_size(model, batch_size, cuts)
    split = options.pop("validation_split", 0.0)
    shuffle = checked_shuffle(options.pop("shuffle", True))
    step, passed = options.pop("initial_step", 0), options.pop("epochs_passed", 0)
    place = (step, passed, isinstance(x, tf.data.Dataset)) if step or passed else None
    if callable(x):  # (epoch, step) -> the dataset that begins there
        x = x(options.get("initial_epoch", 0), step)
    if isinstance(x, tf.data.Dataset):
        if split or y is not None:
            wrong = "`validation_split`" if split else "`y`"
            raise ValueError(f"{wrong} goes with arrays; a dataset yields x or (x, y) itself.")
        bound = "steps_per_epoch", options.get("steps_per_epoch")
        data = checked_dataset(model, x, cuts * model.parts, "x", bound)
        require_steps(x, options.get("steps_per_epoch"))
        if "labels" in model.targets:
            model.see_labels(first_labels(x, options.get("steps_per_epoch")))
    else:
        x, y = checked_sides(model, x, y)
        if "labels" in model.targets:
            model.see_labels(y)
        if split:
            rows = range(len(x) - int(len(x) * split)), range(len(x) - int(len(x) * split), len(x))
            options["validation_data"] = tuple(slices(side, rows[1]) for side in (x, y))
            x, y = (slices(side, rows[0]) for side in (x, y))
        data, steps = training_dataset(
            model, x, y, batch_size * model.parts, shuffle, options, step
        )
        options["steps_per_epoch"] = steps
    held_out = options.get("validation_data")
    if held_out is not None:
        size = options.pop("validation_batch_size", None)
        size = batch_size if size is None else size
        steps = "validation_steps", options.get("validation_steps")
        sides = unpack(held_out) if isinstance(held_out, (tuple, list)) else (held_out, None)
        options["validation_data"] = for_evaluation(model, *sides, size, "validation_data", steps)
    return replicas.by_rows(data), options, place


def checked_shuffle(shuffle):
    """True, False or the name of an order."""
    if shuffle not in (True, False, *ORDERS):
        raise ValueError(
            f"`shuffle` must be True, False, {' or '.join(map(repr, ORDERS))}. "
            f"Received: {shuffle!r}."
        )
    return shuffle


def unweighted(options):
    """The options of `fit` or `evaluate` without weights of examples, which are refused."""
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(f"`{name}` is not used by generative models. Received: a value.")
    return {key: value for key, value in options.items() if not key.endswith("_weight")}


def for_evaluation(model, x, y, batch_size, argument="x", steps=("steps", None)):
    """A dataset over rows in their order; the remainder is dropped under replicas.

    Args:
        steps: name and value of the option that says how many batches are taken.
    """
    batch_size = checked_size(model, batch_size, replicas_of(model))
    if isinstance(x, tf.data.Dataset):
        return replicas.by_rows(checked_dataset(model, x, replicas_of(model), argument, steps))
    x, y = checked_sides(model, x, y, argument)
    if model.targets == "domain" and y is not None:
        x, y = (selected(side, range(min(len(x), len(y)))) for side in (x, y))
    several = replicas_of(model) > 1
    if several and len(x) < batch_size:
        raise ValueError(
            f"`{argument}` must hold at least one batch of {batch_size} examples when replicas "
            f"share it. Received: {len(x)}."
        )
    sides = [x] if y is None else [x, y]
    return replicas.by_rows(epochs.in_order(sides, batch_size, drop_remainder=several))


def training_dataset(model, x, y, size, shuffle, options, step=0):
    """An endless dataset whose order is a pure function of (seed, epoch), and its steps.

    The first epoch lacks its first `step` steps.
    """
    rows = max(len(x), len(y)) if model.targets == "domain" else len(x)
    asked = options.get("steps_per_epoch")
    steps = rows // size if asked is None else asked
    execution = min(model.compile_options.get("steps_per_execution", 1), max(steps, 1))
    steps -= steps % execution
    if not 0 < steps <= rows // size:
        move = size // model.parts
        taken = f"{model.parts} fresh batches of {move}" if model.parts > 1 else "one batch"
        several = f" `steps_per_epoch` must be at most {rows // size}, not {asked}." * bool(asked)
        raise ValueError(
            f"One step of {type(model).__name__} takes {taken} = {size} examples. "
            f"Received: {rows}. Give more data or a smaller `batch_size`.{several}"
        )
    together = min(model.steps_per_execution, execution)  # one where several workers train
    if not 0 <= step <= steps or step % together:
        raise ValueError(
            f"`initial_step` must be from 0 to the {steps} steps of an epoch, a multiple of "
            f"`steps_per_execution` ({together}). Received: {step}."
        )
    first, apart = options.get("initial_epoch", 0) * steps + step, model.targets == "domain"
    sides, seed = [x] if y is None else [x, y], model.seed if shuffle else None
    order = shuffle if shuffle in ORDERS else None
    return epochs.steps_of(sides, size, steps, first, seed, apart, order), steps


def checked_size(model, batch_size, cuts):
    """`batch_size`, the model's own where None; a positive multiple of `cuts`."""
    size, count = model.batch_size if batch_size is None else batch_size, replicas_of(model)
    if not isinstance(size, (int, np.integer)) or size < 1 or size % cuts:
        times = f" times the {cuts // count} slices of `accumulate`" if cuts > count else ""
        raise ValueError(
            f"`batch_size` must be a positive multiple of the {count} replica(s){times}. "
            f"Received: batch_size={size}."
        )
    return int(size)


def replicas_of(model):
    """How many replicas the model was made for."""
    return model.distribute_strategy.num_replicas_in_sync


def require_steps(data, steps):
    """Refuses a dataset that is known to end within its first epoch."""
    batches = int(data.cardinality())
    if steps is not None and 0 <= batches < steps:
        raise ValueError(assertions.too_few(steps, batches))


def slices(side, rows):
    """A range of rows of a side that may be absent."""
    return None if side is None else selected(side, rows)
