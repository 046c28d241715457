"""Paths between codes, and directions of attributes."""

import numpy as np
from scipy.stats import norm

from zoo import noise
from zoo.metrics import checks
from zoo.metrics.fid import Moments, frechet_distance


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


def gaussian_grid(side):
    """`(side^2, 2)`: Phi^-1 of an even grid of the unit square, row by row.

    The codes of Kingma and Welling's (2014, Figure 4) manifolds: cells of equal mass of
    N(0, I), each at its middle quantile.
    """
    ticks = norm.ppf((np.arange(side) + 0.5) / side)
    return np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)


def midpoint_distance(encode, decode, x, features):
    """The Frechet distance of decoded midpoints of codes to the data they lie between.

    Args:
        encode, decode: examples to codes, codes to examples.
        x: `(count, ...)`; each of the first half of the rows is paired with one of the second.
        features: examples to rows `(count, size)`; a distance means something with its
            features alone.

    Returns:
        {"midpoint_fid", "count"}; 0 where midpoints are decoded to what has the moments of
        the data.
    """
    x = checks.rows(x, "x", least=4)
    half = len(x) // 2
    codes = np.asarray(encode(x))
    middle = decode(0.5 * (codes[:half] + codes[half : 2 * half]))
    distance = frechet_distance(Moments.of(features(middle)), Moments.of(features(x)))
    return {"midpoint_fid": distance, "count": half}


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


def manipulated(encode, decode, x, direction, most=1.5, steps=7):
    """`(count, steps, ...)`: decoded E(x) + s a, s from -most to most; reconstructions midway.

    Args:
        encode, decode: examples to codes `(count, m)`, codes to examples.
        x: `(count, ...)`.
        direction: a, `(m,)`, such as an `attribute_direction`.
        most: the largest s.
        steps: values of s; an odd number of them has 0 midway.
    """
    codes = np.asarray(encode(x))
    scales = np.linspace(-most, most, steps)
    moved = codes[:, None] + scales[:, None] * np.asarray(direction)
    shown = np.asarray(decode(moved.reshape(-1, codes.shape[1]).astype(codes.dtype)))
    return shown.reshape(len(codes), steps, *shown.shape[1:])


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
