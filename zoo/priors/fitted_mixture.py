"""A Gaussian mixture fitted to codes once the autoencoder is trained."""

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.registry import register

LOG_TWO_PI = float(np.log(2.0 * np.pi))


@register
class FittedMixture(keras.layers.Layer):
    """p(z) = sum_k w_k N(z; mean_k, L_k L_k^T), by expectation-maximisation (scikit-learn).

    Ghosh et al. (2020, "From variational to deterministic autoencoders") sample their
    regularised autoencoders from ten full-covariance components; one component is the
    single Gaussian of the same paper.

    Args:
        latent_dim: size of the code.
        components: how many Gaussians.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, components=10, **options):
        super().__init__(**options)
        self.latent_dim, self.components = latent_dim, components
        shapes = {"weights_of": (), "means": (latent_dim,), "factors": (latent_dim, latent_dim)}
        for name, shape in shapes.items():
            weight = self.add_weight(
                name=name, shape=(components, *shape), initializer="zeros", trainable=False
            )
            setattr(self, name, weight)
        self.fitted = self.add_weight(name="fitted", shape=(), initializer="zeros", trainable=False)
        self.built = True

    @property
    def is_fitted(self):
        """Whether `fit` has been called."""
        with tf.init_scope():  # a verb may ask while it is traced
            return bool(self.fitted.numpy())

    def fit(self, codes, seed=0, **options):
        """Fits the mixture to `codes`, `(count, latent_dim)`; returns the fitted estimator.

        Args:
            codes: at least `components` finite rows.
            seed: of the start of the expectation-maximisation.
            **options: those of `sklearn.mixture.GaussianMixture`.
        """
        from sklearn.mixture import GaussianMixture

        if len(codes) < max(2, self.components) or not np.isfinite(codes).all():
            raise ValueError(
                f"`codes` must hold at least {max(2, self.components)} finite rows for "
                f"{self.components} component(s). Received: {len(codes)} rows."
            )
        options = {"reg_covar": 1e-6, "random_state": seed % 2**32, **options}
        mixture = GaussianMixture(self.components, **options).fit(np.asarray(codes, np.float64))
        self.weights_of.assign(mixture.weights_)
        self.means.assign(mixture.means_)
        self.factors.assign(np.linalg.cholesky(mixture.covariances_))
        self.fitted.assign(1.0)
        return mixture

    def sample(self, count):
        """`(count, latent_dim)`."""
        chosen = noise.choice(self.weights_of.value, count)
        drawn = noise.normal((count, self.latent_dim))
        factors = tf.gather(self.factors.value, chosen)
        return tf.gather(self.means.value, chosen) + tf.einsum("nij,nj->ni", factors, drawn)

    def log_prob(self, z):
        """ln p(z), nats: `(batch,)`."""
        factors = self.factors.value
        shifted = tf.transpose(z[:, None] - self.means.value, (1, 2, 0))
        solved = tf.linalg.triangular_solve(factors, shifted)
        halves = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factors)), axis=1)
        each = -0.5 * (tf.reduce_sum(solved**2, axis=1) + self.latent_dim * LOG_TWO_PI)
        return tf.reduce_logsumexp(
            each + (tf.math.log(self.weights_of.value) - halves)[:, None], axis=0
        )

    def get_config(self):
        own = {"latent_dim": self.latent_dim, "components": self.components}
        return {**super().get_config(), **own}
