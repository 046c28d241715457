"""How many modes of planted Gaussians a generator covers."""

import numpy as np


def mode_coverage(samples, centres, sigma, share=0.01):
    """Modes that get at least `share` of the good samples; good lie within 3 sigma of one.

    Args:
        samples: `(count, size)`.
        centres: `(modes, size)`.
        sigma: standard deviation of every mode, per dimension.
        share: of the good samples.

    Returns:
        {"modes", "high_quality", "divergence", "count"}; divergence is KL of the modes'
        shares to uniform, nats, ln K where no sample is good.
    """
    samples, centres = np.asarray(samples, np.float64), np.asarray(centres, np.float64)
    distances = np.linalg.norm(samples[:, None] - centres[None], axis=2)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) <= 3.0 * sigma
    counts = np.bincount(nearest[good], minlength=len(centres))
    p = counts / max(1, counts.sum())
    log = np.log(np.maximum(p, 1e-300) * len(centres))
    return {
        "modes": int(np.sum((p >= share) & (counts > 0))),
        "high_quality": float(good.mean()),
        "divergence": float(np.sum(p * log)) if counts.sum() else float(np.log(len(centres))),
        "count": len(samples),
    }
