"""A mixture of Gaussians that is learned with the model, one for each cluster of codes."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.losses.divergence import gaussian_kl
from zoo.registry import register


@register
class MixturePrior(keras.layers.Layer):
    """p(z) = sum_k pi_k N(z; mean_k, diag var_k); pi, means and variances are weights.

    Args:
        latent_dim: size of the code.
        components: how many Gaussians.
        variance: "learned", or "fixed" at 1.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, components, variance="learned", **options):
        super().__init__(**{"dtype": "float32", **options})
        if variance not in ("learned", "fixed"):
            raise ValueError(f"`variance` must be 'learned' or 'fixed'. Received: {variance!r}.")
        self.latent_dim, self.components, self.variance = latent_dim, components, variance
        shape, spread = (components, latent_dim), keras.initializers.RandomNormal(stddev=1.0)
        self.logits = self.add_weight(name="logits", shape=(components,), initializer="zeros")
        self.means = self.add_weight(name="means", shape=shape, initializer=spread)
        learned = {"initializer": "zeros", "trainable": variance == "learned"}
        self.log_vars = self.add_weight(name="log_vars", shape=shape, **learned)
        self.built = True

    @property
    def log_shares(self):
        """ln pi, `(components,)`."""
        return tf.nn.log_softmax(self.logits.value)

    def joint_log_prob(self, z):
        """ln pi_k N(z; k), nats: `(batch, components)`."""
        each = gaussian_log_density(z[:, None], self.means.value, self.log_vars.value)
        return self.log_shares + each

    def log_prob(self, z):
        """ln p(z), nats: `(batch,)`."""
        return tf.reduce_logsumexp(self.joint_log_prob(z), axis=1)

    def responsibilities(self, z):
        """p(k|z), `(batch, components)`."""
        return tf.nn.softmax(self.joint_log_prob(z))

    def divergences(self, mean, log_var):
        """KL(N(mean, diag var) | k) of each component, nats: `(batch, components)`."""
        own = mean[:, None], log_var[:, None]
        return gaussian_kl(*own, self.means.value, self.log_vars.value)

    def choose(self, count):
        """Components, int32 `(count,)`."""
        return noise.choice(tf.exp(self.log_shares), count)

    def sample(self, count, components=None):
        """`(count, latent_dim)`: of these components, int32 `(count,)`, or drawn ones."""
        chosen = self.choose(count) if components is None else components
        mean, log_var = (tf.gather(w.value, chosen) for w in (self.means, self.log_vars))
        return mean + tf.exp(0.5 * log_var) * noise.normal((count, self.latent_dim))

    def start(self, codes, seed=0):
        """Sets weights, means and variances to the clusters that k-means finds in codes.

        Args:
            codes: at least `components` finite rows, `(count, latent_dim)`.
            seed: of the starts, of which the best of ten is taken.
        """
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        if len(codes) < self.components or not np.isfinite(codes).all():
            raise ValueError(
                f"`codes` must hold at least {self.components} finite rows. "
                f"Received: {len(codes)} rows."
            )
        with threadpool_limits(1):  # sums in one order, so that the same codes give the same bits
            clusters = KMeans(self.components, n_init=10, random_state=seed % 2**32).fit(codes)
        members = [codes[clusters.labels_ == k] for k in range(self.components)]
        self.means.assign(clusters.cluster_centers_)
        self.logits.assign(np.log([len(rows) / len(codes) for rows in members]))
        if self.variance == "learned":
            spread = [np.mean((rows - rows.mean(axis=0)) ** 2, axis=0) for rows in members]
            self.log_vars.assign(np.log(np.maximum(spread, 1e-3)))
        return clusters.labels_

    def get_config(self):
        own = ("latent_dim", "components", "variance")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
