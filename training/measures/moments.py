"""Moments of the features of data, kept on disk by what they are of."""

import contextlib
import hashlib
import zipfile
import zlib

import numpy as np

from zoo.saving.stored import cache_folder
from zoo.training.files import atomic

FORMAT = 1  # of the files, and of what extractors do to images
DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def moments(extractor, images, features):
    """`Moments` of features of images, read where a run has computed the same before.

    They are found by a hash of every value of the images and every weight of the extractor.
    A damaged file is made anew; where the folder cannot be written, nothing is kept. Nor is
    anything of an extractor without weights, which costs no more than the hash.

    Args:
        extractor: `zoo.metrics.extractors.Extractor`.
        images: array `(count, ...)`.
        features: () -> their features, called where nothing is kept.
    """
    from zoo.metrics.fid import Moments

    weights = extractor.fingerprint()
    if weights is None:
        return Moments.of(features())
    images = np.ascontiguousarray(images)
    words = f"{FORMAT} {weights} {images.dtype} {images.shape}"
    key = hashlib.sha256(words.encode() + images.tobytes()).hexdigest()
    path = cache_folder() / f"moments-{key}.npz"
    with contextlib.suppress(*DAMAGES), np.load(path) as kept:
        return Moments(kept["mean"], kept["covariance"], int(kept["count"]))
    found = Moments.of(features())
    with contextlib.suppress(OSError), atomic(path) as partial:
        np.savez(partial, mean=found.mean, covariance=found.covariance, count=found.count)
    return found
