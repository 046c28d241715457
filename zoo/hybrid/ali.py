"""Adversarially learned inference (Dumoulin et al., 2017, arXiv:1606.00704)."""

from typing import Annotated, Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Number, Widths
from zoo.hybrid.base import AdversarialInference
from zoo.losses.games import NonSaturating
from zoo.networks import default
from zoo.networks.joint import joint
from zoo.registry import register


@register
class ALI(AdversarialInference):
    """A game of pairs: (data, their codes) against (samples, the codes they are made of).

    With z^ ~ q(z|x) = N(mean(x), diag var(x)) and x~ = G(z), z ~ N(0, I):

        discriminator = softplus(-l(x, z^)) + softplus(l(x~, z))            (Eq. 2)
        generator     = softplus(l(x, z^)) + softplus(-l(x~, z))            (moves E and G)

    Where no pair is told from the other, E inverts G: codes of data follow N(0, I), and
    G(E(x)) is x. No error of reconstruction is in any loss.

    Departures: Adam's beta_2 is 0.999 (the paper lists 1e-3); networks have other sizes. The
    decoder has no noise, as in the released code: with some, independent pairs are an
    equilibrium, too.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: G, codes to data.
        discriminator: `[data, codes]` to one raw output.
        latent_dim: size of the code; 64 to 256 in the paper.
        dropout: of `zoo.create`, the rate in the discriminator it makes.
        posterior, prior: `zoo.posteriors` and `zoo.priors` objects without weights.

    Reference: Dumoulin, Belghazi, Poole, Mastropietro, Lamb, Arjovsky and Courville, 2017,
    "Adversarially learned inference", ICLR.
    """

    players = {"discriminator": ("discriminator",), "generator": ("encoder", "decoder")}
    terms = {"discriminator": ("adversarial",), "generator": ("adversarial",)}
    score_kind, batch_size = "logit", 100
    game = NonSaturating()

    def __init__(self, encoder, decoder, discriminator, latent_dim, **parts):
        pair = [checks.shapes(encoder.input_shape)[0], (latent_dim,)]
        checks.require_map(type(self), "discriminator", discriminator, pair, (1,))
        super().__init__(encoder, decoder, latent_dim, discriminator=discriminator, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
        dropout: Annotated[float, Number(at_least=0.0, below=1.0)] = 0.2,
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        return {
            "encoder": default.encoder(data_shape, 2 * latent_dim, **sizes),
            "decoder": default.generator(latent_dim, data_shape, **sizes, normalized=False),
            "discriminator": joint(
                data_shape, latent_dim, **sizes, rate=dropout, name="discriminator"
            ),
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    def judge(self, x, z, training=False):
        """The discriminator's raw output for pairs of data and codes, `(batch,)`."""
        return self.discriminator([x, z], training=training)[:, 0]

    def both(self, x, training):
        """Raw outputs of pairs from the encoder and of pairs from the decoder."""
        code, z = self.draw_of(x, training), self.prior.sample(tf.shape(x)[0])
        fake = self.decoder(z, training=training)
        return self.judge(x, code, training), self.judge(fake, z, training)

    def discriminator_loss(self, x, y, training):
        return {"adversarial": self.game.discriminator(*self.both(x, training))}

    def generator_loss(self, x, y, training):
        encoded, decoded = self.both(x, training)
        return {"adversarial": self.game.generator(decoded) + self.game.generator(-encoded)}

    def score(self, x):
        """The discriminator's raw output for x and the mean of its codes."""
        return self.judge(tf.convert_to_tensor(x), self.encode(x))
