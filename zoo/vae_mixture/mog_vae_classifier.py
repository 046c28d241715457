"""A VAE whose prior has one Gaussian for each class (Ghosh et al., 2019)."""

from typing import Annotated

import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Count, Number
from zoo.input_pipeline import batches
from zoo.networks.mlp import mlp
from zoo.priors.class_mixture import ClassMixture
from zoo.registry import register
from zoo.vae_mixture.base import MixtureVariationalModel


@register
class MoGVAEClassifier(MixtureVariationalModel):
    """A VAE of labelled data that classifies by its code, and rejects what lies off its classes.

        reconstruction = -E_q ln p(x|z)
        divergence     = KL(q(z|x) | N(mean_c, sigma^2 I)) - ln w_c,  c the label of x

    In expectation these are the loss of the reference, where p(c|z) is Bayes' rule:

        E_q [-ln p(x|z) - ln p(c|z)] + KL(q(z|x) | sum_c w_c N(mean_c, sigma^2 I))

    With a `classifier` p(c|z) is learned, and the loss is this one, by one draw of z, its second
    part the term `classification`. The means are fixed, w_c = 1 / K. `classify` is the mean of
    p(c|z) over draws of q(z|x); labels are used in training alone. `rejects` tells what lies too
    far from every mean or is decoded too badly, once `set_limits` was given data of the classes.

    Departures: the limits are quantiles of data, and not chosen against adversarial examples.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        num_classes: K.
        classifier: codes to K logits; Bayes' rule where None.
        draws: of z, for `classify`.
        prior: `zoo.priors.class_mixture.ClassMixture`; a new one where None.

    Reference: Ghosh, Losalka and Black, 2019, "Resisting adversarial attacks using Gaussian
    mixture variational autoencoders", AAAI.
    """

    targets = "labels"
    players = {"autoencoder": (*MixtureVariationalModel.players["autoencoder"], "classifier")}
    state = {"distance_limit": 1e30, "error_limit": 1e30}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        num_classes,
        *,
        classifier=None,
        draws: Annotated[int, Count()] = 10,
        prior=None,
        **parts,
    ):
        if classifier is not None:
            checks.require_map(type(self), "classifier", classifier, (latent_dim,), (num_classes,))
        parts |= {"num_classes": num_classes, "classifier": classifier, "draws": draws}
        prior = prior or ClassMixture(latent_dim, num_classes)
        super().__init__(encoder, decoder, latent_dim, prior=prior, **parts)
        learned = () if classifier is None else ("classification",)
        self.terms = {"autoencoder": ("reconstruction", "divergence", *learned)}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        head: Annotated[str, Choice(("bayes", "softmax"))] = "bayes",
        separation: Annotated[float, Number(above=0.0, search=(4.0, 12.0))] = 6.0,
        **sizes,
    ):
        networks = super().default_networks(data_shape, latent_dim, **sizes)
        classifier = mlp(latent_dim, num_classes, ()) if head == "softmax" else None
        prior = ClassMixture(latent_dim, num_classes, separation)
        return {**networks, "prior": prior, "classifier": classifier}

    def log_classes(self, z):
        """ln p(c|z), `(batch, num_classes)`."""
        if self.classifier is None:
            return tf.nn.log_softmax(self.prior.joint_log_prob(z))
        return tf.nn.log_softmax(self.classifier(z, training=False))

    def autoencoder_loss(self, x, y, training):
        output = self.codes(x, training)
        z, log_q = self.posterior.sample(output)
        terms = {"reconstruction": self.likelihood.nll(x, self.decoder(z, training=training))}
        if self.classifier is not None:
            error = -tf.gather(self.log_classes(z), y, batch_dims=1)
            return {**terms, "divergence": log_q - self.prior.log_prob(z), "classification": error}
        gaps = self.prior.divergences(*tf.split(output, 2, axis=1)) - self.prior.log_shares
        return {**terms, "divergence": tf.gather(gaps, y, batch_dims=1)}

    def classify(self, x):
        """p(c|x), a mean over draws that are the same for every row: `(batch, num_classes)`."""
        outputs = [self.codes(x, training=False)]
        return self.over_draws(lambda z: tf.exp(self.log_classes(z)), outputs, self.draws)

    def novelty(self, x):
        """How far E[z|x] is from the nearest mean, squared and in units of sigma, and -ln p(x|z)
        there, nats; each `(batch,)`."""
        z = self.encode(x)
        return self.prior.nearest(z), -self.log_likelihood(x, z)

    def rejects(self, x):
        """Whether either of `novelty` is above its limit, bool `(batch,)`."""
        distance, error = self.novelty(x)
        return (distance > self.distance_limit) | (error > self.error_limit)

    def set_limits(self, x, share=0.01):
        """Sets each limit, which is saved, to what this share of x is above."""
        values = batches.mapped(lambda rows: tf.stack(self.novelty(rows), axis=1), x)
        for limit, value in zip(self.state, np.quantile(values, 1.0 - share, axis=0), strict=True):
            getattr(self, limit).assign(value)
