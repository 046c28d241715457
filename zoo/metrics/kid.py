"""The kernel distance of features (Binkowski et al., 2018): unbiased at any size."""

import numpy as np

from zoo.metrics import checks

MOST_ROWS = 5_000  # that are drawn anew for a standard error: errors fall like 1 / sqrt(rows)
CHUNK = 1_000  # rows of a kernel matrix that are held at once


def kernel(left, right):
    """k(a, b) = (a.b / size + 1)^3 of every two rows."""
    return (left @ right.T / left.shape[1] + 1.0) ** 3


def both(generated, real, *names):
    """Both samples as float64, of two rows or more."""
    ours, theirs = names or ("generated", "real")
    real = checks.rows(real, theirs, least=2)
    generated = checks.rows(generated, ours, least=2, like=(theirs, real))
    return np.asarray(generated, np.float64), np.asarray(real, np.float64)


def polynomial_mmd(first, second):
    """The unbiased MMD^2 of two samples of features under `kernel`."""
    a, b = both(first, second, "first", "second")
    n, k = len(a), len(b)
    own, other = kernel(a, a), kernel(b, b)
    within = (own.sum() - np.trace(own)) / (n * (n - 1))
    within += (other.sum() - np.trace(other)) / (k * (k - 1))
    return float(within - 2.0 * kernel(a, b).mean())


def kernel_distance(generated, real, subsets=50, size=1000, seed=0, resamples=20):
    """KID: the mean of `polynomial_mmd` over random subsets; it may be negative.

    Args:
        generated, real: features, `(count, size)`.
        subsets, size: how many, and of how many rows.
        seed: of the subsets.
        resamples: of all rows, for the standard error; the subsets share rows, so that how they
            differ says nothing of it.

    Returns:
        {"kid", "standard_error", "subset", "count"}.
    """
    generated, real = both(generated, real)
    random, size = np.random.default_rng(seed), min(size, len(generated), len(real))

    def chosen(rows):
        return rows[random.choice(len(rows), size, replace=False)]

    distances = [polynomial_mmd(chosen(generated), chosen(real)) for _ in range(subsets)]
    error = resampled_error(generated, real, resamples, seed)
    count = min(len(generated), len(real))
    mean = float(np.mean(distances))
    return {"kid": mean, "standard_error": error, "subset": size, "count": count}


def resampled_error(first, second, resamples=20, seed=0):
    """The standard error of `polynomial_mmd` of all rows, by drawing rows anew (Efron, 1979).

    A row that is drawn twice is not compared with itself; where one row alone is drawn, which
    happens where there are few, no pair is left and the draw is repeated.
    """
    first, second = both(first, second, "first", "second")
    random, count = np.random.default_rng(seed), min(len(first), len(second))
    kept = min(MOST_ROWS, count)
    sides, weights = [], []
    for side in (first, second):
        rows = random.choice(len(side), min(MOST_ROWS, len(side)), replace=False)
        sides.append(side[rows])
        weights.append(_draws(random, len(rows), resamples))
    own = [_weighted(a, a, w, w, distinct=True) for a, w in zip(sides, weights, strict=True)]
    distances = own[0] + own[1] - 2.0 * _weighted(*sides, *weights)
    return float(np.std(distances, ddof=1) * np.sqrt(kept / count))


def _draws(random, count, resamples):
    """How often each of `count` rows is drawn, `(resamples, count)`: two rows or more each time."""
    shares = np.full(count, 1.0 / count)
    times = random.multinomial(count, shares, resamples)
    while (single := times.max(axis=1) == count).any():
        times[single] = random.multinomial(count, shares, int(single.sum()))
    return times


def _weighted(a, b, first, second, distinct=False):
    """Means of the kernel over pairs of rows under each row of weights, `(resamples,)`."""
    total = np.zeros(len(first))
    for start in range(0, len(a), CHUNK):
        rows = slice(start, start + CHUNK)
        total += np.sum((first[:, rows] @ kernel(a[rows], b)) * second, axis=1)
    pairs = first.sum(axis=1) * second.sum(axis=1)
    if distinct:
        itself = (np.sum(a * a, axis=1) / a.shape[1] + 1.0) ** 3
        total, pairs = total - first**2 @ itself, pairs - np.sum(first**2, axis=1)
    return total / pairs
