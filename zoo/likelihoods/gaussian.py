"""Gaussian likelihoods: a fixed, a learned, or a per-output variance."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import gaussian_nll
from zoo.registry import register


@register
class Gaussian(keras.layers.Layer):
    """p(x|z) = N(x; mean(z), sigma^2 I).

        nll = 1/2 |x - mean|^2 / sigma^2 + D ln sigma + D/2 ln 2 pi

    Args:
        sigma: the standard deviation, or where learning starts.
        variance: "fixed"; "learned", one trainable ln sigma for all outputs (Dai and
            Wipf, 2019); or "output", where the decoder's last axis holds the means and
            then ln sigma^2, clamped to [lowest, 10].
        lowest: of ln sigma^2 where the decoder gives it.
        bounded: pass the mean through a sigmoid, for data in [0, 1].
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, sigma=1.0, variance="fixed", bounded=False, lowest=-10.0, **options):
        super().__init__(**options)
        if variance not in ("fixed", "learned", "output"):
            raise ValueError(
                f"`variance` must be 'fixed', 'learned' or 'output'. Received: {variance!r}."
            )
        if not sigma > 0:
            raise ValueError(f"`sigma` must be positive. Received: sigma={sigma}.")
        self.sigma, self.variance, self.bounded = sigma, variance, bounded
        self.lowest = lowest
        self.data_range = (0.0, 1.0) if bounded else None
        self.channels = 2 if variance == "output" else 1
        if variance == "learned":
            first = keras.initializers.Constant(float(keras.ops.log(sigma)))
            self.log_sigma = self.add_weight(name="log_sigma", shape=(), initializer=first)
        self.built = True

    def parameters(self, output):
        """Mean and ln variance, each of the data's shape or a scalar."""
        if self.variance == "output":
            mean, log_var = tf.split(output, 2, axis=-1)
            log_var = tf.clip_by_value(log_var, self.lowest, 10.0)
        else:
            learned = self.variance == "learned"
            log_sigma = self.log_sigma.value if learned else tf.math.log(self.sigma)
            mean, log_var = output, 2.0 * log_sigma
        return tf.sigmoid(mean) if self.bounded else mean, log_var

    def nll(self, x, output):
        """-ln p(x|z), nats summed over the data: `(batch,)`."""
        return gaussian_nll(x, *self.parameters(output))

    def mean(self, output):
        """E[x|z]."""
        return self.parameters(output)[0]

    def sample(self, output):
        """A draw of x."""
        mean, log_var = self.parameters(output)
        return mean + tf.exp(0.5 * log_var) * noise.normal([tf.shape(mean)[0], *mean.shape[1:]])

    def drawn(self, output, uniform):
        """The draw of x that numbers of U(0, 1) give, one for each entry."""
        mean, log_var = self.parameters(output)
        return mean + tf.exp(0.5 * log_var) * tf.math.ndtri(uniform)

    def get_config(self):
        own = {"sigma": self.sigma, "variance": self.variance, "bounded": self.bounded}
        return {**super().get_config(), **own, "lowest": self.lowest}
