"""Planted data: made so that the right answer is known.

Each function returns arrays and a dict of what was planted, and draws from a seed alone.
"""

import numpy as np


def manifold(n, d=64, modes=False, count=20_000, seed=0):
    """A smooth n-dimensional manifold in (0, 1)^d.

        x = sigmoid(1.5 tanh(z W1) W2),  z ~ N(0, I_n),
        W1 ~ N(0, 1.44 / n) of n x 64,  W2 ~ N(0, 0.04) of 64 x d

    Args:
        n: true dimension.
        d: dimension of the data.
        modes: four modes in z instead of one: +-1.5 on the first and on the second four
            dimensions, spread 0.35 (n must be 8).
        count: rows.
        seed: of the map and of the draws.

    Returns:
        float32 `(count, d)` and {"dimension", "z", "W1", "W2", "lipschitz"}; the last bounds
        how much the map stretches: 1.5 / 4 |W1| |W2|, largest singular values.
    """
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 64)) * 1.2 / np.sqrt(n)
    second = rng.normal(size=(64, d)) * 0.2
    if modes:
        if n != 8:
            raise ValueError(f"`n` must be 8 where `modes` is set. Received: n={n}.")
        sides = np.repeat(rng.choice([-1.5, 1.5], size=(count, 2)), 4, axis=1)
        z = 0.35 * rng.normal(size=(count, n)) + sides
    else:
        z = rng.normal(size=(count, n))
    x = 1.0 / (1.0 + np.exp(-1.5 * np.tanh(z @ first) @ second))
    slope = 1.5 / 4.0 * np.linalg.norm(first, 2) * np.linalg.norm(second, 2)
    planted = {"dimension": n, "z": z, "W1": first, "W2": second, "lipschitz": float(slope)}
    return x.astype(np.float32), planted


def gaussians(centres, sigma, count, seed):
    """Equal Gaussians around `centres`, `(modes, d)`; returns rows and what was planted."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(centres), size=count)
    x = centres[chosen] + sigma * rng.normal(size=(count, centres.shape[1]))
    return x.astype(np.float32), {"centres": centres, "sigma": sigma, "mode": chosen}


def ring(count=20_000, seed=0, modes=8, radius=2.0, sigma=0.02):
    """Eight Gaussians on a circle: the test of mode coverage."""
    angles = 2.0 * np.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return gaussians(centres, sigma, count, seed)


def grid(count=20_000, seed=0, side=5, spacing=2.0, sigma=0.05):
    """A square of 5 x 5 Gaussians, 2 apart, centred at 0."""
    ticks = spacing * (np.arange(side) - (side - 1) / 2.0)
    centres = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    return gaussians(centres, sigma, count, seed)


def moons(count=20_000, seed=0, sigma=0.1):
    """Two half circles of a plane that reach into each other."""
    rng = np.random.default_rng(seed)
    angle, side = np.pi * rng.random(count), rng.integers(2, size=count)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (1 - 2 * side)[:, None]
    x += side[:, None] * [1.0, 0.5] + sigma * rng.normal(size=x.shape)
    return x.astype(np.float32), {"sigma": sigma, "mode": side}


def blobs(count=20_000, seed=0, modes=5, size=20, radius=2.5, sigma=1.0):
    """Overlapping Gaussians around points of a sphere: classes that are not quite apart."""
    centres = np.random.default_rng([seed, modes]).normal(size=(modes, size))
    centres *= radius / np.linalg.norm(centres, axis=1, keepdims=True)
    return gaussians(centres, sigma, count, seed)


def rotation(count=20_000, seed=0, steps=16, period=8, sigma=0.05, ways=(-1, 1)):
    """Points that go round the unit circle, `period` steps a turn, in one of `ways`.

    Returns:
        float32 `(count, steps, 2)` and {"period", "sigma", "phase", "way"}: the angles of the
        first steps, and +1 or -1.
    """
    rng = np.random.default_rng(seed)
    phase, way = 2.0 * np.pi * rng.random(count), rng.choice(ways, size=count)
    angle = phase[:, None] + 2.0 * np.pi / period * way[:, None] * np.arange(steps)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    x += sigma * rng.normal(size=x.shape)
    return x.astype(np.float32), {"period": period, "sigma": sigma, "phase": phase, "way": way}


def ticks(count=20_000, seed=0):
    """Zeros, one a row: what a model is fed that has no data, so that its steps are counted."""
    return np.zeros((count, 1), np.float32), {}


def linear_gaussian(latent_dim=2, data_dim=5, count=20_000, sigma=0.5, seed=0):
    """x = W z + b + sigma eps: the marginal, and so every evidence bound, is known.

    Returns:
        float32 `(count, data_dim)` and {"W", "b", "sigma", "log_likelihood"}; the last maps
        rows to ln N(x; b, W W^T + sigma^2 I), in nats.
    """
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(seed)
    loading, offset = rng.normal(size=(data_dim, latent_dim)), rng.normal(size=data_dim)
    z, noise = rng.normal(size=(count, latent_dim)), rng.normal(size=(count, data_dim))
    x = (z @ loading.T + offset + sigma * noise).astype(np.float32)
    law = multivariate_normal(offset, loading @ loading.T + sigma**2 * np.eye(data_dim))
    planted = {"W": loading, "b": offset, "sigma": sigma, "log_likelihood": law.logpdf}
    return x, planted


def shapes(count=5000, seed=0, side=16):
    """Pairs of images: the outline of a rectangle or an ellipse, and the shape filled.

    Returns:
        float32 outlines `(count, side, side, 1)` and {"target"}, the filled shapes.
    """
    rng = np.random.default_rng(seed)
    half = rng.integers(2, side // 3 + 1, size=(count, 2))
    centre = half + 1 + np.floor(rng.random((count, 2)) * (side - 2 * half - 2)).astype(int)
    places = np.arange(side)
    away = np.abs(places - centre[..., None]) / half[..., None]  # 1 at the border
    rows, columns = away[:, 0, :, None], away[:, 1, None, :]
    round_ = rng.random((count, 1, 1)) < 0.5
    filled = np.where(round_, rows**2 + columns**2 <= 1.15, np.maximum(rows, columns) <= 1.0)
    inner = filled.copy()
    for axis in (1, 2):
        for shift in (-1, 1):
            inner &= np.roll(filled, shift, axis)
    images = [mask.astype(np.float32)[..., None] for mask in (filled & ~inner, filled)]
    return images[0], {"target": images[1]}


SPRITES = {"shape": 3, "scale": 3, "orientation": 4, "x": 5, "y": 5}  # values of each factor


def sprites(count=20_000, seed=0, side=16, fine=4):
    """Images of one shape each, whose five factors are drawn alone, as in dSprites.

    A square, an ellipse or a triangle of three sizes, turned by up to 67.5 degrees, at five
    places a side.

    Args:
        count: rows.
        seed: of the factors; the images are a function of these.
        side: of the images.
        fine: points a pixel and side, whose mean a pixel is.

    Returns:
        float32 `(count, side, side, 1)` in [0, 1] and {"factors", "sizes", "examples"}:
        integers `(count, 5)` in the order of `SPRITES`, how many values each has, and the
        image of every combination, the last factor fastest.
    """
    sizes = tuple(SPRITES.values())
    shape, scale, turn, x, y = np.indices(sizes).reshape(len(sizes), -1)[..., None, None]
    ticks = (np.arange(side * fine) + 0.5) / (side * fine) - 0.5
    across, down = ticks - 0.1 * (x - 2), ticks[:, None] - 0.1 * (y - 2)
    angle, radius = np.pi / 8.0 * turn, 0.15 + 0.05 * scale
    u = (np.cos(angle) * across + np.sin(angle) * down) / radius
    v = (np.cos(angle) * down - np.sin(angle) * across) / radius
    thirds = 2.0 * np.pi / 3.0 * np.arange(3)[:, None, None, None]
    edges = (np.sin(thirds) * u + np.cos(thirds) * v).max(axis=0)
    kinds = [np.maximum(abs(u), abs(v)) / 0.8, u**2 + 4.0 * v**2, edges / 0.6]
    filled = np.choose(shape, kinds) <= 1.0
    examples = filled.reshape(-1, side, fine, side, fine).mean(axis=(2, 4), dtype=np.float32)
    factors = np.random.default_rng(seed).integers(sizes, size=(count, len(sizes)))
    planted = {"factors": factors, "sizes": sizes, "examples": examples[..., None]}
    return planted["examples"][np.ravel_multi_index(factors.T, sizes)], planted
