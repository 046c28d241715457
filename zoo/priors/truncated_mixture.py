"""A mixture of Gaussians that end at a radius, and a component of everything else."""

import math

import keras
import numpy as np
import scipy.integrate
import scipy.special
import scipy.stats
import tensorflow as tf

from zoo import noise
from zoo.priors.mixture import MixturePrior
from zoo.registry import register

NEVER = -1e30  # ln of a density that is 0
TRIES = 8  # draws of a Gaussian, of which the first within the radius is taken
TRIMS = 3  # runs of k-means before the last
TAIL = 0.25  # width of the edge of u_0, over its radius


@register
class TruncatedMixture(MixturePrior):
    """p(z) = pi_0 u_0(z) + sum_{k >= 1} pi_k N(z; mean_k, diag var_k) 1[r_k(z) <= eta] / Z

    r_k(z) is the distance of z to mean_k in standard deviations and Z = P(chi^2_m <= eta^2). u_0
    is constant in a ball that holds all codes and falls like a Gaussian beyond: what is near to
    no mean is an outlier. All pi, the means and the variances where learned are trained; the ball
    is set by `start`.

    Args:
        latent_dim: m, size of the code.
        components: how many Gaussians.
        variance: "learned", or "fixed" at 1.
        inside: Z, the share of a Gaussian that is within eta; 1: eta is infinite.
        outliers: pi_0 at the start.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(
        self, latent_dim, components, variance="learned", inside=0.95, outliers=0.1, **options
    ):
        super().__init__(latent_dim, components, variance, **options)
        self.inside, self.outliers = inside, outliers
        self.limit = float(scipy.stats.chi2.ppf(inside, latent_dim))  # eta^2
        self.odds = math.log(outliers) - math.log1p(-outliers)
        start = keras.initializers.Constant(self.odds + math.log(components))
        self.outlier_logit = self.add_weight(name="outlier_logit", shape=(), initializer=start)
        fixed = {"initializer": "zeros", "trainable": False}
        self.centre = self.add_weight(name="centre", shape=(latent_dim,), **fixed)
        self.log_radius = self.add_weight(name="log_radius", shape=(), **fixed)
        self.log_radius.assign(math.log(4.0 * math.sqrt(latent_dim)))

    @property
    def log_all_shares(self):
        """ln pi_0, ln pi_1, ...: `(1 + components,)`."""
        logits = tf.concat([self.outlier_logit.value[None], self.logits.value], axis=0)
        return tf.nn.log_softmax(logits)

    def log_outlier_density(self, z):
        """ln u_0(z), nats: `(batch,)`."""
        log_radius = tf.identity(self.log_radius.value)
        distance = tf.sqrt(tf.reduce_sum(tf.square(z - self.centre.value), axis=1) + 1e-12)
        beyond = tf.nn.relu(distance * tf.exp(-log_radius) - 1.0) / TAIL
        return -0.5 * tf.square(beyond) - self.latent_dim * log_radius - log_volume(self.latent_dim)

    def joint_log_prob(self, z):
        """ln of each part of the sum, the outliers first: `(batch, 1 + components)`."""
        log_vars = tf.identity(self.log_vars.value)
        gaps = tf.square(z[:, None] - self.means.value) * tf.exp(-log_vars)
        distance = tf.reduce_sum(gaps, axis=2)
        volume = self.latent_dim * math.log(2.0 * math.pi) + tf.reduce_sum(log_vars, axis=1)
        each = -0.5 * (distance + volume) - math.log(self.inside)
        each = tf.where(distance <= self.limit, each, NEVER)
        return self.log_all_shares + tf.concat([self.log_outlier_density(z)[:, None], each], axis=1)

    def sample(self, count, components=None):
        """`(count, latent_dim)`: of these Gaussians, int32 `(count,)`, or drawn ones."""
        chosen = self.choose(count) if components is None else components
        drawn = noise.normal((count, TRIES, self.latent_dim))
        within = tf.reduce_sum(tf.square(drawn), axis=2) <= self.limit
        first = tf.one_hot(tf.argmax(tf.cast(within, tf.int32), axis=1), TRIES)
        eps = tf.reduce_sum(first[..., None] * drawn, axis=1)
        mean, log_var = (tf.gather(w.value, chosen) for w in (self.means, self.log_vars))
        return mean + tf.exp(0.5 * log_var) * eps

    def start(self, codes, seed=0):
        """As of `MixturePrior`, from the codes that are nearest to the clusters: all but a share
        pi_0 of them, found by k-means again and again. The ball holds all codes."""
        rows = codes
        for _ in range(TRIMS):
            super().start(rows, seed)
            gaps = np.linalg.norm(codes[:, None] - self.means.numpy(), axis=2).min(axis=1)
            rows = codes[gaps <= np.quantile(gaps, 1.0 - self.outliers)]
        labels = super().start(rows, seed)
        self.outlier_logit.assign(self.odds)  # beside logits that are ln of shares
        centre = np.mean(codes, axis=0)
        self.centre.assign(centre)
        radius = np.quantile(np.linalg.norm(codes - centre, axis=1), 0.999)
        self.log_radius.assign(np.log(max(radius, 1e-3)))
        return labels

    def get_config(self):
        own = {"inside": self.inside, "outliers": self.outliers}
        return {**super().get_config(), **own}


def log_volume(size):
    """ln of the integral of u_0 times its height, for the radius 1 in `size` dimensions."""
    tail, _ = scipy.integrate.quad(
        lambda t: (1.0 + t) ** (size - 1) * math.exp(-0.5 * (t / TAIL) ** 2), 0.0, 10.0 * TAIL
    )
    log_surface = math.log(2.0) + 0.5 * size * math.log(math.pi) - scipy.special.gammaln(0.5 * size)
    return float(log_surface + math.log(1.0 / size + tail))
