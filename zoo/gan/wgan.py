"""Wasserstein GAN (Arjovsky et al., 2017, arXiv:1701.07875)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count, Number
from zoo.gan.base import AdversarialModel
from zoo.losses.games import Wasserstein
from zoo.optimizers.clipping import clip_weights
from zoo.registry import register


@register
class WGAN(AdversarialModel):
    """A critic of bounded weights, whose difference of means measures a distance.

        discriminator = D(G(z)) - D(x),   then every weight <- clip(weight, -clip, clip)
        generator     = -D(G(z))                                         (Algorithm 1)

    Bounded weights make D Lipschitz, but not by how much: minus the discriminator's loss is the
    Wasserstein distance times an unknown number, and differs by orders of magnitude with
    `clip`. `zoo.metrics.wasserstein_estimate` divides it by the slope of D.

    Departures: weights are clipped after each move, as in the paper; its code clips before.
    Of the 100 critic moves that the code makes in the first 25 steps and in every 500th there
    are five. Scales of normalizations are not clipped.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output, without a sigmoid.
        latent_dim: size of z ~ N(0, I).
        clip: c, the largest weight of the critic.
        discriminator_moves: n_critic, each on a fresh batch.

    Reference: Arjovsky, Chintala and Bottou, 2017, "Wasserstein generative adversarial
    networks", ICML.
    """

    fresh_batches = ("discriminator",)
    game = Wasserstein()
    batch_size = 64

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        clip: Annotated[float, Number(above=0.0, search=(3e-3, 0.3))] = 0.01,
        discriminator_moves: Annotated[int, Count()] = 5,
        **parts,
    ):
        own = {"clip": clip, "discriminator_moves": discriminator_moves}
        super().__init__(generator, discriminator, latent_dim, **own, **parts)
        self.moves = {"discriminator": discriminator_moves}

    def default_optimizer(self, player):
        return keras.optimizers.RMSprop(5e-5, rho=0.99)

    def after_move(self, movers, batch, terms):
        if "discriminator" in movers:
            clip_weights(self.discriminator.trainable_variables, self.clip)
