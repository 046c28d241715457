"""Wasserstein GAN with gradient penalty (Gulrajani et al., 2017, arXiv:1704.00028)."""

from typing import Annotated

import keras

from zoo.contract.settings import Weight
from zoo.gan.base import AdversarialModel
from zoo.losses.games import Wasserstein
from zoo.losses.lipschitz import gradient_penalty
from zoo.registry import register


@register
class WGANGP(AdversarialModel):
    """Wasserstein GAN, its critic held 1-Lipschitz by a penalty on its slope.

        discriminator = D(G(z)) - D(x) + penalty_weight (|grad D| - 1)^2    (Eq. 3)
        generator     = -D(G(z))

    The slope is taken on lines between x and G(z). The critic moves five times, each on
    a fresh batch. Between two unit Gaussians d apart its estimate is not d but about
    d + d^2 / (2 penalty_weight). Not to be confused with a penalty on |grad D|^2 (R1).

    Departures: none. Keep batch normalization out of the discriminator: the penalty is
    per example.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        penalty_weight: lambda.

    Reference: Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, 2017, "Improved
    training of Wasserstein GANs".
    """

    moves = {"discriminator": 5}
    fresh_batches = ("discriminator",)
    terms = {
        "discriminator": ("adversarial", "gradient_penalty"),
        "generator": ("adversarial",),
    }
    game = Wasserstein()
    batch_size = 64

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        penalty_weight: Annotated[float, Weight(search=(0.1, 100.0))] = 10.0,
        **parts,
    ):
        super().__init__(
            generator, discriminator, latent_dim, penalty_weight=penalty_weight, **parts
        )

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)

    def penalty(self, real, fake, y):
        def critic(points):
            return self.judge(points, y, training=True)

        slope = gradient_penalty(critic, real, fake)
        return {"gradient_penalty": self.now(self.penalty_weight) * slope}
