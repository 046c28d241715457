"""The stick-breaking posterior of Kumaraswamy variables (Nalisnick and Smyth, 2017)."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.divergence import kumaraswamy_beta_kl, log_beta
from zoo.losses.sticks import log_complement, log_remainders, pieces
from zoo.priors.beta_sticks import BetaSticks
from zoo.registry import register

LEAST = 1e-3  # of the parameters a and b
EDGE = 0.01  # of U(0, 1), which draws leave out on either side


@register
class Kumaraswamy(keras.layers.Layer):
    """q(pi|x): breaks v_k ~ Kumaraswamy(a_k, b_k), and the pieces pi of the stick.

        v_k = (1 - u^(1 / b_k))^(1 / a_k),  u ~ U(0.01, 0.99)

    a and b are softplus of the two halves of the encoder's output, plus 0.001. Powers are
    taken in log space: in float32 they would round to 0 and 1. The log density of a draw is
    that of the truncated distribution, -(K - 1) ln 0.98 above `log_prob`: without it importance
    weights would overestimate ln p(x), by up to 0.3 nats where K is 16.
    """

    @staticmethod
    def width(latent_dim):
        """How many numbers the encoder gives: two for each break but the last piece."""
        return 2 * (latent_dim - 1)

    def parameters(self, output):
        """a and b, `(..., K - 1)` each."""
        return tf.split(tf.math.softplus(output) + LEAST, 2, axis=-1)

    def mean(self, output):
        """E[pi|x], `(batch, latent_dim)`, on the simplex."""
        a, b = self.parameters(output)
        log_share = tf.math.log(b) + log_beta(1.0 + 1.0 / a, b)
        return pieces(log_share, log_complement(log_share))

    def sample(self, output):
        """pi, and the log density that it was drawn from, nats."""
        a, b = self.parameters(output)
        log_u = tf.math.log(noise.uniform([tf.shape(a)[0], a.shape[1]], EDGE, 1.0 - EDGE))
        log_share = log_complement(log_u / b) / a
        pi = pieces(log_share, log_complement(log_share))
        log_mass = (a.shape[1] or 0) * math.log(1.0 - 2.0 * EDGE)  # of what is not left out
        return pi, self.log_prob(pi, output) - log_mass

    def log_prob(self, pi, output):
        """ln q(pi|x), nats, as a density of the first K - 1 pieces."""
        a, b = self.parameters(output)
        left = log_remainders(pi)
        log_share = tf.math.log(tf.maximum(pi[..., :-1], 1e-30)) - left[..., :-1]
        each = tf.math.log(a * b) + (a - 1.0) * log_share
        each += (b - 1.0) * log_complement(a * log_share) - left[..., :-1]
        return tf.reduce_sum(each, axis=-1)

    def unit_divergences(self, output, prior):
        """None: no dimension has a closed form of its own."""

    def divergence(self, output, z, log_q, prior):
        """KL(q(pi|x) | prior), nats: a series where the prior is of sticks too."""
        if isinstance(prior, BetaSticks):
            a, b = self.parameters(output)
            return tf.reduce_sum(kumaraswamy_beta_kl(a, b, 1.0, prior.concentration), axis=-1)
        return log_q - prior.log_prob(z)
