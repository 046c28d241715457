"""WAE-GAN (Tolstikhin et al., 2018, arXiv:1711.01558)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Weight
from zoo.losses.games import NonSaturating
from zoo.losses.reconstruction import squared_error
from zoo.matching.base import MatchedAutoencoder
from zoo.registry import register


@register
class WAEGAN(MatchedAutoencoder):
    """An autoencoder whose codes a critic cannot tell from draws of the prior.

        critic      = lambda [softplus(-C(z~)) + softplus(C(z))]    (Algorithm 1)
        autoencoder = |x - D(z)|^2 + lambda softplus(-C(z))

    with z = E(x) and z~ ~ p(z); the prior's draws are the real ones.

    Departures: the released code multiplies the squared error by 0.05 (its lambda = 10
    is 200 here), moves the autoencoder first, and pre-trains the encoder.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        critic: codes to one raw output; four layers of 512 in the paper.
        latent_dim: size of the code; the paper uses 8 for MNIST.
        adversarial_weight: lambda.
        prior: `zoo.priors` object; N(0, I) where None.

    Reference: Tolstikhin, Bousquet, Gelly and Schoelkopf, 2018, "Wasserstein
    auto-encoders".
    """

    players = {"critic": ("critic",), "autoencoder": ("encoder", "decoder")}
    terms = {"critic": ("adversarial",), "autoencoder": ("reconstruction", "adversarial")}
    game = NonSaturating()
    batch_size = 100

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        adversarial_weight: Annotated[float, Weight(search=(0.1, 100.0))] = 10.0,
        **parts,
    ):
        super().__init__(
            encoder, decoder, critic, latent_dim, adversarial_weight=adversarial_weight, **parts
        )

    def default_optimizer(self, player):
        return keras.optimizers.Adam({"critic": 5e-4, "autoencoder": 1e-3}[player], beta_1=0.5)

    def critic_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        drawn = self.prior.sample(tf.shape(x)[0])
        outputs = self.judge(drawn, training), self.judge(z, training)
        adversarial = self.game.discriminator(*outputs)
        return {"adversarial": self.now(self.adversarial_weight) * adversarial}

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        adversarial = self.game.generator(self.judge(z, training))
        return {
            "reconstruction": squared_error(x, self.decoder(z, training=training)),
            "adversarial": self.now(self.adversarial_weight) * adversarial,
        }
