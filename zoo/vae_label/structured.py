"""What models of y given x share whose prior is a network of x."""

import math
from typing import Annotated

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Flag, Likelihood, Widths
from zoo.networks.pairs import conditional_decoder, joined_encoder
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.vae.evidence_bound import EvidenceBound


class StructuredOutputModel(EvidenceBound, GenerativeModel):
    """ln p(y|x) >= E_q(z|x, y) ln p(y|x, z) - KL(q(z|x, y) | p(z|x)). See the papers.

    Args:
        recognition: `[x, y]` to means, then ln variances, of q(z|x, y); where there is a baseline
            this and the next two take its guess after x.
        prior_network: x to those of p(z|x).
        generator: `[x, z]` to the likelihood's parameters of y.
        latent_dim: size of z.
        baseline: x to the likelihood's parameters of y, or None.
        likelihood: of y: `zoo.likelihoods` object, or its name.
        **parts: those of `GenerativeModel`, `draws` among them, of z for `score`.
    """

    players = {"model": ("recognition", "prior_network", "generator", "baseline", "likelihood")}
    targets = "pair"
    verbs = {"translate": ("x", "seed"), "reconstruct": ("x", "y"), "score": ("x", "y", "seed")}
    score_kind, has_evidence_bound = "is_loglik", False

    def __init__(
        self,
        recognition,
        prior_network,
        generator,
        latent_dim,
        *,
        baseline=None,
        likelihood=None,
        **parts,
    ):
        x, *guess, y = checks.shapes(recognition.input_shape)
        likelihood, both = self.chosen_likelihood(likelihood, y), (2 * latent_dim,)
        output = (*y[:-1], likelihood.channels * y[-1])
        for name, network, inputs, outputs in (
            ("recognition", recognition, [x, *[y] * (baseline is not None), y], both),
            ("prior_network", prior_network, [x, *guess], both),
            ("generator", generator, [x, *guess, (latent_dim,)], output),
            ("baseline", baseline, x, output),
        ):
            if network is not None:
                checks.require_map(type(self), name, network, inputs, outputs)
        networks = {"recognition": recognition, "prior_network": prior_network}
        networks |= {"generator": generator, "baseline": baseline, "latent_dim": latent_dim}
        super().__init__(**networks, likelihood=likelihood, **parts)
        self.posterior = DiagonalGaussian()

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        target_shape=None,
        with_baseline: Annotated[bool, Flag()] = False,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
    ):
        y = tuple(target_shape or data_shape)
        likelihood, sizes = cls.chosen_likelihood(likelihood, y), (hidden, channels)
        conditions, output = (
            [data_shape, *[y] * with_baseline],
            (*y[:-1], likelihood.channels * y[-1]),
        )
        both, baseline = 2 * latent_dim, None
        if with_baseline:
            baseline = conditional_decoder([data_shape], 0, output, *sizes, name="baseline")
        return {
            "recognition": joined_encoder([*conditions, y], both, *sizes, name="recognition"),
            "prior_network": joined_encoder(conditions, both, *sizes, name="prior_network"),
            "generator": conditional_decoder(
                conditions, latent_dim, output, *sizes, name="generator"
            ),
            "baseline": baseline,
            "likelihood": likelihood,
        }

    @property
    def data_shape(self):
        return checks.shapes(self.recognition.input_shape)[0]

    @property
    def target_shape(self):
        return checks.shapes(self.recognition.input_shape)[-1]

    def conditions(self, x, training):
        """x and the guess of the baseline, in a list, and what the baseline gives, or None."""
        x = tf.convert_to_tensor(x)
        if self.baseline is None:
            return [x], None
        output = self.baseline(x, training=training)
        return [x, tf.stop_gradient(self.likelihood.mean(output))], output

    def prior_of(self, conditions, training):
        """Means, then ln variances, of p(z|x)."""
        return self.prior_network(
            conditions if len(conditions) > 1 else conditions[0], training=training
        )

    def generate(self, conditions, z, training):
        """The likelihood's parameters of y."""
        return self.generator([*conditions, z], training=training)

    def decoded(self, conditions, z):
        """The mean of p(y|x, z)."""
        return self.likelihood.mean(self.generate(conditions, z, training=False))

    def call(self, x, training=False):
        """The mean of p(y|x, z) at the mean of p(z|x)."""
        conditions, _ = self.conditions(x, training=False)
        return self.decoded(
            conditions, self.posterior.mean(self.prior_of(conditions, training=False))
        )

    def translate(self, x, seed=None):
        """The mean of p(y|x, z) at a draw of p(z|x): one of the y that x may have."""
        conditions, _ = self.conditions(x, training=False)
        with self.noise.serving(seed, tf.shape(x)[0]):
            return self.decoded(
                conditions, self.posterior.sample(self.prior_of(conditions, False))[0]
            )

    def reconstruct(self, x, y):
        """The mean of p(y|x, z) at the mean of q(z|x, y)."""
        (conditions, _), y = self.conditions(x, training=False), tf.convert_to_tensor(y)
        return self.decoded(
            conditions, self.posterior.mean(self.recognition([*conditions, y], training=False))
        )

    def log_weights(self, x, y):
        """ln p(y, z|x) - ln q(z|x, y) of each draw of z: `(batch, draws)`."""
        (conditions, _), y = self.conditions(x, training=False), tf.convert_to_tensor(y)
        outputs = (
            self.prior_of(conditions, False),
            self.recognition([*conditions, y], training=False),
        )
        rows = [tf.repeat(each, self.draws, axis=0) for each in (*conditions, y, *outputs)]
        *conditions, y, prior, output = rows
        with self.noise.expanded(self.draws):
            z, log_q = self.posterior.sample(output)
        nll = self.likelihood.nll(y, self.generate(conditions, z, training=False))
        return tf.reshape(self.posterior.log_prob(z, prior) - nll - log_q, [-1, self.draws])

    def score(self, x, y, seed=0):
        """An estimate of ln p(y|x), nats, a lower bound in expectation: `(batch,)`."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            log_weights = self.log_weights(x, y)
        return tf.reduce_logsumexp(log_weights, axis=1) - math.log(self.draws)
