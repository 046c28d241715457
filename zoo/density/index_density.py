"""A density of maps of indices: the prior of a discrete code."""

import tensorflow as tf

from zoo.density.base import DensityModel
from zoo.likelihoods.categorical import Categorical
from zoo.networks.autoregressive import in_turn
from zoo.networks.indices import AutoregressiveIndices
from zoo.registry import register, register_former_name


@register
class IndexDensity(DensityModel):
    """loss = -sum_i ln p(k_i | k_<i) of maps of indices k, in one fixed order.

    Not in the catalogue: it is the prior of a model whose codes are such maps. Indices are
    float32 in its data.

    Args:
        network: `zoo.networks.indices.AutoregressiveIndices`.
        **parts: those of `GenerativeModel`.
    """

    players = {"density": ("network",)}
    batch_size = 64

    def __init__(self, network, **parts):
        super().__init__(network=network, **parts)

    @classmethod
    def of(cls, shape, num_codes, hidden=(512,), **parts):
        """The density of maps of a shape, by a default network."""
        return cls(AutoregressiveIndices(shape, num_codes, tuple(hidden)), **parts)

    @property
    def likelihood(self):
        """Of one index, conditioned on those before."""
        return Categorical(self.network.num_codes)

    @property
    def data_range(self):
        return self.likelihood.data_range

    def log_prob(self, x, training=False):
        x = tf.cast(x, tf.float32)
        flat = tf.reshape(x, [-1, self.network.size, 1])
        return -self.likelihood.nll(flat, self.network(x))

    def draw(self, count):
        uniform = self.noise.uniform((count, self.network.size, 1))
        return tf.reshape(in_turn(self.network, self.likelihood, uniform), [-1, *self.data_shape])


register_former_name(IndexDensity, "IndexLaw")
