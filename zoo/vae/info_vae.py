"""InfoVAE, with MMD (Zhao et al., 2019, arXiv:1706.02262)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Number, Weight
from zoo.losses.discrepancy import KERNELS, mmd
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class InfoVAE(VariationalModel):
    """A VAE that matches the prior by all codes together, and keeps what each says of its x.

        loss = -E_q ln p(x|z) + (1 - alpha) KL(q(z|x) | p(z))
               + (alpha + lambda - 1) MMD^2(q(z), p(z))                      (Eq. 6, Section 3.2)

    alpha rewards the information of codes on data, lambda weighs the divergence of all codes
    from the prior. alpha = 0, lambda = 1 is the VAE, alpha = 1 - beta, lambda = beta BetaVAE,
    both bit for bit; alpha = 1 drops the KL divergence ("MMD-VAE"). MMD^2 is the unbiased
    estimate on the global batch.

    Departures: one draw of the prior for each code; the default kernel has several scales.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        alpha: at most 1.
        marginal_weight: lambda, at least 1 - alpha.
        kernel: "inverse_multiquadric", of seven scales, or "gaussian".

    Reference: Zhao, Song and Ermon, 2019, "InfoVAE: Balancing learning and inference in
    variational autoencoders", AAAI.
    """

    terms = {"autoencoder": ("reconstruction", "divergence", "discrepancy")}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        alpha: Annotated[float, Number(at_most=1.0, search=(0.0, 1.0), scale="linear")] = 1.0,
        marginal_weight: Annotated[float, Weight(search=(10.0, 1000.0))] = 1000.0,
        kernel: Annotated[str, Choice(tuple(KERNELS))] = "inverse_multiquadric",
        **parts,
    ):
        parts |= {"alpha": alpha, "marginal_weight": marginal_weight, "kernel": kernel}
        super().__init__(encoder, decoder, latent_dim, **parts)
        if isinstance(self.marginal_weight, (int, float)) and alpha + self.marginal_weight < 1.0:
            raise ValueError(
                f"`marginal_weight` of InfoVAE must be at least 1 - `alpha` = {1.0 - alpha:g}. "
                f"Received: {marginal_weight}."
            )

    def autoencoder_loss(self, x, y, training):
        z, nll, divergence = self.elbo_parts(x, training)
        drawn = self.gather(self.prior.sample(tf.shape(x)[0]))
        gap = mmd(self.gather(z), drawn, KERNELS[self.kernel])
        weight = self.alpha + self.now(self.marginal_weight) - 1.0
        return {
            "reconstruction": nll,
            "divergence": (1.0 - self.alpha) * divergence,
            "discrepancy": weight * gap,
        }
