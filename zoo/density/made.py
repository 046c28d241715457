"""Masked autoencoder for distribution estimation (Germain et al., 2015, arXiv:1502.03509)."""

import math

import tensorflow as tf

from zoo import checks
from zoo.density.base import DensityModel
from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.mixture import GaussianMixture
from zoo.networks.autoregressive import Autoregressive, in_turn
from zoo.networks.default import is_image
from zoo.registry import register


@register
class MADE(DensityModel):
    """A perceptron, masked so that its outputs are the conditionals of an exact density.

        loss = -sum_i ln p(x_i | x_<i)    (Eq. 3 and 10)

    Conditionals are Bernoulli for binary data, of which each step draws some where the data
    are grey; else Gaussians or mixtures of them. With several orders a step trains one,
    drawn for the whole batch (Section 4.2); `score` is the density of their equal mixture,
    and `sample` draws an order for each row.

    Departures: Adam in place of Adadelta; with one order the degrees of hidden units are
    spread evenly; no direct connections from inputs to outputs.

    Args:
        network: `zoo.networks.autoregressive.Autoregressive`, with the outputs of an entry
            that the likelihood reads.
        likelihood: `zoo.likelihoods` object of one entry; where None, Bernoulli for images
            and a Gaussian with mean and variance for vectors.
        orders: how many orders default networks have.
        binary: whether the data are; images are where None.
        components: how many Gaussians an entry of real data has.

    Reference: Germain, Gregor, Murray and Larochelle, 2015, "MADE: Masked autoencoder for
    distribution estimation".
    """

    players = {"density": ("network", "likelihood")}
    data_ranks = (1, 3)
    batch_size = 100

    def __init__(self, network, *, likelihood=None, **parts):
        likelihood = self.law(is_image(network.shape)) if likelihood is None else likelihood
        checks.require_map(type(self), "network", network, None, (None, likelihood.channels))
        super().__init__(network=network, likelihood=likelihood, **parts)

    # fmt: off
    @classmethod
    def for_data(cls, data_shape, latent_dim=None, hidden=(500,), orders: int = 1,
                 binary: bool | None = None, components: int = 1, **settings):
        law = cls.law(is_image(data_shape) if binary is None else binary, components)
        sizes = {"hidden": tuple(hidden), "orders": orders, "seed": settings.get("seed") or 0}
        return cls(Autoregressive(data_shape, law.channels, **sizes), likelihood=law, **settings)
    # fmt: on

    @staticmethod
    def law(binary, components=1):
        """The likelihood of one entry."""
        real = GaussianMixture(components) if components > 1 else Gaussian(variance="output")
        return Bernoulli() if binary else real

    @property
    def data_shape(self):
        return self.network.shape

    @property
    def data_range(self):
        return self.likelihood.data_range or super().data_range

    def density_loss(self, x, y, training):
        if isinstance(self.likelihood, Bernoulli):
            x = tf.cast(self.noise.uniform([tf.shape(x)[0], *x.shape[1:]]) < x, tf.float32)
        return super().density_loss(x, y, training)

    def log_prob(self, x, training=False):
        flat, orders = tf.reshape(x, [-1, self.network.size, 1]), [*range(self.network.orders)]
        if training:
            drawn = self.noise.uniform((1, 1), shared=True)[0, 0] * len(orders)
            orders = [tf.cast(drawn, tf.int32)]
        each = [-self.likelihood.nll(flat, self.network(x, order=order)) for order in orders]
        return tf.reduce_logsumexp(each, axis=0) - math.log(len(each))

    def draw(self, count):
        uniform = self.noise.uniform((count, self.network.size, 1))
        order = self.noise.uniform((count, 1))[:, 0] * self.network.orders
        split = tf.cast(order, tf.int32), self.network.orders
        where = tf.dynamic_partition(tf.range(count), *split)
        parts = enumerate(tf.dynamic_partition(uniform, *split))
        drawn = [in_turn(self.network, self.likelihood, u, order) for order, u in parts]
        return tf.reshape(tf.dynamic_stitch(where, drawn), [-1, *self.data_shape])
