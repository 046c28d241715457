"""Adversarial autoencoder (Makhzani et al., 2016, arXiv:1511.05644)."""

from zoo.contract.settings import Posterior
from zoo.matching.adversarial import AdversarialAutoencoder, PriorChoice
from zoo.priors.named import prior as named
from zoo.registry import register


@register
class AAE(AdversarialAutoencoder):
    """An autoencoder whose codes a critic cannot tell from draws of a prior of any shape.

        autoencoder = |x - D(z)|^2                             (reconstruction phase)
        critic      = softplus(-C(z~)) + softplus(C(z))        (regularization phase)
        encoder     = softplus(-C(z))

    with z ~ q(z|x) and z~ ~ p(z); the prior's draws are the real ones. The three players move
    in this order, each with an optimizer of its own, on one batch.

    Departures: Adam in place of momentum. Wheel and spiral have sizes of our own, which the
    paper shows in its figures and does not print.

    Args:
        encoder: data to codes, `(batch, latent_dim)`; to means, then ln variances, where the
            posterior is Gaussian; where it is universal the network draws noise itself.
        decoder: codes to data.
        critic: codes to one raw output; two layers of 1000 in the paper.
        latent_dim: size of the code; 2 in the paper's pictures of codes.
        prior: "normal", "wheel" or "swiss_roll", the last two of the plane; or an object.
        posterior: q(z|x): "deterministic", "gaussian" or "universal"; or an object.

    Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2016, "Adversarial autoencoders".
    """

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        prior: PriorChoice = "normal",
        posterior: Posterior = "deterministic",
        **parts,
    ):
        parts |= {"prior": named(prior, latent_dim), "posterior": posterior}
        super().__init__(encoder, decoder, critic, latent_dim, **parts)
