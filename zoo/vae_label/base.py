"""What models trained on an evidence bound of data and labels share."""

import tensorflow as tf

from zoo import checks
from zoo.label_verbs import LabelVerbs
from zoo.labels import checked, completed
from zoo.model import GenerativeModel
from zoo.networks.labelled import labelled_codec
from zoo.priors.categorical import Categorical
from zoo.vae.laws import Laws


class LabelledVariationalModel(LabelVerbs, Laws, GenerativeModel):
    """ln p(x, y) >= E_q ln p(x|z, y) - KL(q(z|x, y) | p(z)) + ln p(y). See the papers.

    Args:
        encoder: `[data, labels]` to the posterior's parameters; see `zoo.networks.labelled`.
        decoder: `[codes, labels]` to the likelihood's parameters.
        latent_dim: size of the code.
        num_classes: how many labels.
        class_prior: `zoo.priors.categorical.Categorical`; all labels alike where None.
        likelihood, posterior, prior: as in `zoo.vae.base.VariationalModel`.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder", "posterior", "likelihood", "prior")}
    terms = {"autoencoder": ("reconstruction", "divergence")}
    targets, score_kind = "labels", "elbo"

    # fmt: off
    def __init__(self, encoder, decoder, latent_dim, num_classes, *, class_prior=None,
                 likelihood=None, posterior=None, prior=None, **parts):
        *sides, last = checks.shapes(encoder.input_shape)[0]
        laws = self.laws((*sides, last), latent_dim, likelihood, posterior, prior)
        code, shown = laws["posterior"].width(latent_dim), laws["likelihood"].channels * last
        checks.require_map(type(self), "encoder", encoder, [(*sides, last), ()], (code,))
        checks.require_map(type(self), "decoder", decoder, [(latent_dim,), ()], (*sides, shown))
        laws["class_prior"] = class_prior or Categorical(num_classes)
        super().__init__(encoder=encoder, decoder=decoder, latent_dim=latent_dim,
                         num_classes=num_classes, **laws, **parts)

    @classmethod
    def for_data(cls, data_shape, latent_dim, num_classes, hidden=(256, 256), channels=(32, 64),
                 likelihood: str | None = None, **settings):
        sizes = {"hidden": tuple(hidden), "channels": tuple(channels)}
        law, codes = cls.law(likelihood, data_shape), cls.default_posterior().width(latent_dim)
        dims = data_shape, codes, latent_dim, num_classes, law.channels
        networks = labelled_codec(*dims, **sizes)
        networks |= cls.default_networks(data_shape, num_classes, sizes)
        settings |= {"latent_dim": latent_dim, "num_classes": num_classes, "likelihood": law}
        return cls(**networks, **settings)

    @classmethod
    def default_networks(cls, data_shape, num_classes, sizes):
        """Networks beside encoder and decoder, by name."""
        return {}
    # fmt: on

    def bound(self, x, y, training):
        """-ln p(x|z, y) and KL(q(z|x, y) | p(z)), each `(batch,)`, in nats."""
        output = self.encoder([x, y], training=training)
        z, log_q = self.posterior.sample(output)
        error = self.likelihood.nll(x, self.decoder([z, y], training=training))
        return error, self.posterior.divergence(output, z, log_q, self.prior)

    def class_bounds(self, x, training):
        """A bound from below on ln p(x, y) for every label y, `(batch, num_classes)`."""
        count, kinds = tf.shape(x)[0], self.num_classes
        with self.noise.expanded(kinds):
            every = tf.tile(tf.range(kinds), [count])
            missing = tf.add_n(self.bound(tf.repeat(x, kinds, axis=0), every, training))
        return self.class_prior.log_probs - tf.reshape(missing, [-1, kinds])

    def encode(self, x, labels=None, sample=False, seed=None):
        """The mean of q(z|x, y), or with `sample=True` a draw: `(batch, latent_dim)`."""
        output = self.encoder([tf.convert_to_tensor(x), self.known(x, labels)], training=False)
        if not sample:
            return self.posterior.mean(output)
        with self.noise.serving(seed, tf.shape(x)[0]):
            return self.posterior.sample(output)[0]

    def decode(self, z, labels):
        """The mean of p(x|z, y); every label must be known."""
        y = checked(self, labels, tf.shape(z)[0], unknown=False)
        return self.likelihood.mean(self.decoder([tf.convert_to_tensor(z), y], training=False))

    def sample(self, count, labels=None, seed=None, noise=False):
        """Means of p(x|z, y) at `count` draws of z, or with `noise=True` draws of x."""
        with self.noise.serving(seed, count):
            y = completed(self, labels, self.class_prior.sample(count))
            output = self.decoder([self.prior.sample(count), y], training=False)
            return self.likelihood.sample(output) if noise else self.likelihood.mean(output)

    def score(self, x, seed=0):
        """A bound from below on ln p(x), nats: E_q(y|x) [bound on ln p(x, y) - ln q(y|x)]."""
        shares = self.classify(x)
        with self.noise.serving(seed, tf.shape(x)[0]):
            gains = shares * self.class_bounds(x, training=False)
        return tf.reduce_sum(gains - tf.math.xlogy(shares, shares), axis=1)
