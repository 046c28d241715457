"""What models trained on an evidence bound of data and labels share."""

from typing import Any

import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Likelihood, Widths
from zoo.networks.labelled import labelled_codec
from zoo.priors.categorical import Categorical
from zoo.vae.evidence_bound import EvidenceBound
from zoo.verbs.labelled import LabelVerbs
from zoo.verbs.labels import checked, completed


class LabelledVariationalModel(LabelVerbs, EvidenceBound, GenerativeModel):
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
    targets = "labels"

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        num_classes,
        *,
        class_prior=None,
        likelihood=None,
        posterior=None,
        prior=None,
        **parts,
    ):
        shape = checks.shapes(encoder.input_shape)[0]
        distributions = self.distributions(shape, latent_dim, likelihood, posterior, prior)
        codes = distributions["posterior"].width(latent_dim)
        channels = distributions["likelihood"].channels
        taken: dict[str, Any] = self.labels_taken(parts)
        checks.require_codec(type(self), encoder, decoder, latent_dim, codes, channels, **taken)
        distributions["class_prior"] = class_prior or Categorical(num_classes)
        networks = {"encoder": encoder, "decoder": decoder, "latent_dim": latent_dim}
        super().__init__(**networks, num_classes=num_classes, **distributions, **parts)
        self.share = parts.get("labelled_share")  # of papers that have it: see `among_labelled`

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
    ):
        likelihood = cls.chosen_likelihood(likelihood, data_shape)
        codes = cls.default_posterior().width(latent_dim)
        dims = data_shape, codes, latent_dim, num_classes, likelihood.channels
        networks = labelled_codec(*dims, hidden=hidden, channels=channels)
        return {**networks, "likelihood": likelihood}

    @staticmethod
    def labels_taken(parts):
        """What the networks take beside data and code, as `checks.require_codec` asks for it;
        `parts`: settings of the class."""
        return {"labels": [()]}

    def see_labels(self, y):
        if self.share is None:
            self.share = float(np.mean(np.reshape(np.asarray(y) >= 0, [len(y), -1]).any(axis=1)))
            if "labelled_share" in self.part_names:
                self.labelled_share = self.share  # a saved model goes on with it

    def among_labelled(self, is_labelled, values, training):
        """Values of rows with a label, which are 0 elsewhere, whose mean over many batches is that
        over the labelled rows of the data; over those of the batch, where it is not known."""
        weighted = training and self.share
        return values / self.share if weighted else self.among(is_labelled, values)

    def codes(self, x, y, training):
        """What the encoder gives for x and its labels."""
        return self.encoder([x, y], training=training)

    def elbo_parts(self, x, y, training):
        """z ~ q(z|x, y), then -ln p(x|z, y) and KL(q(z|x, y) | p(z)), `(batch,)`, nats."""
        output = self.codes(x, y, training)
        z, log_q = self.posterior.sample(output)
        nll = self.likelihood.nll(x, self.decoder([z, y], training=training))
        return z, nll, self.posterior.divergence(output, z, log_q, self.prior)

    def class_bounds(self, x, training):
        """A bound from below on ln p(x, y) for every label y, `(batch, num_classes)`."""

        def bound(rows, labels):
            _, nll, divergence = self.elbo_parts(rows, labels, training)
            return nll + divergence

        return self.class_prior.log_probs - self.of_each_class(bound, x)

    def of_each_class(self, function, x):
        """A function of rows and labels for every label of every row, `(batch, num_classes)`.

        x: an array, or a structure of arrays.
        """
        count, classes = tf.shape(tf.nest.flatten(x)[0])[0], self.num_classes
        with self.noise.expanded(classes):
            labels = self.label_of(tf.tile(tf.range(classes), tf.stack([count])))
            rows = tf.nest.map_structure(lambda each: tf.repeat(each, classes, axis=0), x)
            values = function(rows, labels)
        return tf.reshape(values, [-1, classes])

    def log_weights(self, x):
        """ln p(x, z, y) - ln q(z|x, y) at one draw of z for every y: `(batch, num_classes)`."""

        def weights(rows, labels):
            z, log_q = self.posterior.sample(self.codes(rows, labels, training=False))
            nll = self.likelihood.nll(rows, self.decoder([z, labels], training=False))
            return self.prior.log_prob(z) - nll - log_q

        return self.class_prior.log_probs + self.of_each_class(weights, x)

    def log_evidence(self, log_mean_weights):
        """ln p(x) = ln sum_y p(x, y)."""
        return tf.reduce_logsumexp(log_mean_weights, axis=1)

    def encode(self, x, labels=None, sample=False, seed=None):
        """The mean of q(z|x, y), or with `sample=True` a draw: `(batch, latent_dim)`."""
        output = self.codes(tf.convert_to_tensor(x), self.known(x, labels), training=False)
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
            y = completed(self, labels, self.label_of(self.class_prior.sample(count)))
            output = self.decoder([self.prior.sample(count), y], training=False)
            return self.likelihood.sample(output) if noise else self.likelihood.mean(output)

    def score(self, x, seed=0):
        """A bound from below on ln p(x), nats: E_q(y|x) [bound on ln p(x, y) - ln q(y|x)]."""
        shares = self.classify(x)
        with self.noise.serving(seed, tf.shape(x)[0]):
            gains = shares * self.class_bounds(x, training=False)
        return tf.reduce_sum(gains - tf.math.xlogy(shares, shares), axis=1)
