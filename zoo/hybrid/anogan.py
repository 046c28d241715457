"""AnoGAN (Schlegl et al., 2017, arXiv:1703.05921)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Count, Number
from zoo.gan.base import AdversarialModel
from zoo.losses.reconstruction import sum_of_rest
from zoo.optimizers.descent import descend, searched
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
    One seed serves every row of a call, so that a score does not depend on the row's place.

    Departures: the restarts, in place of one draw.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to `[one logit, features]`.
        latent_dim: size of z ~ N(0, I).
        feature_weight: lambda, w above, in [0, 1].
        search_steps: steps of the search.
        search_rate: length of its steps.
        restarts: draws that a search starts from.
        search_rows: queries that are searched side by side; where None 2, and 64 where
            TensorFlow finds a GPU.

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

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        feature_weight: Annotated[float, Number(at_least=0.0, at_most=1.0)] = 0.1,
        search_steps: Annotated[int, Count(at_least=0)] = 500,
        search_rate: Annotated[float, Number(above=0.0)] = 0.05,
        restarts: Annotated[int, Count()] = 4,
        search_rows: Annotated[int | None, Count()] = None,
        **parts,
    ):
        search = {"search_steps": search_steps, "search_rate": search_rate, "restarts": restarts}
        parts |= {"feature_weight": feature_weight, "search_rows": search_rows, **search}
        super().__init__(generator, discriminator, latent_dim, **parts)

    def anomaly(self, x, features_of_x, z):
        """(1 - w) |x - G(z)|_1 + w |features_of_x - f(G(z))|_1, `(batch,)`."""
        samples = self.decode(z)
        residual = sum_of_rest(tf.abs(x - samples))
        features = self.discriminator(samples, training=False)[1]
        mismatch = sum_of_rest(tf.abs(features_of_x - features))
        return (1.0 - self.feature_weight) * residual + self.feature_weight * mismatch

    def find(self, x, seed):
        """The codes `(batch, latent_dim)` that come closest to x, and A(x)."""
        count = tf.shape(x)[0]
        seeds = tf.broadcast_to(tf.convert_to_tensor(seed, tf.int64), [count])
        with self.noise.serving(seeds, count):
            z = self.noise.normal([count, self.restarts, self.latent_dim])
        return self._find(x, z)

    @tf.function(autograph=False, reduce_retracing=True)
    def _find(self, x, z):
        return searched(self.search, (tf.float32, tf.float32), x, z, rows=self.search_rows)

    def search(self, x, z):
        """The best of the codes that are found from z, `(batch, restarts, latent_dim)`; A(x)."""
        x = tf.repeat(x, self.restarts, axis=0)
        features_of_x = self.discriminator(x, training=False)[1]

        def loss(z):
            return self.anomaly(x, features_of_x, z)

        codes = tf.reshape(z, [-1, self.latent_dim])
        codes = descend(loss, codes, self.search_steps, self.search_rate)
        anomaly = tf.reshape(loss(codes), [-1, self.restarts])
        codes = tf.gather(tf.reshape(codes, tf.shape(z)), tf.argmin(anomaly, 1), batch_dims=1)
        return codes, tf.reduce_min(anomaly, axis=1)

    def encode(self, x, seed=0):
        """The code whose data come closest to x, `(batch, latent_dim)`."""
        return self.find(x, seed)[0]

    def reconstruct(self, x, seed=0):
        """The generated data that come closest to x."""
        return self.decode(self.encode(x, seed))

    def score(self, x, seed=0):
        """-A(x): higher is more normal."""
        return -self.find(x, seed)[1]
