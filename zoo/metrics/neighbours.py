"""The nearest training examples of samples, and whether a model copies."""

import numpy as np

from zoo.metrics import checks

MOST = 1 << 24  # numbers of examples that are compared at a time where they are read from files


def flat(rows):
    """Examples as float32 rows."""
    return np.asarray(rows, np.float32).reshape(len(rows), -1)


def nearest(queries, examples, count=4):
    """Distances and numbers of the nearest examples of each query: two `(queries, count)`.

    Many examples that are no array, since they are read from files, are gone through in parts.
    """
    from sklearn.neighbors import NearestNeighbors

    size = int(np.prod(examples.shape, dtype=np.int64))
    part = len(examples)
    if not isinstance(examples, np.ndarray) and size > MOST:
        part = max(count, MOST * len(examples) // size)
    distances = np.full((len(queries), 0), np.inf)
    numbers = np.zeros(distances.shape, np.int64)
    for start in range(0, len(examples), part):
        rows = flat(examples[start : start + part])
        found = NearestNeighbors(n_neighbors=min(count, len(rows))).fit(rows)
        near, of_part = found.kneighbors(flat(queries))
        distances = np.concatenate([distances, near], axis=1)
        numbers = np.concatenate([numbers, start + of_part], axis=1)
        best = np.argsort(distances, axis=1, kind="stable")[:, :count]
        distances, numbers = (np.take_along_axis(a, best, axis=1) for a in (distances, numbers))
    return distances, numbers


def memorisation(samples, train, test):
    """The median distance sample to training data over that of held-out data.

    About 1 for a model that neither copies nor strays; far below 1 for one that copies.

    Returns:
        {"memorisation_ratio", "count"}.
    """
    train = checks.rows(train, "train")
    samples, test = (
        checks.rows(side, name, like=("train", train))
        for side, name in ((samples, "samples"), (test, "test"))
    )
    own, held = (np.median(nearest(rows, train, 1)[0]) for rows in (samples, test))
    ratio = float(own / max(held, 1e-12))
    return {"memorisation_ratio": ratio, "count": min(len(samples), len(test))}


def two_sample_accuracy(samples, held):
    """How often the nearest neighbour tells samples from held-out data: 0.5 ideal, 1 told apart.

    Leave-one-out on equal numbers of both (Lopez-Paz and Oquab, 2017).
    """
    held = checks.rows(held, "held", least=2)
    samples = checks.rows(samples, "samples", least=2, like=("held", held))
    count = min(len(samples), len(held))
    both = np.concatenate([flat(samples[:count]), flat(held[:count])])
    side = np.repeat([0, 1], count)
    found = nearest(both, both, 2)[1]
    other = np.where(found[:, 0] == np.arange(len(both)), found[:, 1], found[:, 0])
    return {"two_sample_accuracy": float(np.mean(side[other] == side)), "count": count}
