"""Masked autoregressive flow (Papamakarios et al., 2017, arXiv:1705.07057)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import MOST_PARTS, Count, Flag, Weight, Widths
from zoo.density.base import DensityModel
from zoo.priors.flow import masked_autoregressive_flow
from zoo.registry import register


@register
class MAFDensity(DensityModel):
    """A stack of MADE layers that takes data to Gaussian noise, and back.

        loss = 1/2 |u|^2 + D/2 ln 2 pi + sum_l sum_i alpha_li + weight_norm_weight |kernels|^2
        u_i  = (x_i - mean_i(x_<i)) exp(-alpha_i(x_<i))    (one layer; Eq. 4, 5 and 7)

    The density takes one pass of each layer, a sample as many as there are dimensions.
    `encode` gives the noise u of x, `decode` the x of u.

    Departures: alphas are bounded to (-5, 5); at test time batch normalization uses moving
    averages, not the moments of all training data; no early stopping by itself (the paper's
    patience is 30 epochs). The released code weighs half the squares by 1e-6, those of biases
    and of batch normalization among them; here it is the kernels' alone.

    Args:
        flow: `zoo.priors.flow.FlowPrior`, from data to noise.
        weight_norm_weight: of the squares of the kernels.
        depth: how many MADE layers a default flow has.
        batch_norm: whether it normalizes after each of them, as in the released code.

    Reference: Papamakarios, Pavlakou and Murray, 2017, "Masked autoregressive flow for
    density estimation".
    """

    players = {"density": ("flow",)}
    terms = {"density": ("nll", "weight_norm")}
    verbs = {**DensityModel.verbs, "encode": ("x",), "decode": ("z",)}
    batch_size = 100

    def __init__(
        self,
        flow,
        *,
        weight_norm_weight: Annotated[float, Weight(search=(1e-7, 1e-2))] = 5e-7,
        **parts,
    ):
        super().__init__(flow=flow, weight_norm_weight=weight_norm_weight, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        hidden: Widths = (100,),
        depth: Annotated[int, Count(at_most=MOST_PARTS, size=True, search=(2, 10))] = 5,
        batch_norm: Annotated[bool, Flag()] = True,
    ):
        return {"flow": masked_autoregressive_flow(data_shape[0], depth, hidden, batch_norm)}

    @property
    def data_shape(self):
        return (self.flow.latent_dim,)

    code_shape = data_shape  # that of the noise

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)

    def log_prob(self, x, training=False):
        return self.flow.log_prob(x, training)

    def density_loss(self, x, y, training):
        kernels = [v.value for v in self.flow.trainable_variables if v.name == "kernel"]
        norm = tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        terms = super().density_loss(x, y, training)
        return {**terms, "weight_norm": self.now(self.weight_norm_weight) * norm}

    def draw(self, count):
        return self.flow.sample(count)

    def encode(self, x):
        """The noise of x, `(batch, size)`; N(0, I) where x is like the training data."""
        return self.flow.forward(x)[0]

    def decode(self, z):
        """The x of which the noise is z."""
        return self.flow.inverse(z)
