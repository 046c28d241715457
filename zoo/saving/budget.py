"""How many numbers a model would hold, told before any is allocated."""

import contextlib
import math
import random

import keras
from keras.src.backend.common import global_state  # Keras has no public way to its list

MOST_PARAMETERS = 300_000_000
WAITING = "uninitialized_variables"  # Keras's list of variables that have no value yet
SUSPECT = 10_000_000  # numbers that two layers of a model's largest sizes would hold


def require(make, sizes, most=MOST_PARAMETERS):
    """Refuses a model that would hold more than `most` numbers.

    Args:
        make: makes the model; called only where its sizes are large, with nothing allocated.
        sizes: widths of its layers, of its code and of its data.
    """
    largest, second, *_ = sorted([*sizes, 1, 1], reverse=True)
    if largest * second < SUSPECT:
        return
    asked = largest  # at least: a bias of each unit
    if largest <= most:
        with _nothing_made():
            asked = sum(math.prod(variable.shape) for variable in make().variables)
    if asked > most:
        raise ValueError(
            f"A model must hold at most {most:,} numbers (`most_parameters`). Received sizes "
            f"that ask for {'more than ' * (asked == largest)}{asked:,}."
        )


@contextlib.contextmanager
def _nothing_made():
    """Inside, variables have a shape and no value; afterwards Keras is as it was before.

    It would give them a value when the next network is made, whoever makes it.
    """
    drawn = random.getstate()  # Keras draws the seeds of its initializers from it
    waiting = global_state.get_global_attribute(WAITING, [], set_to_default=True)
    count = len(waiting)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        del waiting[count:]
        random.setstate(drawn)
