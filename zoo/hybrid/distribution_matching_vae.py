"""Distribution matching in variational inference (Rosca et al., 2018, arXiv:1802.06847)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Weight
from zoo.hybrid.ratios import RatioAutoencoder
from zoo.losses.games import softplus
from zoo.losses.reconstruction import absolute_error
from zoo.registry import register


@register
class DistributionMatchingVAE(RatioAutoencoder):
    """A VAE whose intractable terms are ratios that classifiers estimate, each or none of them.

    With z ~ q(z|x), x^ = D(z), x~ = D(z~), z~ ~ p(z), and |.| the sum of absolute values:

        encoder       = lambda |x - x^| - t_z(z)                                (Eq. 8 to 11)
        generator     = lambda |x - x^| - t_x(x^) - t_x(x~)
        discriminator = softplus(-t_x(x)) + softplus(t_x(x^)) + softplus(t_x(x~))
        critic        = softplus(-t_z(z~)) + softplus(t_z(z))

    t_x estimates ln p*(x) / p(x), t_z the ratio of prior to posterior: latent="marginal",
    ln p(z) / q(z) (alpha-GAN with both ratios of data); "conditional", ln p(z) / q(z|x), which
    is told x (adversarial variational Bayes); "kl", the divergence in closed form and no critic.
    `recon_ratio` and `sample_ratio` say which of the two terms of t_x there are: with neither,
    and "kl", it is a VAE with a Laplace likelihood of scale 1 / lambda.

    Departures: signs are those of this text; Algorithm 1 of the first version swaps prior and
    posterior in the critic's loss. Each player draws anew.

    Args:
        encoder: data to the posterior's parameters.
        decoder: codes to data.
        latent_dim: size of the code.
        discriminator: t_x, data to one raw output; None where there is no ratio of data.
        critic: t_z, codes to one raw output; "conditional", `[data, codes]`; None with "kl".
        latent: "kl", "marginal" or "conditional".
        recon_ratio, sample_ratio: whether reconstructions, and samples, are judged.
        error_weight: lambda; 1 to 20.
        posterior: "gaussian", or where there is a critic "deterministic" or "universal".

    Reference: Rosca, Lakshminarayanan and Mohamed, 2018, "Distribution matching in variational
    inference"; 2017, "Variational approaches for auto-encoding generative adversarial networks".
    """

    terms = {
        "encoder": ("reconstruction", "divergence"),
        "generator": ("reconstruction", "adversarial"),
        "discriminator": ("density_ratio",),
        "critic": ("density_ratio",),
    }
    score_kind, batch_size = "neg_energy", 64

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        error_weight: Annotated[float, Weight(search=(0.1, 100.0))] = 10.0,
        **parts,
    ):
        super().__init__(encoder, decoder, latent_dim, error_weight=error_weight, **parts)

    def error(self, x, rebuilt):
        """lambda |x - x^|, `(batch,)`."""
        return self.now(self.error_weight) * absolute_error(x, rebuilt)

    def encoder_loss(self, x, y, training):
        output = self.encoder(x, training=training)
        z, log_q = self.posterior.sample(output)
        if self.latent == "kl":
            divergence = self.posterior.divergence(output, z, log_q, self.prior)
        else:
            divergence = -self.judge_codes(x, z, training)
        error = self.error(x, self.decoder(z, training=training))
        return {"reconstruction": error, "divergence": divergence}

    def generator_loss(self, x, y, training):
        rebuilt, outputs = self.judged(x, training)
        terms = {"reconstruction": self.error(x, rebuilt)}
        return {**terms, "adversarial": -sum(outputs)} if outputs else terms

    def discriminator_loss(self, x, y, training):
        _, outputs = self.judged(x, training)
        return {"density_ratio": softplus(-self.judge(x, training)) + sum(map(softplus, outputs))}

    def critic_loss(self, x, y, training):
        z, drawn = self.draw_of(x, training), self.prior.sample(tf.shape(x)[0])
        real, fake = (self.judge_codes(x, code, training) for code in (drawn, z))
        return {"density_ratio": softplus(-real) + softplus(fake)}

    def score(self, x):
        """Minus the absolute error of the reconstruction; higher is more like the data."""
        return -absolute_error(x, self.reconstruct(x))
