"""Energy-based GAN (Zhao et al., 2017, arXiv:1609.03126)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Number, Weight
from zoo.gan.energy import EnergyModel
from zoo.losses.features import pulling_away
from zoo.losses.reconstruction import squared_error
from zoo.registry import register


@register
class EBGAN(EnergyModel):
    """An autoencoder whose error is low for data, and for samples at least a margin.

        discriminator = e(x) + relu(margin - e(G(z)))                            (Eq. 1)
        generator     = e(G(z)) + pulling_away_weight PT(encoder(G(z)))          (Eq. 2)
        e(x) = |x - decoder(encoder(x))|                                         (Section 2.3)
        PT(s) = 1 / (n (n - 1)) sum_{i != j} cos^2(s_i, s_j)                     (Section 2.4)

    Once all samples cost more than the margin, the discriminator looks at data alone. PT turns
    the codes of a batch away from each other: samples that differ.

    Departures: images in [0, 1], so that errors are half the paper's, whose margins (10 for
    MNIST, 20 for CelebA, 80 for LSUN) are for images in [-1, 1]; one Adam rate for all data.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        encoder: data to codes.
        decoder: codes to data.
        latent_dim: size of z ~ N(0, I).
        margin: m, on the scale of e.
        pulling_away_weight: of PT; 0 is the plain game.

    Reference: Zhao, Mathieu and LeCun, 2017, "Energy-based generative adversarial networks",
    ICLR.
    """

    terms = {"discriminator": ("real", "fake"), "generator": ("energy", "pulling_away")}

    def __init__(
        self,
        generator,
        encoder,
        decoder,
        latent_dim,
        *,
        margin: Annotated[float, Number(above=0.0, search=(0.3, 30.0))] = 10.0,
        pulling_away_weight: Annotated[float, Weight(search=(0.01, 10.0))] = 0.1,
        **parts,
    ):
        settings = {"margin": margin, "pulling_away_weight": pulling_away_weight}
        super().__init__(generator, encoder, decoder, latent_dim, **settings, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def energy_and_code(self, x, training):
        """e(x), `(batch,)`, and the code of x."""
        code = self.encoder(x, training=training)
        error = squared_error(x, self.decoder(code, training=training))
        return tf.sqrt(error + 1e-12), code

    def energy(self, x, training):
        """How far x is from what the autoencoder makes of it, `(batch,)`."""
        return self.energy_and_code(x, training)[0]

    def discriminator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        fake = tf.nn.relu(self.margin - self.energy(samples, training))
        return {"real": self.energy(x, training), "fake": fake}

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        energy, codes = self.energy_and_code(samples, training)
        apart = self.now(self.pulling_away_weight) * pulling_away(codes)
        return {"energy": energy, "pulling_away": apart}
