"""WAE-MMD (Tolstikhin et al., 2018, arXiv:1711.01558)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.autoencoder.base import AutoencoderModel
from zoo.contract.settings import Weight
from zoo.losses.discrepancy import mmd
from zoo.losses.reconstruction import squared_error
from zoo.priors.normal import StandardNormal
from zoo.registry import register


@register
class WAEMMD(AutoencoderModel):
    """An autoencoder whose codes, all together, follow the prior.

        loss = |x - D(z)|^2 + lambda MMD^2(z, z~),  z = E(x), z~ ~ p(z)    (Algorithm 2)

    MMD^2 is the unbiased estimate with the sum of seven inverse multiquadrics
    s C / (s C + |a - b|^2), C = 2 m sigma^2, on the global batch.

    Departures: the released code multiplies the squared error by 0.05 (its lambda = 10
    is 200 here), adds noise to its inputs and pre-trains the encoder; this is the paper.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code; the paper uses 8 for MNIST.
        discrepancy_weight: lambda.
        prior: `zoo.priors` object with a `sigma`, the deviation that the width of the kernel
            follows; N(0, I) where None.

    Reference: Tolstikhin, Bousquet, Gelly and Schoelkopf, 2018, "Wasserstein
    auto-encoders".
    """

    terms = {"autoencoder": ("reconstruction", "discrepancy")}
    batch_size = 100

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        prior=None,
        discrepancy_weight: Annotated[float, Weight(search=(1.0, 1000.0))] = 10.0,
        **parts,
    ):
        if not hasattr(prior or self.default_prior(latent_dim), "sigma"):
            raise ValueError(
                "`prior` of WAEMMD must have a `sigma`, as `zoo.priors.normal.StandardNormal` "
                f"has. Received: {type(prior).__name__}."
            )
        parts |= {"prior": prior, "discrepancy_weight": discrepancy_weight}
        super().__init__(encoder, decoder, latent_dim, **parts)

    @staticmethod
    def default_prior(latent_dim):
        return StandardNormal(latent_dim)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-3, beta_1=0.5)

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        drawn = self.gather(self.prior.sample(tf.shape(x)[0]))
        gap = mmd(self.gather(z), drawn, variance=self.prior.sigma**2)
        return {
            "reconstruction": squared_error(x, self.decoder(z, training=training)),
            "discrepancy": self.now(self.discrepancy_weight) * gap,
        }
