"""A mixture of fixed Gaussians, one for each class, far from each other."""

import itertools
import math

import numpy as np
import tensorflow as tf

from zoo.priors.mixture import MixturePrior
from zoo.registry import register


@register
class ClassMixture(MixturePrior):
    """p(z) = 1/K sum_k N(z; mean_k, sigma^2 I); nothing of it is trained.

    Args:
        latent_dim: size of the code.
        components: how many Gaussians, one a class.
        separation: the least distance of two means, in units of sigma.
        sigma: standard deviation of every Gaussian.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, components, separation=6.0, sigma=1.0, **options):
        super().__init__(latent_dim, components, "fixed", **options)
        self.separation, self.sigma = separation, sigma
        for weight in (self.logits, self.means):
            weight.trainable = False
        self.means.assign(separation * sigma * places(components, latent_dim))
        self.log_vars.assign(np.full(self.log_vars.shape, 2.0 * math.log(sigma), np.float32))

    def nearest(self, z):
        """The squared distance to the nearest mean, in units of sigma: `(batch,)`."""
        gaps = tf.reduce_sum(tf.square(z[:, None] - self.means.value), axis=2)
        return tf.reduce_min(gaps, axis=1) / self.sigma**2

    def get_config(self):
        own = super().get_config()
        own.pop("variance")
        return {**own, "separation": self.separation, "sigma": self.sigma}


def places(count, size):
    """`(count, size)`: points around 0, no two nearer than 1.

    Corners of a simplex where there is room for one, else points of a square lattice.
    """
    if size >= count:
        corners = np.eye(count, size) / math.sqrt(2.0)
        return corners - corners.mean(axis=0)
    side = math.ceil(count ** (1.0 / size))
    ticks = np.arange(side) - (side - 1) / 2.0
    lattice = np.array(list(itertools.islice(itertools.product(ticks, repeat=size), count)))
    return lattice - lattice.mean(axis=0)
