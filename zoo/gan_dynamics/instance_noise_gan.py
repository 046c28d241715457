"""GAN with instance noise (Sonderby et al., 2017, arXiv:1610.04490; Arjovsky and Bottou, 2017)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Count, Number
from zoo.gan.base import AdversarialModel, GameChoice
from zoo.registry import register


@register
class InstanceNoiseGAN(AdversarialModel):
    """Any game, whose discriminator sees data and samples through the same noise, which falls.

        discriminator = L_D(x + sigma eps, G(z) + sigma eps'),   eps, eps' ~ N(0, I)
        generator     = L_G(G(z) + sigma eps)
        sigma         = deviation max(0, 1 - step / annealing_steps)

    Two distributions that do not overlap are separated without effort, and then nothing pulls
    them together; through noise they overlap. It must lie on both sides.

    Departures: the papers give no schedule; the straight line and 0.1 are ours.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        deviation: sigma at first; a number or a schedule.
        annealing_steps: over which it falls to 0; None keeps it as `deviation` says.
        game: a name of `zoo.losses.games.GAMES`.

    Reference: Sonderby, Caballero, Theis, Shi and Huszar, 2017, "Amortised MAP inference for
    image super-resolution", ICLR; Arjovsky and Bottou, 2017, "Towards principled methods for
    training generative adversarial networks", ICLR.
    """

    watched = {"discriminator": ("sigma",)}

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        deviation: Annotated[float, Number(at_least=0.0, schedule=True, search=(0.01, 1.0))] = 0.1,
        annealing_steps: Annotated[int | None, Count()] = 10_000,
        game: GameChoice = "non_saturating",
        **parts,
    ):
        own = {"deviation": deviation, "annealing_steps": annealing_steps, "game": game}
        super().__init__(generator, discriminator, latent_dim, **own, **parts)

    def sigma(self):
        """The deviation of the noise at this step."""
        sigma = tf.cast(self.now(self.deviation), tf.float32)
        if self.annealing_steps is None:
            return sigma
        share = tf.cast(self.steps.value, tf.float32) / self.annealing_steps
        return sigma * tf.maximum(0.0, 1.0 - share)

    def judge(self, x, y, training):
        noise = self.noise.normal([tf.shape(x)[0], *x.shape[1:]])
        return super().judge(x + self.sigma() * noise, y, training)

    def discriminator_loss(self, x, y, training):
        return {**super().discriminator_loss(x, y, training), "sigma": self.sigma()}

    def score(self, x):
        """The discriminator's raw output for x without noise; higher is judged more real."""
        return super().judge(x, None, training=False)
