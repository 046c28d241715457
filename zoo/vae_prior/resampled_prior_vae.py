"""VAE with a resampled prior, "LARS" (Bauer and Mnih, 2019, arXiv:1810.11428)."""

from typing import Annotated

from zoo.contract.settings import Count, Widths
from zoo.networks.mlp import mlp
from zoo.priors.resampled import ResampledPrior
from zoo.registry import register
from zoo.vae.base import VariationalModel
from zoo.vae_prior.prior_of_codes import fit_prior


@register
class ResampledPriorVAE(VariationalModel):
    """A VAE whose prior is a normal one of which a network rejects what no code looks like.

        loss = -E_q ln p(x|z) + ln q(z|x) - ln p(z),  z ~ q(z|x)
        p(z) = N(z; 0, I) [a(z) (1 - (1 - Z)^(T - 1)) / Z + (1 - Z)^(T - 1)]    (Eq. 5)

    a(z) in (0, 1) is the probability that a draw of N(0, I) is accepted, Z its mean, and the last
    of T draws is taken in any case. In training Z has the value of a moving average and the
    gradient of an estimate by S draws (Eq. 7, 8). `acceptance` in the logs is Z.

    `fit_prior(x)` trains the prior alone, on codes of a VAE that stays as it is.

    Departures: the moving average is of the draws of N(0, I) alone, the same on all replicas.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        prior: `zoo.priors.resampled.ResampledPrior`; 100 draws at most in the paper.
        latent_dim: size of the code; 50 in the paper.
        truncation: T of the prior that `zoo.create` makes.
        prior_draws: S of it.
        acceptance_hidden: widths of its network, two layers of 100 tanh in the paper.

    Reference: Bauer and Mnih, 2019, "Resampled priors for variational autoencoders", AISTATS.
    """

    watched = {"autoencoder": ("acceptance",)}

    def __init__(self, encoder, decoder, prior, latent_dim, **parts):
        super().__init__(encoder, decoder, latent_dim, prior=prior, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        truncation: Annotated[int, Count(search=(10, 200))] = 100,
        prior_draws: Annotated[int, Count()] = 1024,
        acceptance_hidden: Widths = (100, 100),
        **sizes,
    ):
        networks = super().default_networks(data_shape, latent_dim, **sizes)
        network = mlp(latent_dim, 1, acceptance_hidden, "tanh", name="acceptance")
        return {**networks, "prior": ResampledPrior(network, truncation, prior_draws)}

    def divergence(self, output, z, log_q, training):
        if training:
            return log_q - self.prior.learned_log_prob(z, log_q)
        return log_q - self.prior.log_prob(z)

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, training)
        terms = {"reconstruction": nll, "divergence": divergence}
        return {**terms, "acceptance": self.prior.acceptance.value}

    def fit_prior(self, x, optimizer=None, **options):
        """Trains the prior alone on codes of x; `options` are those of `fit`."""
        fit_prior(self, x, optimizer, **options)
        return self
