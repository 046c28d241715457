"""VAE/GAN (Larsen et al., 2016, arXiv:1512.09300)."""

import keras
import tensorflow as tf

from zoo import checks
from zoo.code_verbs import CodeVerbs
from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.games import softplus
from zoo.losses.reconstruction import squared_error
from zoo.networks import dcgan, default
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class VAEGAN(VariationalModel):
    """A VAE that compares data by what a discriminator sees in them, and plays against it.

        encoder       = KL(q(z|x) | N(0, I)) + 1/2 |f(x) - f(x')|^2             (Algorithm 1)
        decoder       = gamma 1/2 |f(x) - f(x')|^2 + softplus(-l(x')) + softplus(-l(x"))
        discriminator = softplus(-l(x)) + softplus(l(x')) + softplus(l(x"))     (Eq. 9)

    x' is decoded from a draw of q(z|x), x" from a draw of N(0, I); l is the logit of the
    discriminator, f the features it is read from. One forward pass serves three targets.

    Departures: the decoder's game is non-saturating (the paper's is minus L_GAN), and no
    player waits for another, as in the released code.

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
    batch_size = 64

    # fmt: off
    def __init__(self, encoder, decoder, discriminator, latent_dim, *,
                 feature_weight: float = 1e-3, **parts):
        checks.require_features(type(self), discriminator, encoder.input_shape[1:])
        parts = {"likelihood": Gaussian(), "discriminator": discriminator, **parts}
        super().__init__(encoder, decoder, latent_dim, feature_weight=feature_weight, **parts)

    @classmethod
    def for_data(cls, data_shape, latent_dim, hidden=(256, 256), channels=(64, 128), **settings):
        sizes, image = {"hidden": hidden, "channels": channels}, default.is_image(data_shape)
        return cls(
            default.encoder(data_shape, 2 * latent_dim, **sizes),
            dcgan.generator(latent_dim, data_shape, channels[0]) if image
            else default.generator(latent_dim, data_shape, **sizes),
            dcgan.discriminator(data_shape, channels[0], features=True) if image
            else default.discriminator(data_shape, **sizes, features=True),
            latent_dim, **settings)
    # fmt: on

    def default_optimizer(self, player):
        return keras.optimizers.RMSprop(3e-4)

    def joint_loss(self, x, y, training):
        output = self.encoder(x, training=training)
        z, log_q = self.posterior.sample(output)
        codes = z, self.draw_codes(tf.shape(x)[0])
        shown = [x, *(self.decoder(code, training=training) for code in codes)]
        judged = [self.discriminator(data, training=training) for data in shown]
        (real, seen), (again, seen_again), (fake, _) = ((raw[:, 0], f) for raw, f in judged)
        divergence = self.posterior.divergence(output, z, log_q, self.prior)
        feature = 0.5 * squared_error(seen, seen_again)
        fooled = softplus(-again) + softplus(-fake)
        return {
            "encoder": {"divergence": divergence, "feature": feature},
            "decoder": {"feature": self.feature_weight * feature, "adversarial": fooled},
            "discriminator": {"adversarial": softplus(-real) + softplus(again) + softplus(fake)},
        }

    def bound(self, x, training):
        """1/2 |f(x) - f(x')|^2 and KL(q(z|x) | p(z)), each `(batch,)`, in nats."""
        terms = self.joint_loss(x, None, training)["encoder"]
        return terms["feature"], terms["divergence"]

    sample, log_likelihood = CodeVerbs.sample, None  # pixels have no density of their own
