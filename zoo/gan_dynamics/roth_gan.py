"""GAN stabilized by a regularizer of its divergence (Roth et al., 2017, arXiv:1705.09367)."""

from typing import Annotated

from zoo.contract.settings import Weight
from zoo.gan.base import AdversarialModel
from zoo.losses.games import NonSaturating
from zoo.losses.lipschitz import jensen_shannon
from zoo.registry import register


@register
class RothGAN(AdversarialModel):
    """Noise on all that the discriminator sees, to second order: a penalty that counts doubt.

        discriminator = softplus(-l(x)) + softplus(l(G(z))) + penalty_weight / 2 Omega
        generator     = softplus(-l(G(z)))
        Omega = E (1 - D(x))^2 |grad l(x)|^2 + E D(G(z))^2 |grad l(G(z))|^2    (Algorithm 1)

    l is the logit, D = sigmoid(l), gradients are with respect to the input. Where the
    discriminator is right and sure, the slope costs nothing; where both distributions are, it
    must be flat.

    Departures: none; 0.1 without annealing is what the released scripts take. Its page anneals,
    which a schedule does: `keras.optimizers.schedules.ExponentialDecay(2.0, steps, 0.01)`.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one logit.
        latent_dim: size of z ~ N(0, I).
        penalty_weight: gamma, the variance of the noise; a number or a schedule.

    Reference: Roth, Lucchi, Nowozin and Hofmann, 2017, "Stabilizing training of generative
    adversarial networks through regularization", NeurIPS.
    """

    terms = {
        "discriminator": ("adversarial", "gradient_penalty"),
        "generator": ("adversarial",),
    }
    game = NonSaturating()

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        penalty_weight: Annotated[float, Weight(search=(0.01, 10.0))] = 0.1,
        **parts,
    ):
        super().__init__(
            generator, discriminator, latent_dim, penalty_weight=penalty_weight, **parts
        )

    def penalty(self, real, fake, y):
        def logits(points):
            return self.judge(points, y, training=True)

        penalty = jensen_shannon(logits, real, fake)
        return {"gradient_penalty": self.now(self.penalty_weight) * penalty}
