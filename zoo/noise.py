"""Counter-based noise: every random number is a pure function of its address.

The bits are Threefry-2x32 with 20 rounds (Salmon et al., 2011, "Parallel random
numbers: as easy as 1, 2, 3"). The key is (seed and move, step) while training and a
row's own seed while serving; the counter is (row, draw and column). So noise does
not depend on how many replicas, batches or processes share the work, and needs no
state that could be lost when a run is saved.

A draw reads the stream that is open in this thread. Streams are thread-local because
`MirroredStrategy` traces each replica in a thread of its own and switches threads at
every collective.

    >>> with serving(seed=[5, 7], count=2):
    ...     both = normal((2, 3))
    >>> with serving(seed=[7], count=1):
    ...     alone = normal((1, 3))
    >>> bool(tf.reduce_all(both[1] == alone[0]))  # a row is a function of its own seed
    True
"""

import contextlib
import functools
import math
import random
import threading
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from zoo import replicas

VERSION = 1  # of the mapping from address to bits; stored in every config
COLUMNS = 20  # bits of the second counter word that number the columns of one draw
ROUNDS = ((13, 15, 26, 6), (17, 29, 16, 24))
WHOLE = 0xFFFFFFFF  # the row of draws that belong to the whole batch
MANY = 1 << 16  # entries from which XLA computes a draw in training: in one pass, not in 137
_open = threading.local()


def threefry(key, counter):
    """The Threefry-2x32-20 block of two uint32 words; broadcasts, NumPy or TensorFlow."""
    left = np.left_shift if isinstance(counter[0], np.ndarray) else tf.bitwise.left_shift
    right = np.right_shift if left is np.left_shift else tf.bitwise.right_shift
    either = np.bitwise_or if left is np.left_shift else tf.bitwise.bitwise_or
    differ = np.bitwise_xor if left is np.left_shift else tf.bitwise.bitwise_xor
    word = np.uint32 if left is np.left_shift else functools.cache(_word)  # once in a graph
    keys = key[0], key[1], differ(differ(key[0], key[1]), word(0x1BD11BDA))
    a, b = counter[0] + keys[0], counter[1] + keys[1]
    for block in range(5):
        for turn in ROUNDS[block % 2]:
            a = a + b
            b = differ(either(left(b, word(turn)), right(b, word(32 - turn))), a)
        a = a + keys[(block + 1) % 3]
        b = b + keys[(block + 2) % 3] + word(block + 1)
    return a, b


def _word(number):
    return tf.constant(number, tf.uint32)


@functools.cache
def _traced(is_compiled, *shapes):
    """`threefry` of tensors of these shapes as one function: a draw is then one call in a graph."""

    def block(low, high, row, column):
        return threefry((low, high), (row, column))

    specs = [tf.TensorSpec(shape, tf.uint32) for shape in shapes]
    return tf.function(block, specs, autograph=False, jit_compile=is_compiled or None)


def words_at(key, counter, may_compile=False):
    """`threefry` of tensors; the same bits where XLA may compile it and it is large."""
    tensors = (*key, *counter)
    row, column = counter
    sizes = tf.broadcast_static_shape(row.shape, column.shape) if may_compile else None
    many = sizes is not None and sizes.is_fully_defined() and sizes.num_elements() >= MANY
    return _traced(many, *[tuple(tensor.shape) for tensor in tensors])(*tensors)


def halves(number: int | tf.Tensor) -> Any:
    """The low and high 32 bits of a Python integer or an int64 tensor, as uint32."""
    if isinstance(number, tf.Tensor):
        low = tf.bitwise.bitwise_and(number, tf.constant(WHOLE, tf.int64))
        high = tf.bitwise.bitwise_and(
            tf.bitwise.right_shift(number, tf.constant(32, tf.int64)), tf.constant(WHOLE, tf.int64)
        )
        return tf.cast(low, tf.uint32), tf.cast(high, tf.uint32)
    return np.array([number & WHOLE], np.uint32), np.array([number >> 32 & WHOLE], np.uint32)


def mixed(seed: int, tag: int) -> int:
    """One uint32 from a seed and a small tag, computed while tracing."""
    word, _ = threefry(halves(seed), (np.array([tag], np.uint32), np.array([VERSION], np.uint32)))
    return int(word[0])


class Stream:
    """Where draws of one move, or of one call of a verb, take their bits from.

    Args:
        key: two uint32 words, scalars or one pair a row.
        rows: maps a count to the row numbers of this replica, uint32 `(count,)`.
        may_compile: whether XLA may compute large draws: in training; graphs that are served
            consist of plain operations.
    """

    def __init__(self, key, rows, may_compile=False):
        self.key, self.rows, self.draws, self.times = key, rows, 0, 1
        self.may_compile = may_compile

    def bits(self, shape, shared=False):
        """Two uint32 words for each entry of `shape`; entry (i, ...) depends on row i."""
        count, columns, times = shape[0], math.prod(shape[1:]), 1 if shared else self.times
        if times > 1:  # the rows that stand for one row of the batch are its columns
            count, columns = count // times, columns * times
        taken = 1 if shared else max(1, -(-columns >> COLUMNS))  # a long row goes on in the next
        if self.draws + taken > 1 << 32 - COLUMNS:
            raise ValueError(
                f"One stream gives {1 << 32 - COLUMNS} draws of {1 << COLUMNS} columns, of which "
                f"longer rows take several. Received: draw {self.draws} of shape {tuple(shape)}."
            )
        offset = self.draws << COLUMNS
        self.draws += taken
        column = tf.cast(tf.range(columns), tf.uint32)[None]
        if shared:  # entries are numbered in order; each 2^20 of them take a row of their own
            entry = column + (tf.cast(tf.range(count), tf.uint32) * np.uint32(columns))[:, None]
            row = np.uint32(WHOLE) - tf.bitwise.right_shift(entry, np.uint32(COLUMNS))
            column = tf.bitwise.bitwise_and(entry, np.uint32((1 << COLUMNS) - 1))
        else:
            row = self.rows(count)[:, None]
        column = column + tf.constant(offset, tf.uint32)
        words = words_at(self.key, (row, column), self.may_compile)
        return [tf.reshape(word, [shape[0], -1]) for word in words] if times > 1 else words


def training(seed: int, step: Any, move: int) -> contextlib.AbstractContextManager[Stream]:
    """Opens the stream of one move of one training step; rows count over all replicas."""
    key = tf.constant(mixed(seed, move), tf.uint32), tf.cast(step, tf.uint32)
    return opened(Stream(key, replicas.own_row_numbers, may_compile=not replicas.context()))


def sliced(index: int, count: int) -> contextlib.AbstractContextManager[Stream]:
    """Inside, rows are `batch[index::count]` of the batch of the open stream, drawn from its
    start: slices together have the noise of the batch."""
    stream = _current()
    if count == 1:
        return contextlib.nullcontext(stream)

    def rows(size):
        return stream.rows(size) * np.uint32(count) + np.uint32(index)

    return opened(Stream(stream.key, rows, stream.may_compile))


def serving(seed: Any, count: Any) -> contextlib.AbstractContextManager[Stream]:
    """Opens the stream of one call of a verb: row i is a function of its own seed alone.

    Args:
        seed: int64 `(count,)`, a seed a row; or one integer, from which they follow; or
            None, which draws one (`keras.utils.set_random_seed` decides which).
        count: how many rows.
    """
    low, high = (word[:, None] for word in halves(seeds_of(seed, count)))
    return opened(Stream((low, high), lambda rows: tf.zeros([rows], tf.uint32)))


def seeds_of(seed: Any, count: Any) -> tf.Tensor:
    """An int64 seed for each row, of what `serving` takes."""
    seed = random.getrandbits(63) if seed is None else seed
    return row_seeds(seed, count) if np.ndim(seed) == 0 else tf.convert_to_tensor(seed, tf.int64)


def row_seeds(seed: Any, count: Any) -> tf.Tensor:
    """`count` int64 seeds that follow from one; what `sample(count, seed)` serves.

    Args:
        seed: a Python integer or an int64 scalar tensor.
        count: how many, a number or an int32 scalar tensor.
    """
    low, high = halves(tf.convert_to_tensor(seed, tf.int64))
    rows = tf.cast(tf.range(count), tf.uint32)
    a, b = words_at((low, high), (rows, tf.zeros_like(rows)))
    return tf.bitwise.bitwise_or(
        tf.cast(a, tf.int64), tf.bitwise.left_shift(tf.cast(b, tf.int64), tf.constant(32, tf.int64))
    )


@contextlib.contextmanager
def opened(stream: Stream) -> Generator[Stream]:
    """Makes `stream` the one that draws of this thread read."""
    before = getattr(_open, "stream", None)
    _open.stream = stream
    try:
        yield stream
    finally:
        _open.stream = before


@contextlib.contextmanager
def expanded(times: int) -> Generator[None]:
    """Inside, each row of the batch is `times` rows side by side: its classes, its draws."""
    stream = _current()
    stream.times, before = stream.times * times, stream.times
    try:
        yield
    finally:
        stream.times = before


def _current():
    stream = getattr(_open, "stream", None)
    if stream is None:
        raise RuntimeError(
            "No noise stream is open: draw inside a loss or a verb, or open one with "
            "`zoo.noise.serving(seeds)`."
        )
    return stream


def _unit(word):
    """A float32 in the open interval (0, 1) from 23 bits."""
    bits = tf.bitwise.right_shift(word, tf.constant(9, tf.uint32))
    return (tf.cast(bits, tf.float32) + 0.5) * 2.0**-23


def uniform(
    shape: Sequence[Any], minval: float = 0.0, maxval: float = 1.0, shared: bool = False
) -> tf.Tensor:
    """Uniform draws in (minval, maxval); `shared`: the same on every replica.

    Args:
        shape: `(rows, ...)`; the first entry may be a tensor, the others are numbers.
    """
    unit = tf.reshape(_unit(_current().bits(shape, shared)[0]), [shape[0], *shape[1:]])
    return unit if (minval, maxval) == (0.0, 1.0) else minval + (maxval - minval) * unit


def normal(shape: Sequence[Any], shared: bool = False) -> tf.Tensor:
    """Standard normal draws by Box and Muller, two for each pair of words.

    Args:
        shape: `(rows, ...)`; the first entry may be a tensor, the others are numbers.
    """
    columns = math.prod(shape[1:])
    pairs = (columns + 1) // 2
    first, second = (_unit(word) for word in _current().bits((shape[0], pairs), shared))
    radius, angle = tf.sqrt(-2.0 * tf.math.log(first)), 2.0 * math.pi * second
    both = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)
    return tf.reshape(both[:, :columns], [shape[0], *shape[1:]])


def truncated_normal(shape: Sequence[Any], limit: Any) -> tf.Tensor:
    """Standard normal draws within [-limit, limit], by the inverse of their distribution.

    Args:
        shape: as of `normal`.
        limit: positive, a number or a scalar tensor; 0 gives zeros.
    """
    share = tf.math.erf(tf.cast(limit, tf.float32) / math.sqrt(2.0))  # P(|z| <= limit)
    drawn = math.sqrt(2.0) * tf.math.erfinv(share * (2.0 * uniform(shape) - 1.0))
    return tf.clip_by_value(drawn, -limit, limit)  # in float32 erfinv(1) is infinite


def choice(weights: tf.Tensor, count: Any) -> tf.Tensor:
    """`count` draws of 0, 1, ... with these probabilities, `(kinds,)`; int32."""
    steps = tf.cumsum(weights)[None, :-1]
    return tf.reduce_sum(tf.cast(uniform((count, 1)) > steps, tf.int32), axis=1)


def categorical(logits: tf.Tensor) -> tf.Tensor:
    """A draw for each row of unnormalized ln probabilities, `(rows, kinds)`; int32 `(rows,)`."""
    gumbel = -tf.math.log(-tf.math.log(uniform((tf.shape(logits)[0], logits.shape[1]))))
    return tf.argmax(logits + gumbel, axis=1, output_type=tf.int32)


def permutation(count: Any) -> tf.Tensor:
    """A shuffle of `0 ... count - 1`, the same on every replica."""
    word, _ = _current().bits((count, 1), shared=True)
    half = tf.cast(tf.bitwise.right_shift(word[:, 0], tf.constant(1, tf.uint32)), tf.int32)
    return tf.argsort(half, stable=True)


def shuffles(seed: int, step: int, move: int, count: int, turns: int) -> np.ndarray:
    """`turns` shuffles of `0 ... count - 1` one after the other, by NumPy."""
    key = np.array([mixed(seed, move)], np.uint32), np.array([step], np.uint32)
    rows, columns = np.arange(count, dtype=np.uint32), np.arange(turns, dtype=np.uint32)
    word, _ = threefry(key, (rows[None], columns[:, None]))
    return np.argsort(word >> np.uint32(9), axis=1, kind="stable").ravel()
