"""GAN with a penalty on its discriminator's slope (Mescheder et al., 2018, arXiv:1801.04406)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Number, Weight
from zoo.gan.base import AdversarialModel, GameChoice
from zoo.losses.lipschitz import POINTS, slope_penalty
from zoo.registry import register


@register
class GradPenaltyGAN(AdversarialModel):
    """Any game, and a penalty on how steep the discriminator is: R1, R2, both, or another.

        discriminator = L_D + penalty_weight 1/2 |grad l|^2                 where target = 0
        discriminator = L_D + penalty_weight (|grad l| - target)^2          elsewhere
        generator     = L_G

    The gradient is with respect to the input: at data it is R1 (Eq. 9), at samples R2 (Eq. 10),
    with target 1 on the lines between them the penalty of WGAN-GP. R1 lets the discriminator
    rest once the generator is right, so that the game converges (Theorem 4.1); a target of 1
    does not.

    Departures: the game of the paper is "non_saturating", others are chosen by name.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output; without batch normalization.
        latent_dim: size of z ~ N(0, I).
        penalty_weight: gamma.
        at: where the slope is taken, "real", "fake", "both" or "interpolates".
        target: the slope that costs nothing.
        game: a name of `zoo.losses.games.GAMES`.

    Reference: Mescheder, Geiger and Nowozin, 2018, "Which training methods for GANs do actually
    converge?", ICML.
    """

    terms = {
        "discriminator": ("adversarial", "gradient_penalty"),
        "generator": ("adversarial",),
    }

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        penalty_weight: Annotated[float, Weight(search=(0.1, 100.0))] = 10.0,
        at: Annotated[str, Choice(tuple(POINTS))] = "real",
        target: Annotated[float, Number(at_least=0.0)] = 0.0,
        game: GameChoice = "non_saturating",
        **parts,
    ):
        own = {"penalty_weight": penalty_weight, "at": at, "target": target, "game": game}
        super().__init__(generator, discriminator, latent_dim, **own, **parts)

    def penalty(self, real, fake, y):
        def critic(points):
            return self.judge(points, y, training=True)

        places = POINTS[self.at](real, fake)
        each = [slope_penalty(critic, points, self.target) for points in places]
        return {"gradient_penalty": self.now(self.penalty_weight) * tf.add_n(each)}
