"""beta-VAE (Higgins et al., 2017, ICLR)."""

from typing import Annotated

import keras

from zoo.contract.settings import Weight
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class BetaVAE(VariationalModel):
    """A VAE whose divergence weighs beta times.

        loss = -E_q ln p(x|z) + beta KL(q(z|x) | N(0, I))    (Eq. 4)

    `kl` in the logs is the raw divergence, in nats.

    Departures: defaults of disentanglement_lib; the paper chooses beta by data set.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code; 10 in the experiments.
        beta: at least 0; 1 is the VAE, bit for bit.

    Reference: Higgins, Matthey, Pal, Burgess, Glorot, Botvinick, Mohamed and Lerchner,
    2017, "beta-VAE: Learning basic visual concepts with a constrained variational
    framework".
    """

    watched = {"autoencoder": ("kl",)}
    batch_size = 64

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        beta: Annotated[float, Weight(search=(0.25, 16.0))] = 4.0,
        **parts,
    ):
        super().__init__(encoder, decoder, latent_dim, beta=beta, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, training)
        weighted = self.now(self.beta) * divergence
        return {"reconstruction": nll, "divergence": weighted, "kl": divergence}
