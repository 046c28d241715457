"""The minimax GAN (Goodfellow et al., 2014, arXiv:1406.2661)."""

from zoo.gan.base import AdversarialModel
from zoo.losses.games import Minimax
from zoo.registry import register


@register
class GAN(AdversarialModel):
    """The saturating minimax game of the first paper; most people mean `NSGAN`.

        discriminator = softplus(-l(x)) + softplus(l(G(z)))    (Eq. 1, Algorithm 1)
        generator     = -softplus(l(G(z)))  = ln(1 - D(G(z)))

    l is the logit of D. At D's optimum the value is 2 JSD - ln 4. The generator's
    gradient vanishes where the discriminator is sure.

    Departures: Adam in place of momentum.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one logit.
        latent_dim: size of z ~ N(0, I).

    Reference: Goodfellow et al., 2014, "Generative adversarial nets".
    """

    game = Minimax()
