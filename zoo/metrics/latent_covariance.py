"""How independent the dimensions of codes are (Mondal et al., 2020, "MaskAAE", Table 2)."""

import math

import numpy as np

from zoo.metrics import checks


def covariance(codes):
    """The covariance of codes `(count, m)`, with count - 1: `(m, m)`."""
    codes = np.asarray(checks.rows(codes, "codes", least=2), np.float64)
    return np.atleast_2d(np.cov(codes, rowvar=False))


def floor(count):
    """What independent dimensions give for a sample of this size: E|rho| = sqrt(2 / (pi N))."""
    return math.sqrt(2.0 / (math.pi * count))


def normalized_absolute_correlation(codes, active=None, mode="correlation"):
    """NAC: the mean of |C_ij| / sqrt(C_ii C_jj) over pairs of active dimensions.

    Args:
        codes: `(count, m)`.
        active: bool `(m,)`; dimensions that count. Those of some variance where None.
        mode: "correlation", or "covariance": the mean of |C_ij| over the mean of C_ii.

    Returns:
        {"nac", "floor", "active_dims", "count"}; nac is nan with fewer than two dimensions.
    """
    if mode not in ("correlation", "covariance"):
        raise ValueError(f"`mode` must be 'correlation' or 'covariance'. Received: {mode!r}.")
    whole = covariance(codes)
    chosen = np.diag(whole) > 1e-12 if active is None else np.asarray(active, bool)
    kept = whole[np.ix_(chosen, chosen)]
    found = {"floor": floor(len(codes)), "active_dims": len(kept), "count": len(codes)}
    return {"nac": off_diagonal(kept, mode), **found}


def off_diagonal(whole, mode="correlation"):
    """The NAC of a covariance; nan with fewer than two dimensions."""
    if len(whole) < 2:
        return math.nan
    scale = np.sqrt(np.diag(whole))
    each = np.abs(whole) / (np.outer(scale, scale) if mode == "correlation" else 1.0)
    mean = each[~np.eye(len(whole), dtype=bool)].mean()
    return float(mean if mode == "correlation" else mean / np.diag(whole).mean())


def distance_to_identity(codes, active=None):
    """|C - I| / m over the m active dimensions, Frobenius norm: {"distance", "count"}."""
    whole = covariance(codes)
    chosen = np.ones(len(whole), bool) if active is None else np.asarray(active, bool)
    kept = whole[np.ix_(chosen, chosen)]
    distance = np.linalg.norm(kept - np.eye(len(kept))) / max(1, len(kept))
    return {"distance": float(distance), "count": len(codes)}
