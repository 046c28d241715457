"""Boundary equilibrium GAN (Berthelot et al., 2017, arXiv:1703.10717)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Number
from zoo.gan.energy import EnergyModel
from zoo.losses.reconstruction import mean_of_rest
from zoo.registry import register


@register
class BEGAN(EnergyModel):
    """An autoencoder that rebuilds data better than samples, held at a ratio of the two errors.

        discriminator = L(x) - k L(G(z))                              (Section 3.4)
        generator     = L(G(z)),   L(v) = mean_i |v - decoder(encoder(v))|_i
        k <- clip(k + balance_rate (diversity_ratio L(x) - L(G(z))), 0, 1)

    Both players move at once, then k does. `measure` = L(x) + |diversity_ratio L(x) - L(G(z))|
    measures how far training has come (Section 3.4.1). The paper halves the rate of both players
    whenever the measure stalls: that is for a callback, which finds them in `model.optimizers`.

    Departures: images in [0, 1], so that L is half the paper's; both players use the same
    samples (z_D = z_G), as in the best known code (carpedm20's; the authors released none),
    which learns at 8e-5 and halves that every 100,000 steps, whatever the measure. Default
    networks are small ones of transposed convolutions, ReLU and a sigmoid, not the paper's of
    nearest-neighbour upsampling and ELU without an end.

    Args:
        generator: noise `(batch, latent_dim)` to data; the paper's is shaped as its decoder.
        encoder: data to codes.
        decoder: codes to data.
        latent_dim: size of z ~ U(-1, 1).
        diversity_ratio: gamma, the ratio L(G(z)) / L(x) that k steers to; lower gives
            sharper samples of fewer kinds.
        balance_rate: lambda_k, how fast k moves.

    Reference: Berthelot, Schumm and Metz, 2017, "BEGAN: Boundary equilibrium generative
    adversarial networks".
    """

    rounds = (("discriminator", "generator"),)
    watched = {"discriminator": ("balance", "measure")}
    state = {"k": 0.0}
    monitor = ("val_discriminator_measure", "min")
    noise_distribution, batch_size = "uniform", 16

    def __init__(
        self,
        generator,
        encoder,
        decoder,
        latent_dim,
        *,
        diversity_ratio: Annotated[float, Number(above=0.0, search=(0.3, 0.9))] = 0.5,
        balance_rate: Annotated[float, Number(at_least=0.0)] = 1e-3,
        **parts,
    ):
        settings = {"diversity_ratio": diversity_ratio, "balance_rate": balance_rate}
        super().__init__(generator, encoder, decoder, latent_dim, **settings, **parts)

    def energy(self, x, training):
        """How far x is from what the autoencoder makes of it, `(batch,)`."""
        return mean_of_rest(tf.abs(x - self.rebuild(x, training)))

    def joint_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        real, fake = self.energy(x, training), self.energy(samples, training)
        level = self.batch_mean(real)
        balance = self.diversity_ratio * level - self.batch_mean(fake)
        watched = {"balance": balance, "measure": level + tf.abs(balance)}
        return {
            "discriminator": {"real": real, "fake": -self.k * fake, **watched},
            "generator": {"energy": fake},
        }

    def after_move(self, movers, batch, terms):
        balance = terms["discriminator"]["balance"]
        return {"k": tf.clip_by_value(self.k + self.balance_rate * balance, 0.0, 1.0)}
