"""Pairs of a corrupted and a clean image, made from any set of images: data for denoising."""

import dataclasses

import numpy as np

SIGMA = 0.1  # of the noise, for pixels in [0, 1]
COPIES = 8  # corrupted versions of each training image, each with noise of its own


def gaussian(images, sigma, rng):
    """images + sigma n, n ~ N(0, 1), clipped to [0, 1]."""
    noise = rng.normal(scale=sigma, size=images.shape)
    return np.clip(images + noise, 0.0, 1.0).astype(np.float32)


def rician(images, sigma, rng):
    """|images + sigma (n + i m)|, n and m ~ N(0, 1): the noise of magnetic resonance images
    (Gudbjartsson and Patz, 1995), clipped to [0, 1]."""
    real, imaginary = rng.normal(scale=sigma, size=(2, *images.shape))
    return np.clip(np.hypot(images + real, imaginary), 0.0, 1.0).astype(np.float32)


CORRUPTIONS = {"gaussian": gaussian, "rician": rician}


def corrupted(data, kind, seed, sigma=SIGMA, copies=COPIES):
    """Data whose examples are corrupted images and whose targets are the clean ones.

    Args:
        data: `Data` of images in [0, 1]; its labels and targets are left out.
        kind: of `CORRUPTIONS`.
        seed: of the noise.
        sigma: standard deviation of the noise.
        copies: corrupted versions of each training image.
    """
    rng = np.random.default_rng(seed)
    train, test = np.repeat(np.asarray(data.train), copies, axis=0), np.asarray(data.test)
    return dataclasses.replace(
        data,
        name=f"{kind}:{data.name}",
        source=f"{data.source}; {kind} noise of sigma {sigma:g}, seed {seed}",
        train=CORRUPTIONS[kind](train, sigma, rng),
        test=CORRUPTIONS[kind](test, sigma, rng),
        train_labels=None,
        test_labels=None,
        num_classes=None,
        class_names=(),
        train_targets=train,
        test_targets=test,
        paired=("train", "test"),
    )
