"""Measures of classes and of codes that come in batches, as sums."""

import numpy as np
import tensorflow as tf

from zoo.metrics import checks
from zoo.metrics.active_dims import VARIANCE
from zoo.metrics.diversity import of_counts
from zoo.metrics.fid import MomentSums
from zoo.metrics.latent_covariance import floor, off_diagonal
from zoo.metrics.sums import Sums
from zoo.registry import register


@register
class Diversity(Sums):
    """`diversity` of the classes of generated examples.

    Args:
        classes: how many kinds there are.
        name: of the measure.
    """

    def __init__(self, classes, name="diversity"):
        super().__init__(name, counts=(classes,))
        self.classes = classes

    def update_state(self, labels, sample_weight=None):
        """Adds the labels of a batch, integers in [0, classes)."""
        checks.refuse_weights(sample_weight, self.name)
        if tf.executing_eagerly():
            labels = checks.classes(labels, "labels", self.classes, least=0)
        self.add(labels, counts=tf.reduce_sum(tf.one_hot(labels, self.classes), axis=0))

    def result(self):
        self.counted()
        return of_counts(self.total("counts").astype(int))

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


@register
class CodeCorrelation(MomentSums):
    """Active dimensions, and `normalized_absolute_correlation` of these, of codes in batches.

    Dimensions are active where the variance of their codes exceeds 0.01, as in `active_dims`.

    Args:
        size: of a code.
        name: of the measure.
    """

    def __init__(self, size, name="nac"):
        super().__init__(size, name=name)
        self.size = size

    def result(self):
        """{"nac", "floor", "active_dims", "count"}; nac is nan with fewer than two."""
        found = self.moments()
        kept = np.flatnonzero(np.diag(found.covariance) * (1.0 - 1.0 / found.count) > VARIANCE)
        nac = off_diagonal(found.covariance[np.ix_(kept, kept)])
        own = {"floor": floor(found.count), "active_dims": len(kept), "count": found.count}
        return {"nac": nac, **own}

    def get_config(self):
        return {**super().get_config(), "size": self.size}
