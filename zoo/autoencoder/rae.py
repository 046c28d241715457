"""Regularized autoencoder (Ghosh et al., 2020, arXiv:1903.12436)."""

from typing import Annotated

from zoo.autoencoder.regularized import RegularizedAutoencoder
from zoo.contract.settings import Choice, Weight
from zoo.losses import jacobian
from zoo.losses.reconstruction import squared_error, sum_of_rest
from zoo.losses.weight_norm import kernel_norm
from zoo.registry import register


@register
class RAE(RegularizedAutoencoder):
    """A deterministic autoencoder, its codes kept small and its decoder smooth.

        loss = |x - D(E(x))|^2 + beta/2 |E(x)|^2 + lambda R    (Eq. 11)
        R    = |kernels of D|^2           penalty="weights"  (RAE-L2)
             = |dD/dz at E(x)|_F^2        penalty="jacobian" (RAE-GP)

    Afterwards `fit_sampler(x)` fits ten full-covariance Gaussians to the codes.

    Departures: the defaults are the released code's for MNIST, converted from its means
    over pixels and dimensions to the sums written here; the code's own gradient penalty
    is the mean square of the gradient of the squared output, here it is the Jacobian's
    norm as in the paper; spectral normalization is not offered. Not to be confused with
    later "representation autoencoders".

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code.
        code_norm_weight: beta.
        penalty: "weights", "jacobian" or "none".
        penalty_weight: lambda.
        prior: `zoo.priors` object with `fit`; ten Gaussians where None.

    Reference: Ghosh, Sajjadi, Vergari, Black and Schoelkopf, 2020, "From variational to
    deterministic autoencoders".
    """

    penalties = {"weights": "weight_norm", "jacobian": "jacobian"}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        code_norm_weight: Annotated[float, Weight(search=(0.001, 1.0))] = 0.0128,
        penalty: Annotated[str, Choice(("weights", "jacobian", "none"))] = "weights",
        penalty_weight: Annotated[float, Weight(search=(1e-6, 0.01))] = 1e-4,
        **parts,
    ):
        weights = {"code_norm_weight": code_norm_weight, "penalty_weight": penalty_weight}
        super().__init__(encoder, decoder, latent_dim, penalty=penalty, **weights, **parts)
        chosen = [self.penalties[penalty]] if penalty in self.penalties else []
        self.terms = {"autoencoder": ("reconstruction", "code_norm", *chosen)}

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        terms = {
            "reconstruction": squared_error(x, self.decoder(z, training=training)),
            "code_norm": self.now(self.code_norm_weight) * 0.5 * sum_of_rest(z**2),
        }
        if self.penalty == "weights":
            terms["weight_norm"] = self.now(self.penalty_weight) * kernel_norm(self.decoder)
        if self.penalty == "jacobian":
            terms["jacobian"] = self.now(self.penalty_weight) * self.jacobian_norm(z, training)
        return terms

    def jacobian_norm(self, z, training=False):
        """|dD/dz|_F^2, exactly: `(batch,)`."""
        return jacobian.squared_norm(lambda z: self.decoder(z, training=training), z)
