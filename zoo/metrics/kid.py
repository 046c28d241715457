"""The kernel distance of features (Binkowski et al., 2018): unbiased at any size."""

import numpy as np


def polynomial_mmd(first, second):
    """The unbiased MMD^2 of two samples of features under k(a, b) = (a.b / size + 1)^3."""
    a, b = (np.asarray(side, np.float64) for side in (first, second))
    size, n, k = a.shape[1], len(a), len(b)

    def kernel(left, right):
        return (left @ right.T / size + 1.0) ** 3

    own, other = kernel(a, a), kernel(b, b)
    within = (own.sum() - np.trace(own)) / (n * (n - 1))
    within += (other.sum() - np.trace(other)) / (k * (k - 1))
    return float(within - 2.0 * kernel(a, b).mean())


def kernel_distance(generated, real, subsets=50, size=1000, seed=0):
    """KID: the mean of `polynomial_mmd` over random subsets; it may be negative.

    Args:
        generated, real: features, `(count, size)`.
        subsets, size: how many, and of how many rows.
        seed: of the subsets.

    Returns:
        {"kid", "standard_error", "subset", "count"}.
    """
    random, size = np.random.default_rng(seed), min(size, len(generated), len(real))

    def chosen(rows):
        return rows[random.choice(len(rows), size, replace=False)]

    found = [polynomial_mmd(chosen(generated), chosen(real)) for _ in range(subsets)]
    error = float(np.std(found, ddof=1) / np.sqrt(subsets))
    count = min(len(generated), len(real))
    return {"kid": float(np.mean(found)), "standard_error": error, "subset": size, "count": count}
