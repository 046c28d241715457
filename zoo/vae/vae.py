"""Variational autoencoder (Kingma and Welling, 2014, arXiv:1312.6114)."""

from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class VAE(VariationalModel):
    """The variational autoencoder.

        loss = -E_q ln p(x|z) + KL(q(z|x) | N(0, I))    (Eq. 10, one draw of z)
        KL   = 1/2 sum_j mean_j^2 + var_j - 1 - ln var_j

    Both terms are sums over dimensions and means over the batch, in nats. Images in
    [0, 1] get a Bernoulli likelihood (a cross-entropy where they are grey), vectors a
    Gaussian of variance 1.

    Departures: Adam in place of Adagrad.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters (logits for Bernoulli).
        latent_dim: size of the code.
        likelihood: "bernoulli", "gaussian" or a `zoo.likelihoods` object.
        posterior, prior: `zoo.posteriors` and `zoo.priors` objects.

    Reference: Kingma and Welling, 2014, "Auto-encoding variational Bayes".
    """
