"""Which rows are held out of a set that comes as one."""

import numpy as np

from zoo.training.data.dataset import DataError

SHARE = 10  # one row in so many is held out
MANY = 1 << 20  # rows, more of which are chosen without holding a permutation
TAG = 0x5B17  # of the noise that chooses them then


def held_out(count, labels, seed, version=2):
    """(rows of training, rows held out), a tenth, by seed: of each class its share, never all.

    Args:
        count: of rows.
        labels: of the rows, or None.
        seed: of the choice.
        version: of `zoo.training.data.dataset`; 1 leaves the labels out of account.
    """
    if count < 2:
        raise DataError(f"Data must hold at least 2 examples, one held out. Received: {count}.")
    several = labels is not None and len(np.unique(labels)) > 1
    total = max(1, count // SHARE)
    if version > 1 and count > MANY and not several:
        return Shuffled(seed, count, total, count), Shuffled(seed, count, 0, total)
    order = np.random.default_rng(seed).permutation(count)
    if version == 1 or not several:
        return order[total:], order[:total]
    return by_classes(order, labels, total)


def by_classes(order, labels, total):
    """An order of rows in two parts, the second of which has `total` rows, each class its share."""
    classes, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    share = counts * total / len(order)
    quota = np.minimum(np.floor(share).astype(int), counts - 1)
    for place in np.argsort(quota - share, kind="stable"):  # largest remainder first
        if quota.sum() < total and quota[place] < counts[place] - 1:
            quota[place] += 1
    if not quota.any():
        raise DataError(
            "Every class must keep an example where a tenth is held out. Received: "
            f"{len(classes)} classes of one example each: give held-out data, or no labels."
        )
    ranks = np.empty(len(order), int)  # of a row among those of its class
    for place in range(len(classes)):
        rows = order[inverse[order] == place]
        ranks[rows] = np.arange(len(rows))
    chosen = ranks[order] < quota[inverse[order]]
    return order[~chosen], order[chosen]


class Shuffled:
    """A part of a shuffle of very many rows, computed where it is asked for.

    Args:
        seed: of the shuffle.
        count: of rows.
        start, stop: places of the part.
    """

    def __init__(self, seed, count, start, stop):
        self.seed, self.count, self.start, self.stop = seed, count, start, stop

    def __len__(self):
        return self.stop - self.start

    def __getitem__(self, places):
        if isinstance(places, slice):
            places = np.arange(*places.indices(len(self)))
        from zoo.input_pipeline import shuffles

        return shuffles.rows_at(self.start + places, self.count, self.seed, 0, TAG)
