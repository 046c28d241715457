"""Linear-Gaussian latent variable model: probabilistic PCA (Tipping and Bishop, 1999)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo import noise
from zoo.contract.settings import Choice
from zoo.density.base import DensityModel
from zoo.losses.reconstruction import LOG_TWO_PI
from zoo.registry import register

Method = Annotated[str, Choice(("em", "gradient"))]


@register
class LinearGaussianLVM(DensityModel):
    """x = W z + b + sigma eps, z ~ N(0, I), eps ~ N(0, I): of it everything is known exactly.

        nll    = 1/2 [D ln 2 pi + ln |C| + (x - b)' C^-1 (x - b)],  C = W W' + sigma^2 I  (Eq. 4)
        p(z|x) = N(m, S),  m = S W' (x - b) / sigma^2,  S = (I + W' W / sigma^2)^-1

    method="em" is expectation maximization, a step a batch (Eq. 29 and 30), no gradient:

        b <- mean x,  W <- A B^-1,  sigma^2 <- [mean |x - b|^2 - tr(W' A)] / D
        A = mean (x - b) m',  B = S + mean m m'

    The likelihood of that batch never falls. method="gradient" descends on nll.

    Departures: a batch may be less than all rows; then the steps of EM are noisy.

    Args:
        data_dim: D.
        latent_dim: size of z.
        method: "em" or "gradient".

    Reference: Tipping and Bishop, 1999, "Probabilistic principal component analysis".
    """

    players = {"density": ("loading", "offset", "log_var")}
    verbs = {**DensityModel.verbs, "encode": ("x",), "decode": ("z",)}
    has_latent, batch_size = True, 500

    def __init__(self, data_dim, latent_dim, *, method: Method = "em", **parts):
        super().__init__(data_dim=data_dim, latent_dim=latent_dim, method=method, **parts)
        start = keras.initializers.RandomNormal(stddev=0.1, seed=noise.mixed(self.seed, 0))
        self.loading = self.add_weight(name="W", shape=(data_dim, latent_dim), initializer=start)
        self.offset = self.add_weight(name="b", shape=(data_dim,), initializer="zeros")
        self.log_var = self.add_weight(name="log_var", shape=(), initializer="zeros")

    @classmethod
    def default_networks(cls, data_shape, latent_dim):
        return {"data_dim": data_shape[0]}

    def default_optimizer(self, player):
        return None if self.method == "em" else keras.optimizers.Adam(1e-2)

    def posterior(self, x):
        """m, `(batch, latent_dim)`, S and ln |C|."""
        w, variance = self.loading.value, tf.exp(self.log_var)
        root = tf.linalg.cholesky(tf.eye(self.latent_dim) + tf.transpose(w) @ w / variance)
        s = tf.linalg.cholesky_solve(root, tf.eye(self.latent_dim))
        log_det = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(root)))
        return (x - self.offset) @ w @ s / variance, s, log_det + self.data_dim * self.log_var

    def log_prob(self, x, training=False):
        m, _, log_det = self.posterior(x)
        distance = (x - self.offset) * (x - self.decode(m)) / tf.exp(self.log_var)
        return -0.5 * (self.data_dim * LOG_TWO_PI + log_det + tf.reduce_sum(distance, axis=1))

    def update(self, movers, x, y):
        if self.method == "gradient":
            return super().update(movers, x, y)
        terms = self.terms_of(movers, x, y, training=True)
        self.maximize(x, tf.ones_like(x[:, 0]))
        return terms

    def maximize(self, x, weights):
        """One step of EM on rows that count as much as their `weights`, `(batch,)`."""
        self.offset.assign(self.weighted_mean(x, weights))
        (m, s, _), centred = self.posterior(x), x - self.offset
        a, b = (self.weighted_mean(rows[:, :, None] * m[:, None], weights) for rows in (centred, m))
        w = tf.transpose(tf.linalg.solve(s + b, tf.transpose(a)))
        squares = self.weighted_mean(tf.reduce_sum(tf.square(centred), axis=1), weights)
        self.loading.assign(w)
        spread = (squares - tf.reduce_sum(w * a)) / self.data_dim
        self.log_var.assign(tf.math.log(tf.maximum(spread, 1e-8)))

    def draw(self, count):
        z, eps = (self.noise.normal([count, n]) for n in (self.latent_dim, self.data_dim))
        return self.decode(z) + tf.exp(0.5 * self.log_var) * eps

    def encode(self, x):
        """E[z|x], `(batch, latent_dim)`."""
        return self.posterior(x)[0]

    def decode(self, z):
        """E[x|z] = W z + b."""
        return z @ tf.transpose(self.loading) + self.offset
