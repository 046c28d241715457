"""The non-saturating GAN (Goodfellow et al., 2014, arXiv:1406.2661, Section 3)."""

from zoo.gan.base import AdversarialModel
from zoo.losses.games import NonSaturating
from zoo.registry import register


@register
class NSGAN(AdversarialModel):
    """The game most people mean by GAN: the generator maximises ln D(G(z)).

        discriminator = softplus(-l(x)) + softplus(l(G(z)))    (Algorithm 1)
        generator     = softplus(-l(G(z))) = -ln D(G(z))       (Section 3)

    l is the logit of D.

    Departures: Adam in place of momentum.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one logit.
        latent_dim: size of z ~ N(0, I).

    Reference: Goodfellow et al., 2014, "Generative adversarial nets".
    """

    game = NonSaturating()
