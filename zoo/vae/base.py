"""What models trained on an evidence bound share."""

from typing import Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Likelihood, Widths
from zoo.networks import default
from zoo.vae.evidence_bound import EvidenceBound
from zoo.verbs.codes import CodeVerbs


class VariationalModel(CodeVerbs, EvidenceBound, GenerativeModel):
    """loss = -ln p(x|z) + KL(q(z|x) | p(z)), z ~ q(z|x). Not trained itself: see the papers.

    Args:
        encoder: data to the posterior's parameters; means, then ln variances if Gaussian.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        likelihood: `zoo.likelihoods` object, or "bernoulli", "gaussian" or "laplace"; None: the
            class's own.
        posterior: `zoo.posteriors` object; a diagonal Gaussian where None.
        prior: `zoo.priors` object; N(0, I) where None.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder", "posterior", "likelihood", "prior")}
    terms = {"autoencoder": ("reconstruction", "divergence")}
    verbs = {**CodeVerbs.verbs, "score": ("x", "seed")}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        likelihood=None,
        posterior=None,
        prior=None,
        **parts,
    ):
        shape = checks.shapes(encoder.input_shape)[0]
        distributions = self.distributions(shape, latent_dim, likelihood, posterior, prior)
        codes = distributions["posterior"].width(latent_dim)
        channels = distributions["likelihood"].channels
        checks.require_codec(type(self), encoder, decoder, latent_dim, codes, channels)
        networks = {"encoder": encoder, "decoder": decoder, "latent_dim": latent_dim}
        super().__init__(**networks, **distributions, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
        posterior=None,
    ):
        likelihood = cls.chosen_likelihood(likelihood, data_shape)
        codes = (posterior or cls.default_posterior()).width(latent_dim)
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        networks = default.codec(data_shape, codes, latent_dim, likelihood.channels, **sizes)
        return {**networks, "likelihood": likelihood}

    def codes(self, x, training):
        """The posterior's parameters of x, from the encoder."""
        return self.encoder(x, training=training)

    def elbo_parts(self, x, training):
        """z ~ q(z|x), then -ln p(x|z) and KL(q(z|x) | p(z)), each `(batch,)`, in nats."""
        output = self.codes(x, training)
        z, log_q = self.posterior.sample(output)
        nll = self.likelihood.nll(x, self.decoder(z, training=training))
        return z, nll, self.divergence(output, z, log_q, training)

    def divergence(self, output, z, log_q, training):
        """KL(q(z|x) | p(z)), closed or from one draw: `(batch,)`."""
        return self.posterior.divergence(output, z, log_q, self.prior)

    def log_likelihood(self, x, z):
        """ln p(x|z), nats: `(batch,)`."""
        return -self.likelihood.nll(x, self.decoder(z, training=False))

    def log_prior(self, z):
        """ln p(z), nats: `(batch,)`."""
        return self.prior.log_prob(z)

    def log_weights(self, x):
        """ln p(x|z) + ln p(z) - ln q(z|x) at one draw of z: `(batch, 1)`."""
        z, log_q = self.posterior.sample(self.codes(x, training=False))
        return (self.log_likelihood(x, z) + self.log_prior(z) - log_q)[:, None]

    def unit_divergences(self, x):
        return self.posterior.unit_divergences(self.codes(x, training=False), self.prior)

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, training)
        return {"reconstruction": nll, "divergence": divergence}

    def encode(self, x, sample=False, seed=None):
        """The mean of q(z|x), or with `sample=True` a draw: `(batch, latent_dim)`."""
        output = self.codes(x, training=False)
        if not sample:
            return self.posterior.mean(output)
        with self.noise.serving(seed, tf.shape(x)[0]):
            return self.posterior.sample(output)[0]

    def decode(self, z):
        """The mean of p(x|z)."""
        return self.likelihood.mean(self.decoder(z, training=False))

    def sample(self, count, seed=None, noise=False):
        """Means of p(x|z) at `count` draws of z, or with `noise=True` draws of x."""
        with self.noise.serving(seed, count):
            return self.draw(count, noise)

    def draw(self, count, noise=False):
        """What `sample` gives, from the noise stream that is open."""
        output = self.decoder(self.draw_codes(count), training=False)
        return self.likelihood.sample(output) if noise else self.likelihood.mean(output)

    def score(self, x, seed=0):
        """The evidence lower bound of each x, in nats, from one draw of z."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            _, nll, divergence = self.elbo_parts(x, training=False)
            return -(nll + divergence)
