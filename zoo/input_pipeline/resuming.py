"""Where `fit` begins: at its first step, or where a callback says that training stands.

A callback of `fit` may have three methods beyond those of Keras:

    examine(x, y, validation_data): called first, with what `fit` was given.
    session(model, callbacks): a context manager, entered before data are looked at and
        left when `fit` ends, however it ends. It gives the (epoch, step) to begin at, or
        None. `callbacks` are all those of this `fit`.
    recover(error): called with an exception that ended training. It gives the (epoch,
        step) to begin again at, or None, and then the exception is raised on.
"""

import contextlib
import json
import pathlib

import keras
import tensorflow as tf


def begun(model, options, fit, data=(None, None)):
    """What `fit(options, again)` returns, begun where its callbacks say.

    Args:
        options: those of `fit`; `initial_epoch` and `initial_step` are where it begins if
            no callback has another place.
        fit: makes the data and trains, given options and whether it goes on from a state
            that a callback has set; called again after an exception that one recovers from.
        data: the x and y of `fit`.
    """
    callbacks = flat(options.get("callbacks"))
    first, place = options.get("initial_epoch", 0), None
    for callback in callbacks:
        if hasattr(callback, "examine"):
            callback.examine(*data, options.get("validation_data"))
    with contextlib.ExitStack() as opened:
        for callback in callbacks:
            place = backed_up(callback) or place
            if hasattr(callback, "session"):
                place = opened.enter_context(callback.session(model, callbacks)) or place
        while True:
            here = options
            if place is not None:
                epoch, step = place
                here = {**options, "initial_epoch": epoch, "initial_step": step}
                here["epochs_passed"] = max(epoch - first, 0)
            try:
                return fit(here, place is not None)
            except Exception as error:
                places = [c.recover(error) for c in callbacks if hasattr(c, "recover")]
                place = next((place for place in places if place is not None), None)
                if place is None:
                    raise


def flat(callbacks):
    """The callbacks that `fit` was given: one, lists of them, a `CallbackList` or None."""
    return tf.nest.flatten(getattr(callbacks, "callbacks", callbacks) or [])


def backed_up(callback):
    """The (epoch, step) at which a `BackupAndRestore` of Keras goes on, or None.

    It restores weights and optimizers itself, when training begins.
    """
    if not isinstance(callback, keras.callbacks.BackupAndRestore):
        return None
    path = pathlib.Path(callback._training_metadata_path)
    return (json.loads(path.read_text(encoding="utf-8"))["epoch"], 0) if path.is_file() else None


def within(iterator, step, passed, read):
    """Makes the first epoch of an iterator of Keras begin at a step.

    Args:
        iterator: the `EpochIterator` of one `fit`.
        step: how many steps of its first epoch are done.
        passed: how many epochs went before.
        read: whether what they took must be read from the data and let go.
    """
    whole = iterator._enumerate_iterator

    def rest():
        iterator._enumerate_iterator = whole
        for _ in range(passed if read else 0):
            pass_over(iterator, whole())
        for first, last, data in whole():
            if first >= step:
                yield first, last, data
            elif read:
                take(data, last + 1 - first)

    iterator._enumerate_iterator = rest


def pass_over(iterator, epoch):
    """Reads what one epoch took: all where its length is not known or the next goes on from
    there, else the first batch, which moves the seeds of shuffles as all do."""
    every = iterator.steps_per_epoch or iterator.num_batches is None
    with iterator.catch_stop_iteration():
        for first, last, data in epoch:
            if every or first == 0:
                take(data, last + 1 - first)


def take(data, count):
    """Reads batches and lets them go."""
    for _ in range(count):
        next(data)
