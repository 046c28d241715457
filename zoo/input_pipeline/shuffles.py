"""The order of an epoch as a pure function of (seed, epoch), held whole or computed by parts.

`permutation` sorts random words, one for each row: it needs memory for each row. `counter`
computes the row at any place of the order by itself, in no memory: a Feistel network over
the pairs (a, b) that number the rows (Black and Rogaway, 2002, "Ciphers with arbitrary finite
domains"), whose rounds draw from Threefry.
"""

import math

import numpy as np

from zoo import noise

MOST_ROWS = 1 << 20  # that are ordered by a permutation unless another order is asked for
ORDERS = ("permutation", "counter")
ROUNDS = 8


def order_of(count):
    """The order that rows are shuffled in where none is asked for, by how many they are."""
    return "permutation" if count <= MOST_ROWS else "counter"


def rows_at(places, count, seed, epoch, tag):
    """The rows of `0 ... count - 1` at these places of one of their permutations, int64.

    Args:
        places: integers from 0; every `count` of them begin another permutation.
        count: of rows, below 2^62.
        seed, epoch, tag: what the permutation is of.
    """
    turns, places = np.divmod(np.asarray(places, np.int64), count)
    key = np.array([noise.mixed(seed, tag)], np.uint32), np.array([epoch], np.uint32)
    width = math.isqrt(count - 1) + 1
    height = -(-count // width)  # width * height is at least count, by less than width
    rows, outside = places, np.ones(places.shape, bool)
    while outside.any():  # a number that is no row is ciphered again until it is one
        rows = np.where(outside, _ciphered(rows, turns, width, height, key), rows)
        outside = rows >= count
    return rows


def _ciphered(numbers, turns, width, height, key):
    """A permutation of `0 ... width * height - 1`, one for each turn."""
    left, right = numbers // height, numbers % height
    for number in range(0, ROUNDS, 2):
        left = (left + _words(right, turns, number, key)) % width
        right = (right + _words(left, turns, number + 1, key)) % height
    return left * height + right


def _words(halves, turns, number, key):
    """A number below 2^62 for each half, in one round of one turn."""
    counter = halves.astype(np.uint32), (turns * ROUNDS + number).astype(np.uint32)
    low, high = noise.threefry(key, counter)
    return (high.astype(np.int64) >> 2 << 32) | low.astype(np.int64)
