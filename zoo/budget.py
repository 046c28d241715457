"""How many numbers a model would hold, told before any is allocated."""

import math
import random

import keras

MOST_PARAMETERS = 300_000_000
COUNTERS = {"seed", "warm_up", "data_size", "burn_in", "pretrain_steps", "prior_epochs"}
COUNTERS |= {"search_steps", "restarts"}  # settings that are no sizes
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
        drawn = random.getstate()  # Keras draws the seeds of its initializers from it
        with keras.StatelessScope(initialize_variables=False):
            asked = sum(math.prod(variable.shape) for variable in make().variables)
        random.setstate(drawn)
    if asked > most:
        raise ValueError(
            f"A model must hold at most {most:,} numbers (`most_parameters`). Received sizes "
            f"that ask for {'more than ' * (asked == largest)}{asked:,}."
        )


def sizes_of(settings):
    """The settings that may be sizes of layers, entries of lists among them."""
    found = []
    for value in (value for name, value in settings.items() if name not in COUNTERS):
        entries = value if isinstance(value, (list, tuple)) else [value]
        found += [n for n in entries if isinstance(n, int) and n > 0]
    return found
