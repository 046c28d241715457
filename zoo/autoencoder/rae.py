"""Regularized autoencoder (Ghosh et al., 2020, arXiv:1903.12436)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.autoencoder.base import AutoencoderModel
from zoo.contract.settings import Choice, Weight
from zoo.losses.reconstruction import squared_error, sum_of_rest
from zoo.registry import register


@register
class RAE(AutoencoderModel):
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

    frozen = ("prior",)  # fitted, not moved
    batch_size = 100
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

    def default_optimizer(self, player):
        return keras.optimizers.Adam(5e-4)

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        terms = {
            "reconstruction": squared_error(x, self.decoder(z, training=training)),
            "code_norm": self.now(self.code_norm_weight) * 0.5 * sum_of_rest(z**2),
        }
        if self.penalty == "weights":
            kernels = [v for v in self.decoder.trainable_variables if v.name == "kernel"]
            terms["weight_norm"] = self.now(self.penalty_weight) * tf.add_n(
                [tf.reduce_sum(tf.square(kernel.value)) for kernel in kernels]
            )
        if self.penalty == "jacobian":
            terms["jacobian"] = self.now(self.penalty_weight) * self.jacobian_norm(z, training)
        return terms

    def jacobian_norm(self, z, training=False):
        """|dD/dz|_F^2, exactly, by one forward-mode product for each dimension of z."""
        total = 0.0
        for direction in tf.unstack(tf.eye(self.latent_dim)):
            with tf.autodiff.ForwardAccumulator(z, direction + tf.zeros_like(z)) as forward:
                output = self.decoder(z, training=training)
            total += sum_of_rest(tf.square(forward.jvp(output)))
        return total

    def score(self, x):
        """ln p(E(x)) under the fitted mixture, minus the reconstruction error."""
        return self.prior.log_prob(self.encode(x)) + super().score(x)

    def offered(self):
        ready = self.prior.is_fitted
        return {v: n for v, n in self.verbs.items() if ready or v not in ("sample", "score")}
