"""How evenly a generator serves the classes: Renyi entropies and the two-socks test."""

import numpy as np

from zoo.metrics import checks


def renyi_entropy(probabilities, order):
    """H_a = ln(sum_i p_i^a) / (1 - a), nats; Shannon's at a = 1, -ln max p at infinity.

    It falls with the order and is at most ln K for orders of at least 0.
    """
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 1 or (p < 0).any() or not np.isclose(p.sum(), 1.0, atol=1e-6):
        raise ValueError(f"`probabilities` must be a vector that sums to 1. Received: {p}.")
    p = p[p > 0]
    if order == 1:
        return float(-np.sum(p * np.log(p)))
    if np.isinf(order):
        return float(-np.log(p.max() if order > 0 else p.min()))
    return float(np.log(np.sum(p**order)) / (1.0 - order))


def collision_probability(counts):
    """The chance that two different draws are of one class, |p|^2, without bias.

    sum_i N_i (N_i - 1) / (N (N - 1)): two socks drawn at once match. A smaller value is a
    more diverse generator.
    """
    counts = np.asarray(counts, np.float64)
    whole = counts.sum()
    if whole < 2:
        raise ValueError(f"`counts` must hold at least two draws. Received: {whole:g}.")
    return float(np.sum(counts * (counts - 1.0)) / (whole * (whole - 1.0)))


def diversity(labels, classes):
    """Entropies and the collision probability of the classes of generated examples.

    Args:
        labels: integers in [0, classes); what a classifier says of samples.
        classes: how many kinds there are.
    """
    labels = checks.classes(labels, "labels", classes, least=2)
    return of_counts(np.bincount(labels, minlength=classes))


def of_counts(counts):
    """`diversity` of how many examples of each class there are."""
    p = counts / counts.sum()
    return {
        "shannon_entropy": renyi_entropy(p, 1),
        "collision_entropy": renyi_entropy(p, 2),
        "min_entropy": renyi_entropy(p, np.inf),
        "collision_probability": collision_probability(counts),
        "classes_drawn": int((counts > 0).sum()),
        "count": int(counts.sum()),
    }
