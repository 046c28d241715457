"""Masked autoencoder for distribution estimation (Germain et al., 2015, arXiv:1502.03509)."""

import math
from typing import Annotated

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import MOST_PARTS, Count, Flag, Widths
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
    batch_size, compiled_from = 100, 400

    def __init__(self, network, *, likelihood=None, **parts):
        likelihood = likelihood or self.conditional(is_image(network.shape))
        checks.require_map(type(self), "network", network, None, (None, likelihood.channels))
        super().__init__(network=network, likelihood=likelihood, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        hidden: Widths = (500,),
        orders: Annotated[int, Count(at_most=MOST_PARTS, size=True, search=(1, 32))] = 1,
        binary: Annotated[bool | None, Flag()] = None,
        components: Annotated[int, Count(size=True)] = 1,
        seed=None,
    ):
        binary = is_image(data_shape) if binary is None else binary
        likelihood = cls.conditional(binary, components)
        sizes = {"hidden": hidden, "orders": orders, "seed": seed or 0}
        network = Autoregressive(data_shape, likelihood.channels, **sizes)
        return {"network": network, "likelihood": likelihood}

    @staticmethod
    def conditional(binary, components=1):
        """The likelihood of one entry, conditioned on those before."""
        if binary:
            return Bernoulli()
        return GaussianMixture(components) if components > 1 else Gaussian(variance="output")

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
