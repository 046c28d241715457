"""Arrays as an endless dataset of steps, in an order that is a pure function of (seed, epoch).

Rows are put together by NumPy on the host, from the arrays as they are: nothing is copied
beforehand, and to begin at any step costs nothing. Small steps are put together several at a
time: to call NumPy costs as much as a short step does.
"""

import functools

import numpy as np
import tensorflow as tf

from zoo import noise

TAG = 0x0D3  # of the noise that orders an epoch
MOST_STEPS, MOST_BYTES = 16, 1 << 18  # that are put together at a time


def steps_of(sides, size, steps, first, seed=None, apart=False):
    """A dataset of the rows of each step, from step `first` on; epochs follow each other.

    Args:
        sides: arrays, whose rows of one step are `size` each.
        size: rows of a step.
        steps: how many make an epoch.
        first: the number of the first, counted from the first epoch.
        seed: of the order; None keeps the order of the arrays.
        apart: whether every array has an order of its own.
    """
    tags = [TAG + side if apart else TAG for side in range(len(sides))]

    bytes_of_step = size * sum(side[:1].nbytes for side in sides)
    together = max(1, min(MOST_STEPS, MOST_BYTES // bytes_of_step))

    @functools.lru_cache(maxsize=4)
    def order(epoch, tag, count):
        turns = -(-steps * size // count)
        drawn = np.arange(count) if seed is None else noise.shuffles(seed, epoch, tag, count, turns)
        return np.resize(drawn, (steps, size))

    def rows_of(number):
        places = [divmod(int(number) + k, steps) for k in range(together)]
        return [
            side.take([order(epoch, tag, len(side))[place] for epoch, place in places], axis=0)
            for side, tag in zip(sides, tags, strict=True)
        ]

    @tf.autograph.experimental.do_not_convert
    def elements(number):
        found = tf.numpy_function(rows_of, [number], [side.dtype for side in sides], stateful=False)
        for rows, side in zip(found, sides, strict=True):
            rows.set_shape((together, size, *side.shape[1:]))
        return tuple(found) if len(found) > 1 else found[0]

    numbers = tf.data.Dataset.range(first, np.iinfo(np.int64).max, together)
    return untuned(numbers.map(elements).unbatch().prefetch(2))  # more threads disturb the step


def untuned(data):
    """A dataset that TensorFlow does not tune: the thread that does is waited for where an
    iterator ends, for up to as long as it has lived."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)
