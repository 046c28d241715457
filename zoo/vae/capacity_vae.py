"""VAE of a controlled capacity (Burgess et al., 2018, arXiv:1804.03599)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Count, Number, Weight
from zoo.losses.schedules import warm_up as rising
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class CapacityVAE(VariationalModel):
    """A VAE whose divergence is held at a number of nats, which rises while it trains.

        loss = -E_q ln p(x|z) + gamma |KL - C_t|,  KL = mean of KL(q(z|x) | N(0, I))    (Eq. 8)
        C_t  = C min(1, t / warm_up)

    KL is the mean over the whole batch, within the absolute value. `kl` and `capacity` in the
    logs are KL and C_t, in nats.

    Departures: none in the loss; the default settings are those of disentanglement_lib.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code; 10 in the experiments.
        capacity: C, nats, at least 0.
        capacity_weight: gamma.
        warm_up: steps after which C_t is C.

    Reference: Burgess, Higgins, Pal, Matthey, Watters, Desjardins and Lerchner, 2018,
    "Understanding disentangling in beta-VAE".
    """

    watched = {"autoencoder": ("kl", "capacity")}
    batch_size = 64

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        capacity: Annotated[float, Number(at_least=0.0, search=(2.0, 50.0))] = 25.0,
        capacity_weight: Annotated[float, Weight(search=(10.0, 1000.0))] = 1000.0,
        warm_up: Annotated[int, Count(at_least=0)] = 100_000,
        **parts,
    ):
        parts |= {"capacity": capacity, "capacity_weight": capacity_weight, "warm_up": warm_up}
        super().__init__(encoder, decoder, latent_dim, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, training)
        kl, capacity = self.batch_mean(divergence), self.capacity * self.now(rising(self.warm_up))
        gap = self.now(self.capacity_weight) * tf.abs(kl - capacity)
        return {"reconstruction": nll, "divergence": gap, "kl": divergence, "capacity": capacity}
