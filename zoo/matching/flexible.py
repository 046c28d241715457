"""What autoencoders share that meet their prior half way: the prior is a network, trained too."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Weight
from zoo.losses.games import Wasserstein
from zoo.losses.lipschitz import gradient_penalty
from zoo.losses.reconstruction import squared_error
from zoo.matching.base import MatchedAutoencoder
from zoo.networks.mlp import mlp
from zoo.priors.generator import PriorGenerator


class FlexibleAutoencoder(MatchedAutoencoder):
    """An autoencoder and a generator of codes, G(u), u ~ N(0, I), which a critic tells apart.

        autoencoder = |x - D(E(x))|^2
        critic      = C(G(u)) - C(E(x)) + penalty_weight (|grad C| - 1)^2
        prior       = -C(G(u))
        encoder     = C(E(x))

    Not trained itself.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        critic: codes to one raw output.
        latent_dim: size of the code.
        penalty_weight: of the critic's slope.
        **parts: those of `MatchedAutoencoder`; `prior` is a `PriorGenerator`.
    """

    game = Wasserstein()

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        penalty_weight: Annotated[float, Weight(search=(1.0, 100.0))] = 10.0,
        **parts,
    ):
        super().__init__(
            encoder, decoder, critic, latent_dim, penalty_weight=penalty_weight, **parts
        )

    @staticmethod
    def default_prior(latent_dim):
        return PriorGenerator(mlp(latent_dim, latent_dim, name="prior"))

    def default_optimizer(self, player):
        rate = {"autoencoder": 2e-4, "critic": 1e-4, "prior": 2e-4, "encoder": 1e-5}[player]
        betas = (0.9, 0.999) if player == "autoencoder" else (0.0, 0.9)
        return keras.optimizers.Adam(rate, *betas)

    def critic_loss(self, x, y, training):
        real = self.encoder(x, training=training)
        fake = self.prior.sample(tf.shape(x)[0], training)
        slope = self.now(self.penalty_weight) * gradient_penalty(self.judge, real, fake)
        adversarial = self.game.discriminator(
            self.judge(real, training), self.judge(fake, training)
        )
        return {"adversarial": adversarial, "gradient_penalty": slope}

    def prior_loss(self, x, y, training):
        fake = self.prior.sample(tf.shape(x)[0], training)
        return {"adversarial": self.game.generator(self.judge(fake, training))}

    def encoder_loss(self, x, y, training):
        return {"adversarial": self.judge(self.encoder(x, training=training), training)}

    def score(self, x):
        """The critic's value of the code, minus the reconstruction error."""
        z = self.encode(x)
        return self.judge(z, False) - squared_error(x, self.decode(z))
