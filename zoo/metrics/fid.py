"""The Frechet distance of features (Heusel et al., 2017), streaming and never complex.

    FID = |m_r - m_g|^2 + tr(S_r + S_g - 2 (S_r S_g)^(1/2))

The trace of the root is the sum of the roots of the eigenvalues of S_r^(1/2) S_g S_r^(1/2),
which is symmetric. A value means something only with the name of its features: FID[inception]
and FID[classifier:mnist] are different quantities.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from zoo.registry import register


@dataclasses.dataclass(frozen=True)
class Moments:
    """Mean and covariance (count - 1) of features."""

    mean: np.ndarray
    covariance: np.ndarray
    count: int

    @classmethod
    def of(cls, features):
        """Of an array `(count, size)`."""
        features = np.asarray(features, np.float64)
        whole = np.atleast_2d(np.cov(features, rowvar=False))
        return cls(features.mean(axis=0), whole, len(features))


def frechet_distance(first, second):
    """FID of two `Moments`."""
    gap = np.sum((first.mean - second.mean) ** 2)
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ second.covariance @ root)
    shared = np.sum(np.sqrt(np.maximum(cross, 0.0)))
    return float(gap + np.trace(first.covariance) + np.trace(second.covariance) - 2.0 * shared)


@register
class FrechetDistance(keras.metrics.Metric):
    """FID of what it is given, against reference moments; right under replicas.

    It holds sums alone, so its memory does not grow with the number of images.

    Args:
        extractor: maps a batch of images to features `(batch, size)`.
        reference: `Moments` of real data under the same extractor.
        name: says which features, as in "fid[classifier:mnist]".
    """

    def __init__(self, extractor, reference, name="fid", dtype=None):
        super().__init__(name=name, dtype="float64")
        self.extractor, self.reference = extractor, reference
        size = len(reference.mean)
        add = {"initializer": "zeros", "dtype": "float64"}
        self.rows = self.add_variable((), name="rows", **add)
        self.sums = self.add_variable((size,), name="sums", **add)
        self.products = self.add_variable((size, size), name="products", **add)

    def update_state(self, images, sample_weight=None):
        """Adds the features of a batch; they are centred at the reference, so that no
        digits are lost."""
        shifted = tf.cast(self.extractor(images), tf.float64) - self.reference.mean
        self.rows.assign_add(tf.cast(tf.shape(shifted)[0], tf.float64))
        self.sums.assign_add(tf.reduce_sum(shifted, axis=0))
        self.products.assign_add(tf.matmul(shifted, shifted, transpose_a=True))

    def moments(self):
        """`Moments` of everything seen since the last reset."""
        rows, sums = float(self.rows.numpy()), self.sums.numpy()
        if rows < 2:
            raise ValueError(f"`{self.name}` needs at least 2 images. Received: {rows:.0f}.")
        whole = (self.products.numpy() - np.outer(sums, sums) / rows) / (rows - 1.0)
        return Moments(self.reference.mean + sums / rows, whole, int(rows))

    def result(self):
        return frechet_distance(self.moments(), self.reference)
