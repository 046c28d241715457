"""Whether probabilities of classes mean what they say."""

import numpy as np


def calibration(probabilities, labels, bins=15):
    """How far the probability of the best class is from how often that class is right.

    Rows are put into bins of equal width by that probability (Guo et al., 2017, "On calibration of
    modern neural networks", Eq. 3).

    Args:
        probabilities: `(rows, classes)`.
        labels: `(rows,)`.
        bins: how many.

    Returns:
        {"calibration_error", "label_nll", "brier", "count"}: the mean over rows of |accuracy -
        probability| of their bin; the mean of -ln p(label), nats; the mean squared distance of p
        from the label's.
    """
    p, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    best, right = p.max(axis=1), p.argmax(axis=1) == labels
    number = np.minimum((best * bins).astype(int), bins - 1)
    gaps = [np.sum(right[number == k] - best[number == k]) for k in range(bins)]
    own = p[np.arange(len(p)), labels]
    square = np.sum(p**2, axis=1) - 2.0 * own + 1.0
    return {
        "calibration_error": float(np.sum(np.abs(gaps)) / len(p)),
        "label_nll": float(-np.mean(np.log(np.maximum(own, 1e-12)))),
        "brier": float(np.mean(square)),
        "count": len(p),
    }
