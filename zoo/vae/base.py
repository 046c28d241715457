"""What models trained on an evidence bound share."""

import tensorflow as tf

from zoo import checks
from zoo.code_verbs import CodeVerbs
from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.named import likelihood as named
from zoo.model import GenerativeModel
from zoo.networks import default
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal


class VariationalModel(CodeVerbs, GenerativeModel):
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

    def __init__(
        self, encoder, decoder, latent_dim, *, likelihood=None, posterior=None, prior=None, **parts
    ):
        law = self.law(likelihood, default.is_image(encoder.input_shape[1:]))
        posterior, prior = posterior or DiagonalGaussian(), prior or StandardNormal(latent_dim)
        sizes = posterior.channels * latent_dim, law.channels
        checks.require_codec(type(self), encoder, decoder, latent_dim, *sizes)
        laws = {"likelihood": law, "posterior": posterior, "prior": prior}
        super().__init__(encoder=encoder, decoder=decoder, latent_dim=latent_dim, **laws, **parts)

    @staticmethod
    def default_likelihood(bounded):
        return Bernoulli() if bounded else Gaussian()

    @classmethod
    def law(cls, likelihood, bounded):
        return cls.default_likelihood(bounded) if likelihood is None else named(likelihood, bounded)

    # fmt: off
    @classmethod
    def for_data(cls, data_shape, latent_dim, hidden=(256, 256), channels=(32, 64),
                 likelihood: str | None = None, **settings):
        sizes = {"hidden": tuple(hidden), "channels": tuple(channels)}
        law = cls.law(likelihood, default.is_image(data_shape))
        outputs = (*data_shape[:-1], law.channels * data_shape[-1])
        return cls(default.encoder(data_shape, 2 * latent_dim, **sizes),
                   default.decoder(latent_dim, outputs, **sizes),
                   latent_dim, likelihood=law, **settings)
    # fmt: on

    @property
    def data_range(self):
        return self.likelihood.data_range or super().data_range

    def bound(self, x, training):
        """-ln p(x|z) and KL(q(z|x) | p(z)), each `(batch,)`, in nats."""
        output = self.encoder(x, training=training)
        z, log_q = self.posterior.sample(output)
        error = self.likelihood.nll(x, self.decoder(z, training=training))
        return error, self.posterior.divergence(output, z, log_q, self.prior)

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
            output = self.decoder(self.draw_codes(count), training=False)
            return self.likelihood.sample(output) if noise else self.likelihood.mean(output)

    def score(self, x, seed=0):
        """The evidence lower bound of each x, in nats, from one draw of z."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            return -tf.add_n(self.bound(x, training=False))
