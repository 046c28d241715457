"""What a step is fed: the kinds of data, their checks, arrays as datasets, the cut.

`batch_size` is the batch of one move. A step in which several players draw fresh
batches takes `parts` of them, interleaved: part k is `x[k::parts]`, so that the parts
are the same whether one process or several replicas hold the rows.
"""

import logging

import numpy as np
import tensorflow as tf

from zoo import replicas
from zoo.input_pipeline import assertions, epochs

_log = logging.getLogger(__name__)


def unpack(data):
    """`(x, y)` of an element of a dataset; y is None where the model takes none."""
    if not isinstance(data, (tuple, list)):
        return data, None
    if len(data) > 2 and data[2] is not None:
        raise ValueError("Sample weights are not used by generative models. Received: 3 entries.")
    return data[0], data[1] if len(data) > 1 else None


def cut(x, y, parts):
    """Parts of the rows of one step, or of one move, interleaved."""
    if parts == 1:
        return [(x, y)]
    return [(x[k::parts], None if y is None else y[k::parts]) for k in range(parts)]


def mapped(function, x, batch_size=500):
    """`function` over batches of an array, joined into one NumPy array."""
    return np.concatenate(
        [np.asarray(function(x[i : i + batch_size])) for i in range(0, len(x), batch_size)]
    )


def first_rows(data, count):
    """The first `count` examples of a dataset as one array: what `prepare` starts from."""
    found = []
    for element in data:
        found.extend(unpack(element)[0].numpy())
        if len(found) >= count:
            return np.stack(found[:count])
    words = f"`x` must hold at least {count} examples to start from."
    raise ValueError(f"{words} Received: {len(found)}.")


def for_training(model, x, y, batch_size, options):
    """The dataset and the options that `keras.Model.fit` gets, and where it begins: None, or
    the arguments of `zoo.input_pipeline.resuming.within`. Checks all."""
    options, cuts = unweighted(options), replicas_of(model) * model.accumulate
    batch_size = checked_size(model, batch_size, cuts)
    split = options.pop("validation_split", 0.0)
    shuffle = options.pop("shuffle", True)
    step, passed = options.pop("initial_step", 0), options.pop("epochs_passed", 0)
    place = (step, passed, isinstance(x, tf.data.Dataset)) if step or passed else None
    if isinstance(x, tf.data.Dataset):
        if split or y is not None:
            wrong = "`validation_split`" if split else "`y`"
            raise ValueError(f"{wrong} goes with arrays; a dataset yields x or (x, y) itself.")
        data = checked_dataset(model, x, cuts * model.parts)
        require_steps(x, options.get("steps_per_epoch"))
    else:
        x, y = checked_arrays(model, x, y)
        if split:
            kept = len(x) - int(len(x) * split)
            options["validation_data"] = slices(x, kept, None), slices(y, kept, None)
            x, y = slices(x, 0, kept), slices(y, 0, kept)
        data, steps = training_dataset(
            model, x, y, batch_size * model.parts, shuffle, options, step
        )
        options["steps_per_epoch"] = steps
    held_out = options.get("validation_data")
    if held_out is not None:
        sides = (held_out, None) if isinstance(held_out, tf.data.Dataset) else unpack(held_out)
        size = options.pop("validation_batch_size", None)
        size = batch_size if size is None else size
        options["validation_data"] = for_evaluation(model, *sides, size, "validation_data")
    return replicas.by_rows(data), options, place


def unweighted(options):
    """The options of `fit` or `evaluate` without weights of examples, which are refused."""
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(f"`{name}` is not used by generative models. Received: a value.")
    return {key: value for key, value in options.items() if not key.endswith("_weight")}


def for_evaluation(model, x, y, batch_size, argument="x"):
    """A dataset over arrays in their order; the remainder is dropped under replicas."""
    batch_size = checked_size(model, batch_size, replicas_of(model))
    if isinstance(x, tf.data.Dataset):
        return replicas.by_rows(checked_dataset(model, x, replicas_of(model), argument))
    x, y = checked_arrays(model, x, y, argument)
    if model.targets == "domain":
        x, y = (side[: min(len(x), len(y))] for side in (x, y))
    data = tf.data.Dataset.from_tensor_slices(x if y is None else (x, y))
    several = replicas_of(model) > 1
    if several and len(x) < batch_size:
        raise ValueError(
            f"`{argument}` must hold at least one batch of {batch_size} examples when replicas "
            f"share it. Received: {len(x)}."
        )
    data = epochs.untuned(data.batch(batch_size, drop_remainder=several).prefetch(2))
    return replicas.by_rows(data)


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
    return epochs.steps_of(sides, size, steps, first, seed, apart), steps


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


def slices(array, start, stop):
    """Rows of an array that may be absent."""
    return None if array is None else array[start:stop]


def checked_arrays(model, x, y, argument="x"):
    """`x` and `y` as arrays of the dtype the model takes, or an error that says why not."""
    if x is None or not hasattr(x, "__len__") or isinstance(x, (str, dict)):
        raise TypeError(
            f"`{argument}` must be an array or a `tf.data.Dataset` (for a generator: "
            f"`tf.data.Dataset.from_generator`). Received: {type(x).__name__}."
        )
    x = checked_data(model, as_array(x, argument), argument)
    if model.targets == "none":
        if y is not None:
            raise ValueError(f"{type(model).__name__} takes no labels: `y` must be None.")
        return x, None
    if y is None:
        raise ValueError(f"{type(model).__name__} needs `y`: targets are {model.targets!r}.")
    y = as_array(y, "y")
    y = checked_labels(model, y) if "labels" in model.targets else checked_data(model, y, "y")
    if len(x) != len(y) and model.targets != "domain":
        raise ValueError(f"`x` and `y` must have as many rows. Received: {len(x)} and {len(y)}.")
    return x, y


def as_array(given, argument):
    """What was given as one array; rows of unlike shapes are none."""
    try:
        return np.asarray(given)
    except ValueError as error:
        kind = type(given).__name__
        raise ValueError(
            f"`{argument}` must be an array of rows of one shape. "
            f"Received: a {kind} of {len(given)}."
        ) from error


def checked_data(model, x, argument):
    """Float data: kind, shape, no NaN, range. Float64 is converted."""
    shape = model.target_shape if argument == "y" else model.data_shape
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(
            f"`{argument}` must be float32{range_words(model)}. Received: dtype {x.dtype}. "
            "Scale images with `x.astype('float32') / 255`, or load them with `zoo.training.data`."
        )
    if x.shape[1:] != tuple(shape):
        raise ValueError(
            f"`{argument}` must have shape (batch, {', '.join(map(str, shape))}). "
            f"Received: {x.shape}."
        )
    if not len(x):
        raise ValueError(f"`{argument}` must hold at least one example. Received: none.")
    if x.dtype != np.float32:
        _log.info("`%s` is converted from %s to float32.", argument, x.dtype)
        x = x.astype(np.float32)
    finite = np.isfinite(x)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"`{argument}` must be finite. Received: {x[where]} at index {where}.")
    if model.data_range and (x.min() < model.data_range[0] or x.max() > model.data_range[1]):
        raise ValueError(
            f"`{argument}` must be{range_words(model)}. "
            f"Received: values from {x.min():.4g} to {x.max():.4g}."
        )
    return x


def checked_labels(model, y):
    """Labels: integers from 0, or from -1 (unknown) where some may be missing."""
    lowest = -1 if model.targets == "some_labels" else 0
    if not np.issubdtype(y.dtype, np.integer):
        raise TypeError(f"`y` must be integer labels. Received: dtype {y.dtype}.")
    if y.shape[1:] != model.label_shape:
        words = ", ".join(["batch", *map(str, model.label_shape)]) + "," * (not model.label_shape)
        raise ValueError(f"`y` must have shape ({words}). Received: {y.shape}.")
    if y.size and (y.min() < lowest or (y > model.highest_label).any()):
        raise ValueError(
            f"`y` must be in [{lowest}, {model.highest_label}]. "
            f"Received: labels from {y.min()} to {y.max()}."
        )
    return y.astype(np.int32)


def checked_dataset(model, data, cuts, argument="x"):
    """A dataset whose first batch is right, and whose others must be when they come; it keeps
    its own batches and order.

    `cuts`: into how many parts each batch must fall.
    """
    first = next(iter(data.take(1)), None)
    if first is None:
        raise ValueError(f"`{argument}` must hold at least one batch. Received: an empty dataset.")
    x, y = unpack(first)
    checked_arrays(model, x.numpy(), None if y is None else y.numpy(), argument)
    spec = data.element_spec
    rows = (spec[0] if isinstance(spec, tuple) else spec).shape[0]
    if cuts > 1 and (rows is None or rows % cuts):
        raise ValueError(
            f"One step of {type(model).__name__} cuts its batch into {cuts} parts: the dataset "
            f"must have a static batch that is a multiple of {cuts} "
            f"(`batch(..., drop_remainder=True)`). Received: {rows}."
        )
    return assertions.checked(model, data, argument)


def range_words(model):
    """The range the model takes, as it stands in an error."""
    return " in [{:g}, {:g}]".format(*model.data_range) if model.data_range else ""
