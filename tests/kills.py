"""Ends of training at chosen moments, and what must be the same after them."""

import os
import signal

import keras
import numpy as np

from zoo.optimizers.scaled import unscaled
from zoo.training.fault_tolerance import state


class Killed(BaseException):
    """As SIGKILL: nothing of the library answers to it."""


class Before(keras.callbacks.Callback):
    """Calls `act` once, before the step that `number` others of this process go before."""

    def __init__(self, number, act):
        super().__init__()
        self.number, self.act = number, act

    def on_train_batch_begin(self, batch, logs=None):
        if self.number == 0:
            self.act()
        self.number -= self.model.steps_per_execution


def kill():
    raise Killed


def terminate():
    """As the order to end that a machine gives: training saves its state and stops."""
    os.kill(os.getpid(), signal.SIGTERM)


def scramble(model):
    """Makes every variable something that it cannot be: a process that is new knows none but the
    learning rates, which it is compiled with."""
    known = {id(unscaled(optimizer)._learning_rate) for optimizer in model.optimizers.values()}
    for variable in {**state.variables(model), **state.log_variables(model)}.values():
        if id(variable) in known:
            continue
        value = variable.numpy()
        wrong = ~value if value.dtype == bool else value * 0 + 77
        variable.assign(np.asarray(wrong, value.dtype))


def held(model):
    """Name -> array of every variable, logs of an unfinished epoch included."""
    return state.arrays({**state.variables(model), **state.log_variables(model)})


def put(model, arrays):
    """Sets every variable to what `held` gave."""
    state.assign(model, arrays, "the test")
    state.assign_logs(model, arrays)


def different(ours, theirs):
    """Names of the arrays that differ in any bit, logs of an unfinished epoch aside."""
    names = [name for name in theirs if not name.startswith(state.LOG)]
    return [name for name in names if ours[name].tobytes() != theirs[name].tobytes()]
