"""How well a critic tells what is real from what is made."""

import numpy as np

from zoo.metrics import checks


def critic_accuracy(real, made):
    """How often a critic tells one that is real from one that is made: 0.5 cannot, 1 always can.

    The share of pairs in which it gives the larger number to the same side, ties counted half:
    the area under the curve of operating points. It needs no threshold, which a Wasserstein
    critic has not, nor to know which side is given the larger numbers.

    Args:
        real, made: its outputs, an array a side.

    Returns:
        {"critic_accuracy", "count"}.
    """
    real, made = checks.numbers(real, "real").ravel(), checks.numbers(made, "made").ravel()
    above = np.mean(real[:, None] > made) + 0.5 * np.mean(real[:, None] == made)
    return {"critic_accuracy": float(max(above, 1.0 - above)), "count": len(real)}
