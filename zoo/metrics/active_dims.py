"""How many dimensions of a code carry something."""

import numpy as np

from zoo.metrics import checks

MASK, VARIANCE = 0.1, 0.01  # MaskAAE's own threshold, and that of Burda et al. (2016)


def active_dims(means, alpha=None):
    """Dimensions in use, by the mask where there is one, else by the variance of the means.

    Args:
        means: `(count, m)`; E[z|x] of data.
        alpha: `(m,)`; the factors of a `zoo.layers.mask.Mask`.

    Returns:
        {"active_dims", "kind", "count"}; kind is "mask" (alpha >= 0.1) or "variance"
        (Var_x E[z_j|x] > 0.01).
    """
    means = checks.rows(means, "means", least=2)
    active, kind = active_of(means, alpha), "variance" if alpha is None else "mask"
    return {"active_dims": int(active.sum()), "kind": kind, "count": len(means)}


def active_of(means, alpha=None):
    """Which dimensions are in use: bool `(m,)`."""
    if alpha is not None:
        return np.asarray(alpha) >= MASK
    return np.var(np.asarray(means, np.float64), axis=0) > VARIANCE
