"""FlexAE with smooth interpolation (Mondal et al., 2021, released code of "FlexAE", UAI)."""

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import TermWeight, Widths
from zoo.losses.lipschitz import gradient_penalty
from zoo.matching.flexible import FlexibleAutoencoder
from zoo.networks import default
from zoo.registry import register


@register
class FlexAESR(FlexibleAutoencoder):
    """FlexAE, and a discriminator that asks data of what is decoded between two codes.

    With G(u), u ~ N(0, I), and midpoints x~ = D(a E(x) + (1 - a) E(x')), a ~ U(0, 1):

        autoencoder   = |x - D(E(x))|^2
        critic        = C(G(u)) - C(E(x)) + penalty_weight (|grad C| - 1)^2        (5 moves,
        discriminator = C_x(x~) - C_x(x) + penalty_weight (|grad C_x| - 1)^2       together)
        smoothing     = -smoothing_weight C_x(x~)       (moves encoder and decoder)
        prior         = -C(G(u))
        encoder       = C(E(x))

    The autoencoder and every move of critic and discriminator draw a fresh batch; smoothing,
    prior and encoder reuse the last. x' is the next row of the global batch.

    Departures: facts are of the authors' public code; `smoothing_weight` is 1 there. Batch
    averages of networks that have some follow their owner's moves alone.

    Args:
        encoder, decoder, critic, latent_dim, prior: as in `FlexAE`.
        discriminator: data to one raw output, without batch normalization.
        penalty_weight: 10, of the slopes of critic and discriminator.
        smoothing_weight: of the smoothing player; with 0 it is FlexAE.

    Reference: Mondal, Asnani, Singla and AP, 2021, "FlexAE: Flexibly learning latent
    priors for Wasserstein auto-encoders", UAI.
    """

    players = {
        "autoencoder": ("encoder", "decoder"),
        "critic": ("critic",),
        "discriminator": ("discriminator",),
        "smoothing": ("encoder", "decoder"),
        "prior": ("prior",),
        "encoder": ("encoder",),
    }
    rounds = ("autoencoder", ("critic", "discriminator"), "smoothing", "prior", "encoder")
    moves = {"critic": 5}
    fresh_batches = ("autoencoder", "critic")
    terms = {
        "autoencoder": ("reconstruction",),
        "critic": ("adversarial", "gradient_penalty"),
        "discriminator": ("adversarial", "gradient_penalty"),
        "smoothing": ("adversarial",),
        "prior": ("adversarial",),
        "encoder": ("adversarial",),
    }

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        discriminator,
        latent_dim,
        *,
        smoothing_weight: TermWeight = 1.0,
        **parts,
    ):
        data_shape = checks.shapes(encoder.input_shape)[0]
        checks.require_map(type(self), "discriminator", discriminator, data_shape, (1,))
        parts |= {"discriminator": discriminator, "smoothing_weight": smoothing_weight}
        super().__init__(encoder, decoder, critic, latent_dim, **parts)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        discriminator = default.discriminator(data_shape, hidden=hidden, **sizes)
        return {**networks, "discriminator": discriminator}

    def default_optimizer(self, player):
        if player in ("discriminator", "smoothing"):
            return keras.optimizers.Adam(2e-4, 0.5, 0.9)
        return super().default_optimizer(player)

    def judge_data(self, x, training=True):
        """The discriminator's raw output, `(batch,)`."""
        return self.discriminator(x, training=training)[:, 0]

    def midpoints(self, x, training):
        """What is decoded at a random point between the codes of each row and of the next."""
        z = self.encoder(x, training=training)
        partners = self.own_rows(tf.roll(self.gather(z), -1, axis=0))
        share = self.noise.uniform([tf.shape(x)[0], 1])
        return self.decoder(share * z + (1.0 - share) * partners, training=training)

    def discriminator_loss(self, x, y, training):
        fake = self.midpoints(x, training)
        outputs = self.judge_data(x, training), self.judge_data(fake, training)
        slope = self.now(self.penalty_weight) * gradient_penalty(self.judge_data, x, fake)
        return {"adversarial": self.game.discriminator(*outputs), "gradient_penalty": slope}

    def smoothing_loss(self, x, y, training):
        outputs = self.judge_data(self.midpoints(x, training), training)
        return {"adversarial": self.now(self.smoothing_weight) * self.game.generator(outputs)}
