"""Discrete latent variable model: a mixture, by EM, by gradients or by a bound."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Count
from zoo.density.base import DensityModel
from zoo.input_pipeline import batches
from zoo.likelihoods.components import KINDS
from zoo.networks import default
from zoo.registry import register
from zoo.verbs.labels import completed

Method = Annotated[str, Choice(("em", "gradient", "variational"))]


@register
class DiscreteLVM(DensityModel):
    """x is of one of K kinds: k ~ pi, x ~ p(x|k).

        nll = -ln sum_k pi_k p(x|k),  p(k|x) = pi_k p(x|k) / p(x)

    method="em" is expectation maximization, a step a batch, no gradient, with r_k = p(k|x):

        pi_k <- mean r_k,  mean_k <- mean r_k x / mean r_k    (and the variance of a Gaussian)

    method="gradient" descends on nll; method="variational" on a bound of it, with an encoder:

        reconstruction = -sum_k q_k ln p(x|k),  divergence = sum_k q_k ln q_k / pi_k,  q = q(k|x)

    which is nll where q(k|x) = p(k|x), and above it for every other q.

    Departures: k-means of the first 100 K rows starts the means; steps of EM on a part of the
    rows are noisy; probabilities and variances of EM are at least 0.001.

    Args:
        components: `zoo.likelihoods.components` object, of K distributions.
        encoder: data to K logits of q(k|x), for the bound alone.
        method: "em", "gradient" or "variational".

    Reference: Dempster, Laird and Rubin, 1977, "Maximum likelihood from incomplete data via
    the EM algorithm".
    """

    players = {"density": ("components", "encoder")}
    verbs = {**DensityModel.verbs, "encode": ("x",), "classify": ("x",)}
    verbs |= {"sample": ("count", "labels", "seed")}
    unknown_labels = ("sample",)
    data_ranks, batch_size = (3, 1), 500

    def __init__(self, components, *, encoder=None, method: Method = "em", **parts):
        if (encoder is None) == (method == "variational"):
            words = "`encoder` of DiscreteLVM must be given for method 'variational' alone."
            raise ValueError(f"{words} Received: method {method!r}.")
        if encoder is not None:
            shapes = components.data_shape, (components.count,)
            checks.require_map(type(self), "encoder", encoder, *shapes)
        super().__init__(components=components, encoder=encoder, method=method, **parts)
        own = ("nll",) if encoder is None else ("reconstruction", "divergence")
        self.terms = {"density": own}
        self.num_classes = components.count  # what `labels` of `sample` count

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        num_components: Annotated[int, Count(size=True, search=(2, 50))] = 10,
        likelihood: Annotated[str | None, Choice(tuple(KINDS))] = None,
        method: Method = "em",
    ):
        kind = likelihood or ("bernoulli" if default.is_image(data_shape) else "gaussian")
        encoder = default.encoder(data_shape, num_components) if method == "variational" else None
        return {"components": KINDS[kind](data_shape, num_components), "encoder": encoder}

    @property
    def data_shape(self):
        return self.components.data_shape

    data_range = property(lambda self: self.components.data_range)

    def default_optimizer(self, player):
        return None if self.method == "em" else keras.optimizers.Adam(1e-2)

    def prepare(self, data):
        self.components.start(batches.first_rows(data, self.num_classes, times=100), self.seed)

    def log_prob(self, x, training=False):
        return tf.reduce_logsumexp(self.components.joint_log_prob(x), axis=1)

    def bound(self, x, log_q):
        """The terms of the bound, `(batch,)` each, for any ln q(k|x), `(batch, K)`."""
        q, components = tf.exp(log_q), self.components
        nll, gap = -components.log_prob(x), log_q - components.log_shares
        terms = {"reconstruction": nll, "divergence": gap}
        return {name: tf.reduce_sum(q * each, axis=1) for name, each in terms.items()}

    def density_loss(self, x, y, training):
        if self.encoder is None:
            return super().density_loss(x, y, training)
        return self.bound(x, tf.nn.log_softmax(self.encoder(x, training=training)))

    def update(self, movers, x, y):
        if self.method != "em":
            return super().update(movers, x, y)
        terms = self.terms_of(movers, x, y, training=True)
        moments = self.components.moments(x, self.classify(x))
        self.components.maximize(*self.replica_mean(moments))
        return terms

    def draw(self, count, labels=None):
        return self.components.sample(completed(self, labels, self.components.choose(count)))

    def sample(self, count, labels=None, seed=None):
        """`count` draws of x, each of its component; -1, or None, is one drawn from pi."""
        with self.noise.serving(seed, count):
            return self.draw(count, labels)

    def classify(self, x):
        """p(k|x), `(batch, K)`."""
        return tf.nn.softmax(self.components.joint_log_prob(x))

    encode = classify  # all that is known of the latent variable

    def prototypes(self):
        return self.components.means()
