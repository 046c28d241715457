"""Least-squares GAN (Mao et al., 2017, arXiv:1611.04076)."""

from typing import Annotated

from zoo.contract.settings import Number
from zoo.gan.base import AdversarialModel
from zoo.losses.games import LeastSquares
from zoo.registry import register


@register
class LSGAN(AdversarialModel):
    """A GAN whose discriminator is a regression: b at data, a at generated examples.

        discriminator = 1/2 (D(x) - b)^2 + 1/2 (D(G(z)) - a)^2    (Eq. 2)
        generator     = 1/2 (D(G(z)) - c)^2

    The best discriminator is (b p + a p_G) / (p + p_G). With (a, b, c) = (-1, 1, 0), twice the
    generator's loss and the term of the data together are the Pearson divergence of p + p_G
    from 2 p_G (Eq. 7); with the default, 0 and 1 as labels (Eq. 9), they are not.

    Departures: Adam at 2e-4 for all data. Not the Loss-Sensitive GAN of the same letters.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output, without a sigmoid.
        latent_dim: size of z ~ N(0, I).
        a, b: targets of the discriminator for generated examples and for data.
        c: target of the generator for the discriminator's output at its examples.

    Reference: Mao, Li, Xie, Lau, Wang and Smolley, 2017, "Least squares generative adversarial
    networks", ICCV.
    """

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        a: Annotated[float, Number()] = 0.0,
        b: Annotated[float, Number()] = 1.0,
        c: Annotated[float, Number()] = 1.0,
        **parts,
    ):
        super().__init__(generator, discriminator, latent_dim, a=a, b=b, c=c, **parts)
        self.game = LeastSquares(a, b, c)
