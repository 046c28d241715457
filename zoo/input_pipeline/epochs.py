"""Rows as datasets of batches: endless, in an order that is a pure function of (seed, epoch), or
once in their own order.

Rows are put together by NumPy on the host, from arrays or `Rows` as they are: nothing is
copied beforehand, and to begin at any step costs nothing. Small steps are put together several
at a time: to call NumPy costs as much as a short step does.
"""

import functools

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.input_pipeline import shuffles
from zoo.input_pipeline.rows import Rows

TAG = 0x0D3  # of the noise that orders an epoch
MOST_STEPS, MOST_BYTES = 16, 1 << 18  # that are put together at a time
PART = 1 << 15  # rows whose places are computed at a time where no permutation is held


def steps_of(sides, size, steps, first, seed=None, apart=False, order=None):
    """A dataset of the rows of each step, from step `first` on; epochs follow each other.

    Args:
        sides: arrays or `Rows`, whose rows of one step are `size` each.
        size: rows of a step.
        steps: how many make an epoch.
        first: the number of the first, counted from the first epoch.
        seed: of the order; None keeps the order of the rows.
        apart: whether every side has an order of its own.
        order: "permutation" or "counter" (see `shuffles`); None is by the number of rows.
    """
    tags = [TAG + side if apart else TAG for side in range(len(sides))]
    bytes_of_step = size * sum(side.nbytes // max(len(side), 1) for side in sides)
    together = max(1, min(MOST_STEPS, MOST_BYTES // max(bytes_of_step, 1)))
    place = Places(size, steps, seed, order)

    def rows_of(number):
        steps_here = [divmod(int(number) + k, steps) for k in range(together)]
        epochs = [epoch for epoch, _ in steps_here]
        return [
            read_steps(side, [place(*at, tag, len(side)) for at in steps_here], epochs)
            for side, tag in zip(sides, tags, strict=True)
        ]

    shapes = [(together, size, *side.shape[1:]) for side in sides]
    numbers = tf.data.Dataset.range(first, np.iinfo(np.int64).max, together)
    steps_apart = numbers.map(from_numpy(rows_of, sides, shapes)).unbatch()
    return untuned(steps_apart.prefetch(2))  # more threads disturb the step


def in_order(sides, size, drop_remainder=False):
    """A dataset of batches of `size` rows in their own order, once."""
    count = len(sides[0]) // size * size if drop_remainder else len(sides[0])

    def rows_of(start):  # copies: see `from_numpy`
        return [np.array(side[int(start) : int(start) + size]) for side in sides]

    shapes = [(size if drop_remainder else None, *side.shape[1:]) for side in sides]
    starts = tf.data.Dataset.range(0, count, size)
    return untuned(starts.map(from_numpy(rows_of, sides, shapes)).prefetch(2))


def read_steps(side, indices, epochs):
    """The rows of several steps, `(steps, size, ...)`: `indices` and the epoch of each."""
    if not isinstance(side, Rows):
        return side.take(indices, axis=0)
    steps = zip(indices, epochs, strict=True)
    return np.stack([side.read_in_epoch(rows, int(epoch)) for rows, epoch in steps])


def from_numpy(function, sides, shapes):
    """A function of a dataset's numbers that gives rows of each side, of these static shapes.

    The rows must be memory of their own. TensorFlow takes an array whose address is a multiple
    of 64 as it is; where replicas slice it, operations that work in place write into it.
    """
    dtypes = [side.dtype for side in sides]

    @tf.autograph.experimental.do_not_convert
    def elements(number):
        batch = tf.numpy_function(function, [number], dtypes, stateful=False)
        for rows, shape in zip(batch, shapes, strict=True):
            rows.set_shape(shape)
        return tuple(batch) if len(batch) > 1 else batch[0]

    return elements


class Places:
    """Which rows each step is fed.

    Args:
        size: rows of a step.
        steps: how many make an epoch.
        seed, order: those of `steps_of`.
    """

    def __init__(self, size, steps, seed, order):
        self.size, self.steps, self.seed, self.order = size, steps, seed, order
        self.steps_of_part = max(1, PART // size)
        self.whole = functools.lru_cache(maxsize=4)(self._whole)
        self.part = functools.lru_cache(maxsize=4)(self._part)

    def __call__(self, epoch, step, tag, count):
        """The rows of one step of an epoch."""
        order = self.order or shuffles.order_of(count)
        if self.seed is None or order == "permutation":
            return self.whole(epoch, tag, count)[step]
        part, step = divmod(step, self.steps_of_part)
        return self.part(epoch, part, tag, count)[step]

    def _whole(self, epoch, tag, count):
        turns = -(-self.steps * self.size // count)
        shuffled = self.seed is not None
        rows = noise.shuffles(self.seed, epoch, tag, count, turns) if shuffled else np.arange(count)
        return np.resize(rows, (self.steps, self.size))

    def _part(self, epoch, part, tag, count):
        first = part * self.steps_of_part
        steps = min(self.steps_of_part, self.steps - first)
        places = np.arange(first * self.size, (first + steps) * self.size)
        return shuffles.rows_at(places, count, self.seed, epoch, tag).reshape(steps, self.size)


def untuned(data):
    """A dataset that TensorFlow does not tune: the thread that does is waited for where an
    iterator ends, for up to as long as it has lived."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)
