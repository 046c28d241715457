"""The diagonal Gaussian posterior."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.losses.divergence import standard_gaussian_kl
from zoo.priors.normal import StandardNormal
from zoo.registry import register


@register
class DiagonalGaussian(keras.layers.Layer):
    """q(z|x) = N(z; mean, diag exp(log_var)); the encoder's output holds both.

    Draws are reparameterised: z = mean + exp(log_var / 2) eps, eps ~ N(0, I).
    """

    @staticmethod
    def width(latent_dim):
        """How many numbers the encoder gives for a code of this size."""
        return 2 * latent_dim

    def mean(self, output):
        """E[z|x], `(batch, latent_dim)`."""
        return tf.split(output, 2, axis=-1)[0]

    def sample(self, output):
        """z and ln q(z|x)."""
        mean, log_var = tf.split(output, 2, axis=-1)
        z = mean + tf.exp(0.5 * log_var) * noise.normal([tf.shape(mean)[0], mean.shape[1]])
        return z, self.log_prob(z, output)

    def log_prob(self, z, output):
        """ln q(z|x), nats, over the last axis; arguments broadcast."""
        return gaussian_log_density(z, *tf.split(output, 2, axis=-1))

    def unit_divergences(self, output, prior):
        """KL of each dimension to N(0, 1), nats, `(batch, latent_dim)`; None for other priors."""
        if not (isinstance(prior, StandardNormal) and prior.sigma == 1.0):
            return None
        mean, log_var = tf.split(output[..., None], 2, axis=-2)
        return standard_gaussian_kl(mean, log_var)

    def divergence(self, output, z, log_q, prior):
        """KL(q(z|x) | prior), nats: closed where it can be, else ln q(z|x) - ln p(z)."""
        if isinstance(prior, StandardNormal) and prior.sigma == 1.0:
            return standard_gaussian_kl(*tf.split(output, 2, axis=-1))
        return log_q - prior.log_prob(z)
