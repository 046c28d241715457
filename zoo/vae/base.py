"""What models trained on an evidence bound share."""

import tensorflow as tf

from zoo import checks
from zoo.code_verbs import CodeVerbs
from zoo.model import GenerativeModel
from zoo.networks import default
from zoo.vae.laws import Laws


class VariationalModel(CodeVerbs, Laws, GenerativeModel):
    """loss = -ln p(x|z) + KL(q(z|x) | p(z)), z ~ q(z|x). Not trained itself: see the papers.

    Args:
        encoder: data to the posterior's parameters; means, then ln variances if Gaussian.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        likelihood: `zoo.likelihoods` object, "bernoulli" or "gaussian"; None: the class's own.
        posterior: `zoo.posteriors` object; a diagonal Gaussian where None.
        prior: `zoo.priors` object; N(0, I) where None.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder", "posterior", "likelihood", "prior")}
    terms = {"autoencoder": ("reconstruction", "divergence")}
    verbs = {**CodeVerbs.verbs, "score": ("x", "seed")}
    score_kind = "elbo"

    # fmt: off
    def __init__(self, encoder, decoder, latent_dim, *, likelihood=None, posterior=None,
                 prior=None, **parts):
        laws = self.laws(encoder.input_shape[1:], latent_dim, likelihood, posterior, prior)
        checks.require_codec(type(self), encoder, decoder, latent_dim,
                             laws["posterior"].width(latent_dim), laws["likelihood"].channels)
        super().__init__(encoder=encoder, decoder=decoder, latent_dim=latent_dim, **laws, **parts)

    @classmethod
    def for_data(cls, data_shape, latent_dim, hidden=(256, 256), channels=(32, 64),
                 likelihood: str | None = None, **settings):
        posterior = settings.get("posterior") or cls.default_posterior()
        law, codes = cls.law(likelihood, data_shape), posterior.width(latent_dim)
        sizes = {"hidden": tuple(hidden), "channels": tuple(channels)}
        networks = default.codec(data_shape, codes, latent_dim, law.channels, **sizes)
        networks |= cls.default_networks(latent_dim, sizes["hidden"])
        return cls(latent_dim=latent_dim, likelihood=law, **networks, **settings)
    # fmt: on

    @classmethod
    def default_networks(cls, latent_dim, hidden):
        """Networks and laws beside encoder, decoder and likelihood, by name."""
        return {}

    def passed(self, x, training):
        """z ~ q(z|x), then -ln p(x|z) and KL(q(z|x) | p(z)), each `(batch,)`, in nats."""
        output = self.encoder(x, training=training)
        z, log_q = self.posterior.sample(output)
        error = self.likelihood.nll(x, self.decoder(z, training=training))
        return z, error, self.divergence(output, z, log_q, training)

    def divergence(self, output, z, log_q, training):
        """KL(q(z|x) | p(z)), closed or from one draw: `(batch,)`."""
        return self.posterior.divergence(output, z, log_q, self.prior)

    def bound(self, x, training):
        """-ln p(x|z) and KL(q(z|x) | p(z)), each `(batch,)`, in nats."""
        return self.passed(x, training)[1:]

    def log_likelihood(self, x, z):
        """ln p(x|z), nats: `(batch,)`."""
        return -self.likelihood.nll(x, self.decoder(z, training=False))

    def log_prior(self, z):
        """ln p(z), nats: `(batch,)`."""
        return self.prior.log_prob(z)

    def autoencoder_loss(self, x, y, training):
        error, divergence = self.bound(x, training)
        return {"reconstruction": error, "divergence": divergence}

    def encode(self, x, sample=False, seed=None):
        """The mean of q(z|x), or with `sample=True` a draw: `(batch, latent_dim)`."""
        output = self.encoder(x, training=False)
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
            return -tf.add_n(self.bound(x, training=False))
