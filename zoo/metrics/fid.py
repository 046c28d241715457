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

from zoo.metrics import checks
from zoo.metrics.sums import Sums
from zoo.registry import register

PROTOCOLS = ("plain", "iitd")


@dataclasses.dataclass(frozen=True)
class Moments:
    """Mean and covariance (count - 1) of features."""

    mean: np.ndarray
    covariance: np.ndarray
    count: int

    @classmethod
    def of(cls, features):
        """Of an array `(count, size)`."""
        features = np.asarray(checks.rows(features, "features", least=2), np.float64)
        whole = np.atleast_2d(np.cov(features, rowvar=False))
        return cls(features.mean(axis=0), whole, len(features))


def frechet_distance(first, second):
    """FID of two `Moments`."""
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            "`first` and `second` must be of features of one size. "
            f"Received: {len(first.mean)} and {len(second.mean)}."
        )
    for name, moments in (("first", first), ("second", second)):
        checks.numbers(moments.mean, name)
        checks.numbers(moments.covariance, name)
    gap = np.sum((first.mean - second.mean) ** 2)
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ second.covariance @ root)
    shared = np.sum(np.sqrt(np.maximum(cross, 0.0)))
    return float(gap + np.trace(first.covariance) + np.trace(second.covariance) - 2.0 * shared)


def rank_warning(count, size):
    """What is wrong with a Frechet distance of `count` rows of `size` features, or None.

    The covariance of N rows has a rank of N - 1 at most: with no more rows than features it
    is singular, and the distance is too large.
    """
    if count > size:
        return None
    return (
        f"{count} rows of {size} features: covariances have a rank of {count - 1} at most, so the "
        f"distance is biased upwards; take more than {size} rows"
    )


def stretched(images):
    """Each image's values mapped linearly onto [0, 1]; an image of one value becomes 0."""
    inner = list(range(1, len(images.shape)))
    low = tf.reduce_min(images, axis=inner, keepdims=True)
    return tf.math.divide_no_nan(images - low, tf.reduce_max(images, inner, True) - low)


class MomentSums(Sums):
    """Mean and covariance of features, gathered batch by batch.

    Args:
        size: of the features.
        centre: about which they are summed, `(size,)` or a number; near their mean, no
            digits are lost.
        name: of the measure.
    """

    def __init__(self, size, centre=0.0, name="moments"):
        super().__init__(name, sums=(size,), products=(size, size))
        self.size, self.centre = size, centre

    def update_state(self, features, sample_weight=None):
        """Adds the features of a batch, `(batch, size)`."""
        checks.refuse_weights(sample_weight, self.name)
        features = checks.batch(features, "features", (self.size,))
        shifted = tf.cast(features, tf.float64) - self.centre
        products = tf.matmul(shifted, shifted, transpose_a=True)
        self.add(features, sums=tf.reduce_sum(shifted, axis=0), products=products)

    def moments(self):
        """`Moments` of everything seen since the last reset."""
        rows, sums = self.counted(least=2), self.total("sums")
        whole = (self.total("products") - np.outer(sums, sums) / rows) / (rows - 1.0)
        return Moments(self.centre + sums / rows, whole, rows)

    def result(self):
        return self.moments()


@register
class FrechetDistance(MomentSums):
    """FID of the images that it is given, against reference moments; right under replicas.

    It holds sums alone, so its memory does not grow with the number of images.

    Args:
        extractor: maps a batch of images to features `(batch, size)`.
        reference: `Moments` of real data under the same extractor.
        name: says which features, as in "fid[classifier:mnist]".
        protocol: "plain", or "iitd": each generated image is stretched to [0, 1] by itself
            before its features are taken, as in the code of MaskAAE and FlexAE; the data are
            not. Such values compare with no others.
    """

    def __init__(self, extractor, reference, name="fid", protocol="plain"):
        if protocol not in PROTOCOLS:
            raise ValueError(f"`protocol` must be 'plain' or 'iitd'. Received: {protocol!r}.")
        super().__init__(len(reference.mean), reference.mean, name)
        self.extractor, self.reference, self.protocol = extractor, reference, protocol

    def update_state(self, images, sample_weight=None):
        """Adds the features of a batch of images."""
        checks.refuse_weights(sample_weight, self.name)
        is_plain = self.protocol == "plain"
        images = checks.batch(images, "images", in_range=is_plain)
        features = self.extractor(images if is_plain else stretched(images))
        if features.shape[-1] != self.size:
            raise ValueError(
                f"`images` must have {self.size} features, as the reference has. Received: "
                f"{features.shape[-1]} of images of shape {tuple(images.shape[1:])}."
            )
        super().update_state(features)

    def result(self):
        return frechet_distance(self.moments(), self.reference)

    def get_config(self):
        held = {"extractor": self.extractor, "reference": dataclasses.asdict(self.reference)}
        held = {key: keras.saving.serialize_keras_object(value) for key, value in held.items()}
        return {**super().get_config(), **held, "protocol": self.protocol}

    @classmethod
    def from_config(cls, config):
        held = {k: keras.saving.deserialize_keras_object(v) for k, v in config.items()}
        return cls(**{**held, "reference": Moments(**held["reference"])})
