"""Images with known damage, made from any set of images: noisy and clean pairs for denoising,
and held-out images of which half have a lesion, for the detection of anomalies."""

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


def lesions(images, rng, radius=(4.0, 7.0), contrast=0.5, tissue=0.3):
    """Images with a smooth bright or dark blob each, in the direction that leaves more room.

    Args:
        images: `(N, height, width, 1)` in [0, 1].
        rng: of place and size.
        radius: pixels, of the least and the largest blob.
        contrast: of the centre of the blob.
        tissue: the centre is drawn from pixels above this value.
    """
    rows, columns = np.mgrid[: images.shape[1], : images.shape[2]]
    planted = images.copy()
    for image in planted:
        places = np.argwhere(image[..., 0] > tissue)
        row, column = places[rng.integers(len(places))]
        width = rng.uniform(*radius)
        distance = ((rows - row) ** 2 + (columns - column) ** 2) / width**2
        blob = contrast * np.exp(-np.log(2.0) * distance**2)[..., None]  # half of it at `width`
        image += np.where(image[row, column] > 0.5, -blob, blob)
    return np.clip(planted, 0.0, 1.0).astype(np.float32)


def with_lesions(data, seed):
    """Data whose training images are as they are; every second held-out image has a lesion, and
    test labels say which: 1 with, 0 without."""
    rng, test = np.random.default_rng(seed), np.array(data.test)
    usable = (test > 0.3).any(axis=(1, 2, 3))
    test = test[usable]
    labels = np.arange(len(test), dtype=np.int32) % 2
    test[labels == 1] = lesions(test[labels == 1], rng)
    return dataclasses.replace(
        data,
        name=f"lesions:{data.name}",
        source=f"{data.source}; lesions planted in every second held-out image, seed {seed}",
        test=test,
        train_labels=np.zeros(len(data.train), np.int32),
        test_labels=labels,
        num_classes=2,
        class_names=("normal", "lesion"),
        train_targets=None,
        test_targets=None,
        paired=(),
    )
