"""One Gaussian, fitted in closed form: the density of a class."""

import tensorflow as tf

from zoo.density.base import DensityModel
from zoo.losses.reconstruction import LOG_TWO_PI
from zoo.registry import register


@register
class GaussianDensity(DensityModel):
    """loss = -ln N(x; m, S), m and S the mean and the covariance of all rows so far.

    Not in the catalogue: it is a part of `GenerativeClassifier`. Rows are merged batch by batch
    (Chan et al., 1979), so that after whole epochs m and S are those of the data; no gradient.

    Args:
        data_dim: D.
        columns: D, or 1 for a diagonal S.
        ridge: added to every variance.
        **parts: those of `GenerativeModel`.
    """

    players = {"density": ("rows", "mean", "scatter")}
    batch_size = 500

    def __init__(self, data_dim, columns, *, ridge=1e-3, **parts):
        super().__init__(data_dim=data_dim, columns=columns, ridge=ridge, **parts)
        self.is_diagonal = columns == 1
        square = (data_dim,) if self.is_diagonal else (data_dim, data_dim)
        for name, shape in (("rows", ()), ("mean", (data_dim,)), ("scatter", square)):
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer="zeros"))

    def default_optimizer(self, player):
        return None

    def update(self, movers, x, y):
        terms = self.terms_of(movers, x, y, training=True)
        self.maximize(x, tf.ones_like(x[:, 0]))
        return terms

    def maximize(self, x, weights):
        """Merges rows that count as much as their `weights`, `(batch,)`."""
        before, center = tf.identity(self.rows.value), tf.identity(self.mean.value)
        count = self.all_reduce_sum(tf.reduce_sum(weights))
        mean = self.weighted_mean(x, weights)
        rows, apart = before + count, mean - center
        share = tf.math.divide_no_nan(count, rows)
        within = count * self.weighted_mean(self.squares(x - mean), weights)
        scatter = self.scatter.value + within + before * share * self.squares(apart[None])[0]
        self.rows.assign(rows)
        self.mean.assign(center + share * apart)
        self.scatter.assign(scatter)

    def squares(self, rows):
        """The outer product of each row with itself, or its diagonal."""
        return tf.square(rows) if self.is_diagonal else rows[:, :, None] * rows[:, None]

    def spread(self):
        """S, or its diagonal."""
        return spread([self])

    def log_prob(self, x, training=False):
        spread, centred = self.spread(), x - self.mean.value
        if self.is_diagonal:
            distance = tf.reduce_sum(tf.square(centred) / spread, axis=1)
            log_det = tf.reduce_sum(tf.math.log(spread))
        else:
            root = tf.linalg.cholesky(spread)
            white = tf.linalg.triangular_solve(root, tf.transpose(centred))
            distance = tf.reduce_sum(tf.square(white), axis=0)
            log_det = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(root)))
        return -0.5 * (self.data_dim * LOG_TWO_PI + log_det + distance)

    def draw(self, count):
        eps = self.noise.normal([count, self.data_dim])
        if self.is_diagonal:
            return self.mean.value + tf.sqrt(self.spread()) * eps
        return self.mean.value + tf.matmul(eps, tf.linalg.cholesky(self.spread()), transpose_b=True)


def spread(densities):
    """The mean covariance of Gaussians, weighted by their rows; one before any row was seen."""
    rows = tf.reduce_sum(tf.stack([density.rows.value for density in densities]))
    scatter = tf.reduce_sum(tf.stack([density.scatter.value for density in densities]), axis=0)
    one = tf.ones_like(densities[0].mean.value)
    unit = one if densities[0].is_diagonal else tf.linalg.diag(one)
    shared = tf.math.divide_no_nan(scatter, rows) + densities[0].ridge * unit
    return tf.where(rows > 0.0, shared, unit)
