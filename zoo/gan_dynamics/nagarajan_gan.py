"""GAN with a regularized generator (Nagarajan and Kolter, 2017, arXiv:1706.04156)."""

import keras
import tensorflow as tf

from zoo.contract.settings import TermWeight
from zoo.gan.base import AdversarialModel, GameChoice
from zoo.losses.fields import squared_length
from zoo.registry import register


@register
class NagarajanGAN(AdversarialModel):
    """The generator also shortens the gradient by which the discriminator would move.

        discriminator = L_D                                                        (= -V)
        generator     = L_G + gradient_norm_weight |d L_D / d theta_D|^2           (Section 4)

    The gradient is that of the mean loss with respect to the discriminator's weights, not to
    its inputs: a generator that minimises it goes to where the discriminator is at rest, which
    makes the equilibrium stable. The discriminator's loss is unchanged. For both players, see
    `ConsensusGAN`.

    Departures: none. The networks must have second derivatives: the default ones are smooth,
    without batch normalization.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        gradient_norm_weight: eta.
        game: "minimax", the paper's, or another name of `zoo.losses.games.GAMES`.

    Reference: Nagarajan and Kolter, 2017, "Gradient descent GAN optimization is locally stable",
    NeurIPS.
    """

    terms = {"discriminator": ("adversarial",), "generator": ("adversarial", "gradient_norm")}
    smooth = True

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        gradient_norm_weight: TermWeight = 0.5,
        game: GameChoice = "minimax",
        **parts,
    ):
        settings = {"gradient_norm_weight": gradient_norm_weight, "game": game}
        super().__init__(generator, discriminator, latent_dim, **settings, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        with tf.GradientTape() as tape:
            real, fake = self.judge(x, y, training), self.judge(samples, y, training)
            loss = tf.reduce_mean(self.game.discriminator(real, fake))
        weights = [v.value for v in self.variables_of("discriminator")]
        length = squared_length(tape.gradient(loss, weights))
        norm = self.now(self.gradient_norm_weight) * length
        return {"adversarial": self.game.generator(fake), "gradient_norm": norm}
