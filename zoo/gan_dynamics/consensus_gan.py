"""Consensus optimization (Mescheder et al., 2017, arXiv:1705.10461)."""

import tensorflow as tf

from zoo.contract.settings import TermWeight
from zoo.gan.base import AdversarialModel, GameChoice
from zoo.losses.fields import squared_length
from zoo.optimizers.rmsprop_tf1 import RMSpropTF1
from zoo.registry import register


@register
class ConsensusGAN(AdversarialModel):
    """Both players also shorten the vector that moves them, and move at once.

        discriminator = L_D + consensus_weight 1/2 |v|^2    (Eq. 9, Algorithm 2)
        generator     = L_G + consensus_weight 1/2 |v|^2
        v = (dL_D / d theta_D, dL_G / d theta_G), of the mean losses of the batch

    Descent on the game alone turns around its equilibrium; the second term, whose gradient is
    of second order, pulls it in. L_D and L_G are those of a game named by `game`.

    Departures: none. The networks must have second derivatives: the default ones are smooth,
    without batch normalization.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        consensus_weight: gamma; 0 is simultaneous descent.
        game: "minimax", "non_saturating", "wasserstein", "hinge" or "least_squares".

    Reference: Mescheder, Nowozin and Geiger, 2017, "The numerics of GANs".
    """

    rounds = (("discriminator", "generator"),)
    terms = {player: ("adversarial", "consensus") for player in AdversarialModel.players}
    smooth, batch_size = True, 64

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        consensus_weight: TermWeight = 10.0,
        game: GameChoice = "non_saturating",
        **parts,
    ):
        settings = {"consensus_weight": consensus_weight, "game": game}
        super().__init__(generator, discriminator, latent_dim, **settings, **parts)

    def default_optimizer(self, player):
        return RMSpropTF1(1e-4)

    def joint_loss(self, x, y, training):
        with tf.GradientTape(persistent=True) as tape:
            fake = self.judge(self.generate(tf.shape(x)[0], y, training), y, training)
            real = self.judge(x, y, training)
            each = {
                "discriminator": self.game.discriminator(real, fake),
                "generator": self.game.generator(fake),
            }
            mean = {player: tf.reduce_mean(each[player]) for player in each}
        own = {player: [v.value for v in self.variables_of(player)] for player in each}
        field = [g for player in each for g in tape.gradient(mean[player], own[player])]
        damped = {"consensus": self.now(self.consensus_weight) * 0.5 * squared_length(field)}
        return {player: {"adversarial": each[player], **damped} for player in each}
