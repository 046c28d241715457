"""What models share that learn q(z|x) and a decoder against adversaries."""

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal
from zoo.verbs.codes import CodeVerbs


class AdversarialInference(CodeVerbs, GenerativeModel):
    """x to a distribution of codes q(z|x), and codes to data. Not trained itself.

    Args:
        encoder: data to the posterior's parameters.
        decoder: codes to data.
        latent_dim: size of the code.
        posterior: `zoo.posteriors` object; a diagonal Gaussian where None.
        prior: `zoo.priors` object; N(0, I) where None.
        **parts: those of `GenerativeModel`.
    """

    codes_have_scale = True

    def __init__(self, encoder, decoder, latent_dim, *, posterior=None, prior=None, **parts):
        posterior = posterior or DiagonalGaussian()
        checks.require_codec(type(self), encoder, decoder, latent_dim, posterior.width(latent_dim))
        parts |= {"posterior": posterior, "prior": prior or StandardNormal(latent_dim)}
        super().__init__(encoder=encoder, decoder=decoder, latent_dim=latent_dim, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def draw_of(self, x, training):
        """z ~ q(z|x), `(batch, latent_dim)`."""
        return self.posterior.sample(self.encoder(x, training=training))[0]

    def encode(self, x):
        """The mean of q(z|x); of a universal one, the code for one draw of the noise."""
        count = tf.shape(x)[0]
        with self.noise.serving(tf.zeros([count], tf.int64), count):
            return self.posterior.mean(self.encoder(x, training=False))

    def decode(self, z):
        """The data of code z."""
        return self.decoder(z, training=False)
