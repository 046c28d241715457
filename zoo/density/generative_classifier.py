"""Classification by Bayes' rule on densities of the classes."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Flag, Number
from zoo.density import classes
from zoo.density.base import DensityModel
from zoo.density.gaussian_density import spread
from zoo.registry import register
from zoo.verbs.labels import completed


@register
class GenerativeClassifier(DensityModel):
    """A density of each class, and what follows from them for the class of an example.

        nll    = -ln p(x|y), beside it what the densities penalise
        p(y|x) = p(x|y) p(y) / sum_c p(x|c) p(c)

    p(y) are the shares of the labels seen. Gaussians, and the EM of LinearGaussianLVM, follow
    closed forms; others the optimizer of their own class. Gaussians of one covariance have
    linear boundaries. Where a density is known by a bound (VAE, CVAE), so is p(y|x).

    Departures: there is no single paper.

    Args:
        densities: list of models of one player, one for each class; or of one such model that
            takes labels.
        num_classes: how many labels.
        shape: of the data, which the densities see reshaped; their own where None.
        share_covariance: whether Gaussians have their mean covariance, each.
        smoothing: deviation of noise that is added to training data.
        density: of default densities, by name.
        ridge: added to the variances of Gaussians.

    Reference: Bishop, 2006, "Pattern recognition and machine learning", Section 4.2.
    """

    players = {"density": ("densities", "class_counts")}
    terms = {"density": ("nll", "penalty")}
    verbs = {"sample": ("count", "labels", "seed"), "classify": ("x",), "score": ("x",)}
    targets, unknown_labels, data_ranks, batch_size = "labels", ("sample",), (1, 3), 500

    def __init__(
        self,
        densities,
        num_classes,
        *,
        shape=None,
        share_covariance: Annotated[bool, Flag()] = False,
        smoothing: Annotated[float, Number(at_least=0.0, search=(1e-3, 0.3))] = 0.0,
        **parts,
    ):
        parts |= {"densities": list(densities), "num_classes": num_classes}
        parts |= {"shape": tuple(shape or densities[0].data_shape), "smoothing": smoothing}
        super().__init__(share_covariance=share_covariance, **parts)
        count = {"shape": (num_classes,), "initializer": "zeros", "trainable": False}
        self.class_counts = self.add_weight(name="class_counts", **count)
        for density in self.densities if share_covariance else ():
            density.spread = lambda: spread(self.densities)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        num_classes,
        density: Annotated[str, Choice(classes.DENSITIES)] = "gaussian",
        ridge: Annotated[float, Number(at_least=0.0, search=(1e-4, 1.0))] = 1e-3,
    ):
        sizes = tuple(data_shape), latent_dim, num_classes
        return {"densities": classes.default_densities(density, *sizes, ridge), "shape": sizes[0]}

    data_shape = property(lambda self: self.shape)
    data_range = property(lambda self: self.densities[0].data_range)

    @property
    def log_shares(self):
        """ln p(y), `(num_classes,)`; all alike before any label was seen."""
        counts = self.class_counts.value + 1e-6
        return tf.math.log(counts / tf.reduce_sum(counts))

    def default_optimizer(self, player):
        return self.densities[0].default_optimizer(*self.densities[0].players)

    def density_loss(self, x, y, training):
        nll, penalty = classes.losses_of_label(self.densities, self.flat(x), y, training)
        return {"nll": nll, "penalty": penalty}

    def flat(self, x):
        """Rows as the densities see them."""
        return tf.reshape(x, [-1, *self.densities[0].data_shape])

    def update(self, movers, x, y):
        if self.smoothing:
            x += self.smoothing * self.noise.normal([tf.shape(x)[0], *x.shape[1:]])
        one_hot = tf.one_hot(y, self.num_classes)
        self.class_counts.assign_add(self.all_reduce_sum(tf.reduce_sum(one_hot, axis=0)))
        if "density" in self.optimizers:
            return super().update(movers, x, y)
        terms = self.terms_of(movers, x, y, training=True)
        for number, density in enumerate(self.densities):
            density.maximize(self.flat(x), one_hot[:, number])
        return terms

    def joint(self, x):
        """ln p(x, c) for every c, nats: `(batch, num_classes)`; the same noise for every row."""
        count, own = tf.shape(x)[0], (self.densities, self.flat(x), self.num_classes)
        with self.noise.serving(tf.zeros([count], tf.int64), count):
            return self.log_shares - classes.losses_of_classes(*own)

    def log_prob(self, x, training=False):
        return tf.reduce_logsumexp(self.joint(x), axis=1)

    def classify(self, x):
        """p(y|x), `(batch, num_classes)`."""
        return tf.nn.softmax(self.joint(x))

    def sample(self, count, labels=None, seed=None):
        """`count` examples of these labels; one for each or one for all, where -1, or None, is
        drawn. `seed`: one integer, or an int64 for each; None draws one."""
        seeds = self.noise.seeds_of(seed, count)
        with self.noise.serving(seeds, count):
            y = completed(self, labels, self.noise.choice(tf.exp(self.log_shares), count))
        others = tf.bitwise.bitwise_xor(seeds, tf.constant(0x5EED, tf.int64))  # than of labels
        return tf.reshape(classes.samples(self.densities, y, others), [-1, *self.shape])
