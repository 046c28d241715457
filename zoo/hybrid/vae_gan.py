"""VAE/GAN (Larsen et al., 2016, arXiv:1512.09300)."""

from typing import Annotated, Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Weight, Widths
from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.games import softplus
from zoo.losses.reconstruction import squared_error
from zoo.networks import dcgan, default
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class VAEGAN(VariationalModel):
    """A VAE that compares data by features of a discriminator, against which it plays.

        encoder       = KL(q(z|x) | N(0, I)) + 1/2 |f(x) - f(x')|^2             (Algorithm 1)
        decoder       = gamma 1/2 |f(x) - f(x')|^2 + softplus(-l(x')) + softplus(-l(x"))
        discriminator = softplus(-l(x)) + softplus(l(x')) + softplus(l(x"))     (Eq. 9)

    x' is decoded from a draw of q(z|x), x" from a draw of N(0, I); l is the logit of the
    discriminator, f the features it is read from. One forward pass serves three targets; x, x'
    and x" are one batch of the discriminator, whose normalization is over all of them. `score`
    is minus the encoder's loss: a distance of features is no density of x.

    Departures: the decoder's game is non-saturating (the paper's is minus L_GAN), and no
    player waits for another, as in the released code, which also decodes z for features apart.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to data.
        discriminator: data to `[one logit, features]`, best of about unit variance.
        latent_dim: size of the code.
        feature_weight: gamma; 1e-6 in the released code.
        posterior, prior: `zoo.posteriors` and `zoo.priors` objects without weights.

    Reference: Larsen, Sonderby, Larochelle and Winther, 2016, "Autoencoding beyond pixels
    using a learned similarity metric".
    """

    players = {name: (name,) for name in ("encoder", "decoder", "discriminator")}
    rounds = (tuple(players),)
    terms = {
        "encoder": ("divergence", "feature"),
        "decoder": ("feature", "adversarial"),
        "discriminator": ("adversarial",),
    }
    batch_size, has_evidence_bound, score_kind = 64, False, "neg_feature_error"

    def __init__(
        self,
        encoder,
        decoder,
        discriminator,
        latent_dim,
        *,
        feature_weight: Annotated[float, Weight(search=(1e-6, 1e-1))] = 1e-3,
        **parts,
    ):
        checks.require_features(type(self), discriminator, encoder.input_shape[1:])
        parts = {"likelihood": Gaussian(), "discriminator": discriminator, **parts}
        super().__init__(encoder, decoder, latent_dim, feature_weight=feature_weight, **parts)

    @classmethod
    def default_networks(
        cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), channels: Widths = (64, 128)
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        encoder = default.encoder(data_shape, 2 * latent_dim, **sizes)
        if default.is_image(data_shape):
            decoder = dcgan.generator(latent_dim, data_shape, channels[0])
            discriminator = dcgan.discriminator(data_shape, channels[0], features=True)
        else:
            decoder = default.generator(latent_dim, data_shape, **sizes)
            discriminator = default.discriminator(data_shape, **sizes, features=True)
        return {"encoder": encoder, "decoder": decoder, "discriminator": discriminator}

    def default_optimizer(self, player):
        return keras.optimizers.RMSprop(3e-4)

    def joint_loss(self, x, y, training):
        output = self.encoder(x, training=training)
        z, log_q = self.posterior.sample(output)
        codes = tf.concat([z, self.draw_codes(tf.shape(x)[0])], axis=0)
        examples = tf.concat([x, self.decoder(codes, training=training)], axis=0)
        logits, features = self.discriminator(examples, training=training)
        real, rebuilt, fake = tf.split(logits[:, 0], 3)
        real_features, rebuilt_features, _ = tf.split(features, 3)
        divergence = self.posterior.divergence(output, z, log_q, self.prior)
        feature = 0.5 * squared_error(real_features, rebuilt_features)
        weighed = self.now(self.feature_weight) * feature
        adversarial = softplus(-real) + softplus(rebuilt) + softplus(fake)
        return {
            "encoder": {"divergence": divergence, "feature": feature},
            "decoder": {"feature": weighed, "adversarial": softplus(-rebuilt) + softplus(-fake)},
            "discriminator": {"adversarial": adversarial},
        }

    def score(self, x, seed=0):
        """-1/2 |f(x) - f(x')|^2 - KL(q(z|x) | p(z)) of one draw of z: `(batch,)`."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            terms = self.joint_loss(x, None, training=False)["encoder"]
        return -(terms["feature"] + terms["divergence"])

    def sample(self, count, seed=None):
        """Decoded draws of the prior; pixels have no density of their own to draw from."""
        return super().sample(count, seed)
