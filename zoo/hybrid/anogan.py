"""AnoGAN (Schlegl et al., 2017, arXiv:1703.05921)."""

import tensorflow as tf

from zoo.gan.base import AdversarialModel
from zoo.losses.reconstruction import sum_of_rest
from zoo.optimizers.descent import descend
from zoo.registry import register


@register
class AnoGAN(AdversarialModel):
    """A GAN of normal data; what it cannot generate is an anomaly.

        discriminator = softplus(-l(x)) + softplus(l(G(z)))
        generator     = softplus(-l(G(z)))
        A(x)          = min_z (1 - w) |x - G(z)|_1 + w |f(x) - f(G(z))|_1    (Eq. 5 and 6)

    with w = `feature_weight` and f what the discriminator's logit l is read from. The code of
    a query is searched by Adam from several draws of N(0, I) at once, both networks frozen;
    the best is kept. `score` is -A(x), `reconstruct` G(z), whose distance to x shows where.

    Departures: the restarts, in place of one draw.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to `[one logit, features]`.
        latent_dim: size of z ~ N(0, I).
        feature_weight: lambda, w above, in [0, 1].
        search_steps: steps of the search.
        search_rate: length of its steps.
        restarts: draws that a search starts from.

    Reference: Schlegl, Seebock, Waldstein, Schmidt-Erfurth and Langs, 2017, "Unsupervised
    anomaly detection with generative adversarial networks to guide marker discovery".
    """

    verbs = {
        **AdversarialModel.verbs,
        "encode": ("x", "seed"),
        "reconstruct": ("x", "seed"),
        "score": ("x", "seed"),
    }
    score_kind = "neg_anomaly"
    features = True
    batch_size = 64

    # fmt: off
    def __init__(self, generator, discriminator, latent_dim, *, feature_weight: float = 0.1,
                 search_steps: int = 500, search_rate: float = 0.05, restarts: int = 4, **parts):
        if feature_weight > 1:
            raise ValueError(f"`feature_weight` must be in [0, 1]. Received: {feature_weight}.")
        super().__init__(generator, discriminator, latent_dim, feature_weight=feature_weight,
                         search_steps=search_steps, search_rate=search_rate, restarts=restarts,
                         **parts)
    # fmt: on

    def anomaly(self, x, seen, z):
        """(1 - w) |x - G(z)|_1 + w |seen - f(G(z))|_1, `(batch,)`."""
        made = self.decode(z)
        residual = sum_of_rest(tf.abs(x - made))
        apart = sum_of_rest(tf.abs(seen - self.discriminator(made, training=False)[1]))
        return (1.0 - self.feature_weight) * residual + self.feature_weight * apart

    def find(self, x, seed):
        """The codes `(batch, latent_dim)` that come closest to x, and A(x)."""
        count, many = tf.shape(x)[0], self.restarts
        with self.noise.serving(seed, count):
            z = self.noise.normal([count, many, self.latent_dim])
        seen = self.discriminator(x, training=False)[1]
        z, anomaly = self._search(
            tf.repeat(x, many, axis=0),
            tf.repeat(seen, many, axis=0),
            tf.reshape(z, [-1, z.shape[2]]),
        )
        anomaly = tf.reshape(anomaly, [count, many])
        best = tf.argmin(anomaly, axis=1)
        z = tf.gather(tf.reshape(z, [count, many, self.latent_dim]), best, batch_dims=1)
        return z, tf.gather(anomaly, best, batch_dims=1)

    @tf.function(autograph=False, reduce_retracing=True)
    def _search(self, x, seen, z):
        def loss(z):
            return self.anomaly(x, seen, z)

        z = descend(loss, z, self.search_steps, self.search_rate)
        return z, loss(z)

    def encode(self, x, seed=0):
        """The code whose data come closest to x, `(batch, latent_dim)`."""
        return self.find(x, seed)[0]

    def reconstruct(self, x, seed=0):
        """The generated data that come closest to x."""
        return self.decode(self.encode(x, seed))

    def score(self, x, seed=0):
        """-A(x): higher is more normal."""
        return -self.find(x, seed)[1]
