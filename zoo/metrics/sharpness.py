"""How sharp images are: the variance of their Laplacian."""

import numpy as np

from zoo.metrics import checks


def laplacian_variance(images):
    """The variance of the Laplacian over each image's inner pixels: `(count,)`."""
    x = np.asarray(checks.rows(images, "images"), np.float64)
    if x.ndim != 4 or min(x.shape[1:3]) < 3:
        raise ValueError(f"`images` must be at least 3 x 3 pixels. Received: shape {x.shape}.")
    inner = -4.0 * x[:, 1:-1, 1:-1] + x[:, :-2, 1:-1] + x[:, 2:, 1:-1]
    inner = inner + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
    return inner.reshape(len(x), -1).var(axis=1)


def sharpness(images, reference):
    """Median sharpness of images over that of the reference: below 1 is blurred.

    Returns:
        {"sharpness", "count"}.
    """
    reference = checks.rows(reference, "reference")
    images = checks.rows(images, "images", like=("reference", reference))
    ratio = np.median(laplacian_variance(images)) / np.median(laplacian_variance(reference))
    return {"sharpness": float(ratio), "count": len(images)}
