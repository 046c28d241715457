"""Paths between codes, and directions of attributes."""

import numpy as np

from zoo import noise


def linear(z1, z2, steps):
    """`(steps, m)`: (1 - t) z1 + t z2, ends included."""
    t = np.linspace(0.0, 1.0, steps)[:, None]
    return (1.0 - t) * z1 + t * z2


def slerp(z1, z2, steps):
    """`(steps, m)`: the great circle between two codes, lengths interpolated alike.

    Between codes of one length every point keeps that length, as draws of a Gaussian in
    many dimensions do.
    """
    t = np.linspace(0.0, 1.0, steps)[:, None]
    cosine = np.dot(z1, z2) / max(np.linalg.norm(z1) * np.linalg.norm(z2), 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return linear(z1, z2, steps)
    return (np.sin((1.0 - t) * angle) * z1 + np.sin(t * angle) * z2) / np.sin(angle)


def attribute_direction(codes, labels):
    """mean E(x | attribute) - mean E(x | no attribute), `(m,)`.

    Args:
        codes: of training data, `(count, m)`.
        labels: 1 where the attribute is there, else 0.
    """
    codes, labels = np.asarray(codes), np.asarray(labels).astype(bool)
    if labels.all() or not labels.any():
        raise ValueError("`labels` must hold both 0 and 1. Received: one of them alone.")
    return codes[labels].mean(axis=0) - codes[~labels].mean(axis=0)


def traverse(model, number, count=10, steps=8, seed=0):
    """`(count, values, ...)`: examples of which one code takes each of its values, all else stays.

    Args:
        model: samples by `codes`, such as InfoGAN.
        number: of the code, categories first.
        count: rows, each of other noise and other codes.
        steps: values of a number; a category takes all it has.
        seed: of noise and codes.
    """
    with noise.serving(seed, count):
        codes = model.codes.swept(model.codes.sample(count), number, steps)
    shown = [model.sample(count, codes[:, k], seed) for k in range(codes.shape[1])]
    return np.stack(shown, axis=1)
