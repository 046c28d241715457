"""What autoencoders share that reconstruct and match codes to a prior in turns."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Choice, Posterior, Widths
from zoo.losses.games import NonSaturating
from zoo.matching.base import MatchedAutoencoder
from zoo.networks.noisy import posterior_encoder
from zoo.posteriors.named import posterior as named

PriorChoice = Annotated[str | None, Choice(("normal", "wheel", "swiss_roll"), objects=True)]


class AdversarialAutoencoder(MatchedAutoencoder):
    """An autoencoder whose codes a critic cannot tell from draws of a prior.

        autoencoder = |x - D(z)|^2
        critic      = softplus(-C(z~)) + softplus(C(z))
        encoder     = softplus(-C(z))

    z ~ q(z|x), z~ ~ p(z). Not trained itself.

    Args:
        encoder: data to the posterior's parameters.
        decoder, critic, latent_dim: as in `MatchedAutoencoder`.
        posterior: q(z|x): "deterministic", "gaussian" or "universal"; or an object.
        **parts: those of `MatchedAutoencoder`.
    """

    players = {
        "autoencoder": ("encoder", "decoder"),
        "critic": ("critic",),
        "encoder": ("encoder",),
    }
    terms = {
        "autoencoder": ("reconstruction",),
        "critic": ("adversarial",),
        "encoder": ("adversarial",),
    }
    game, batch_size = NonSaturating(), 100

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        posterior: Posterior = "deterministic",
        **parts,
    ):
        super().__init__(encoder, decoder, critic, latent_dim, posterior=named(posterior), **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        posterior: Posterior = "deterministic",
    ):
        posterior, sizes = named(posterior), {"hidden": hidden, "channels": channels}
        encoder = posterior_encoder(data_shape, latent_dim, posterior, **sizes)
        return {**super().default_networks(data_shape, latent_dim, **sizes), "encoder": encoder}

    def default_optimizer(self, player):
        rates = (1e-3,) if player == "autoencoder" else (2e-4, 0.5)
        return keras.optimizers.Adam(*rates)

    def codes(self, x, training):
        """A draw of q(z|x)."""
        return self.posterior.sample(self.encoder(x, training=training))[0]

    def critic_loss(self, x, y, training):
        real = self.judge(self.prior.sample(tf.shape(x)[0]), training)
        fake = self.judge(self.codes(x, training), training)
        return {"adversarial": self.game.discriminator(real, fake)}

    def encoder_loss(self, x, y, training):
        return {"adversarial": self.game.generator(self.judge(self.codes(x, training), training))}

    def encode(self, x):
        """The mean of q(z|x); of a universal one, the code for one draw of the noise."""
        count = tf.shape(x)[0]
        with self.noise.serving(tf.zeros([count], tf.int64), count):
            return self.posterior.mean(self.encoder(x, training=False))
