"""VAE with a hierarchical prior, by constrained optimization (Klushyn et al., 2019)."""

import math
from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Number, Widths
from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.reconstruction import gaussian_nll, mean_of_rest
from zoo.networks.mlp import mlp
from zoo.priors.hierarchical import HierarchicalPrior
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class HierarchicalPriorVAE(VariationalModel):
    """The lowest rate at which reconstructions are good enough, and a learned prior for it.

    With the error C = |x - mean(z)|^2 / D, which may be kappa^2 in the mean:

        rate        = ln q(z|x) - ln 1/K sum_k p(z|u_k) N(u_k; 0, I) / q(u_k|z)    (Eq. 11)
        autoencoder = rate + (C - kappa^2) / beta
        prior       = rate, once the constraint has been met (0 before)

    After each step (REWO, Algorithm 1), delta an average of C - kappa^2:

        beta <- beta exp(nu f delta),  f = -1 if delta > 0 else tanh(tau (beta - 1))

    Up to a constant the loss is the negative of the evidence bound of a Gaussian likelihood of
    variance beta D / 2: `bound` in the logs. `sample` gives means alone.

    Departures: beta is clipped to [2e-6 / D, 1], without which it under- and overflows, and
    starts far below 1 for the sum over dimensions: the paper leaves the scale open. delta
    starts at 0. ln variances of the prior are clipped to [-10, 10].

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to means; of images before the sigmoid.
        prior: `zoo.priors.hierarchical.HierarchicalPrior`.
        latent_dim: size of the code.
        tolerance: kappa, the root mean square error allowed for one dimension.
        speed, steepness: nu, of beta, and tau, how soon it slows down below 1.
        initial_variance: of the likelihood before the first step, beta_0 D / 2; well below
            tolerance^2, or the constraint is never met and the prior never trained.

    Reference: Klushyn et al., 2019, "Learning hierarchical priors in VAEs", NeurIPS.
    """

    players = {"autoencoder": ("encoder", "decoder", "likelihood"), "prior": ("prior",)}
    rounds = (("autoencoder", "prior"),)
    terms = {"autoencoder": ("rate", "distortion"), "prior": ("rate",)}
    watched = {"autoencoder": ("bound", "beta")}
    state = {"beta": 1e-6, "average": 0.0, "met": 0.0}
    monitor = ("val_autoencoder_bound", "min")

    def __init__(
        self,
        encoder,
        decoder,
        prior,
        latent_dim,
        *,
        tolerance: Annotated[float, Number(above=0.0, search=(0.03, 0.3))] = 0.1,
        speed: Annotated[float, Number(at_least=0.0)] = 1.0,
        steepness: Annotated[float, Number(at_least=0.0)] = 5.0,
        initial_variance: Annotated[float, Number(above=0.0, search=(1e-4, 1e-2))] = 1e-3,
        **parts,
    ):
        parts |= {"tolerance": tolerance, "speed": speed, "steepness": steepness}
        parts["initial_variance"] = initial_variance
        super().__init__(encoder, decoder, latent_dim, prior=prior, **parts)
        self.beta.assign(2.0 * initial_variance / math.prod(self.data_shape))

    @staticmethod
    def default_likelihood(bounded):
        return Gaussian(bounded=bounded)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        names = ("upper_encoder", "upper_decoder")
        sides = [mlp(latent_dim, 2 * latent_dim, hidden, name=name) for name in names]
        return {**networks, "prior": HierarchicalPrior(*sides)}

    def nll(self, x, mean):
        """-ln N(x; mean, beta D / 2), nats: `(batch,)`."""
        return gaussian_nll(x, mean, tf.math.log(0.5 * math.prod(self.data_shape) * self.beta))

    def log_likelihood(self, x, z):
        return -self.nll(x, self.decode(z))

    def costs(self, x, training):
        """z, then C, -ln p(x|z) and the rate in nats, each `(batch,)`."""
        z, log_q = self.posterior.sample(self.encoder(x, training=training))
        mean = self.likelihood.mean(self.decoder(z, training=training))
        error = mean_of_rest(tf.square(x - mean))
        return z, error, self.nll(x, mean), log_q - self.prior.log_prob(z, training)

    def elbo_parts(self, x, training):
        z, _, nll, rate = self.costs(x, training)
        return z, nll, rate

    def joint_loss(self, x, y, training):
        _, error, nll, rate = self.costs(x, training)
        terms = {"rate": rate, "distortion": (error - self.tolerance**2) / self.beta}
        watched = {"bound": nll + rate, "beta": self.beta.value}
        return {"autoencoder": {**terms, **watched}, "prior": {"rate": self.met * rate}}

    def after_move(self, movers, batch, terms):
        average = 0.99 * self.average + 0.01 * self.beta * terms["autoencoder"]["distortion"]
        holds = tf.cast(average < 0.0, tf.float32)
        slope = holds * tf.tanh(self.steepness * (self.beta - 1.0)) - (1.0 - holds)
        factor = tf.exp(self.speed * self.met * slope * average)
        beta = tf.clip_by_value(self.beta * factor, 2e-6 / math.prod(self.data_shape), 1.0)
        return {"average": average, "met": tf.maximum(self.met.value, holds), "beta": beta}

    def sample(self, count, seed=None):
        """Means of p(x|z) at `count` draws of z; its variance is a multiplier of training."""
        return super().sample(count, seed)
