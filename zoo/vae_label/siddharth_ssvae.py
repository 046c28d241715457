"""Semi-supervised VAE of partial labels (Siddharth et al., 2017, arXiv:1706.00400)."""

import math
from typing import Annotated

import keras
import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Count, Likelihood, Sizes, Weight, Widths
from zoo.losses.partial_labels import every_class
from zoo.registry import register
from zoo.vae_label.base import LabelledVariationalModel
from zoo.vae_label.factorizations import FACTORIZATIONS, named

LabelSizes = Annotated[tuple[int, ...] | None, Sizes()]
Factorization = Annotated[str, Choice(tuple(FACTORIZATIONS))]


@register
class SiddharthSSVAE(LabelledVariationalModel):
    """A VAE of data and of labels of which any may be unknown, and what infers them.

    With u the labels that are unknown, k those that are known, and S draws of z:

        bound          = -E_q(z, u|x, k) [ln p(x, y, z) - ln q(y, z|x)] - ln q(k|x)     (Eq. 4)
        classification = -w ln q(k|x), mean of the rows with a label that is known

    Both weigh gamma where a label is known; the paper's alpha is 1 + w N / N_known. The classes
    that u may be are enumerated. factorization="label_first" is q(y|x) q(z|x, y): of one label it
    is M2VAE. "code_first" is q(z|x) q(y|x, z): then q(k|x) is the mean of w_s = q(k|x, z_s) over
    draws z_s of q(z|x), and the expectation is weighed by w_s / sum w (Eq. 5, 6).

    Departures: labelled and unlabelled rows share a batch as they come; discrete labels alone.

    Args:
        encoder: `[data, labels]` to `(batch, 2 latent_dim)`; of data alone where code comes first.
        decoder: `[codes, labels]` to the likelihood's parameters.
        classifier: data, or `[data, codes]` where code comes first, to logits of each label.
        latent_dim: size of the code.
        num_classes: how many classes, all labels together.
        label_sizes: values of each of several labels, whose product is `num_classes`; y is then
            int32 `(batch, labels)`. None: one label.
        factorization: "label_first" or "code_first".
        draws: S; where the label comes first there is one.
        supervised_weight, classification_weight: gamma and w.

    Reference: Siddharth, Paige, van de Meent, Desmaison, Goodman, Kohli, Wood and Torr, 2017,
    "Learning disentangled representations with semi-supervised deep generative models", NeurIPS.
    """

    players = {
        "model": ("classifier", "encoder", "decoder", "posterior", "likelihood", "prior"),
    }
    terms = {"model": ("bound", "classification")}
    targets = "some_labels"

    def __init__(
        self,
        encoder,
        decoder,
        classifier,
        latent_dim,
        num_classes,
        *,
        label_sizes: LabelSizes = None,
        factorization: Factorization = "label_first",
        draws: Annotated[int, Count()] = 10,
        supervised_weight: Annotated[float, Weight(search=(0.1, 10.0))] = 1.0,
        classification_weight: Annotated[float, Weight(search=(0.01, 10.0))] = 0.1,
        **parts,
    ):
        sizes, shape = list(label_sizes or [num_classes]), checks.shapes(encoder.input_shape)[0]
        if math.prod(sizes) != num_classes:
            words = "`num_classes` of SiddharthSSVAE must be the product of `label_sizes`."
            raise ValueError(f"{words} Received: {num_classes} and {label_sizes}.")
        taken = named(factorization).taken(shape, latent_dim)
        checks.require_map(type(self), "classifier", classifier, taken, (sum(sizes),))
        parts |= {"classifier": classifier, "label_sizes": label_sizes, "draws": draws}
        parts |= {"factorization": factorization, "supervised_weight": supervised_weight}
        parts["classification_weight"] = classification_weight
        super().__init__(encoder, decoder, latent_dim, num_classes, **parts)
        self.sizes, self.inference = sizes, named(factorization)

    @staticmethod
    def labels_taken(parts):
        shape = () if parts["label_sizes"] is None else (len(parts["label_sizes"]),)
        told = named(parts["factorization"]).encoder_is_told
        return {"labels": [shape], "is_told": told}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        label_sizes: LabelSizes = None,
        factorization: Factorization = "label_first",
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
    ):
        labels, sizes = label_sizes or num_classes, {"hidden": hidden, "channels": channels}
        given = {"num_classes": labels, "likelihood": likelihood, **sizes}
        networks = super().default_networks(data_shape, latent_dim, **given)
        codes, outputs = cls.default_posterior().width(latent_dim), int(np.sum(labels))
        dims = data_shape, codes, latent_dim, outputs
        return {**networks, **named(factorization).networks(*dims, sizes)}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(3e-4)

    def label_of(self, classes):
        return classes if self.label_sizes is None else tf.gather(every_class(self.sizes), classes)

    def codes(self, x, y, training):
        return self.inference.codes(self, x, y, training)

    def model_loss(self, x, y, training):
        bound, log_known = self.inference.terms(self, x, y, training)
        known = tf.reduce_any(tf.reshape(y, [-1, len(self.sizes)]) >= 0, axis=1)
        gamma = self.now(self.supervised_weight)
        error = gamma * self.now(self.classification_weight) * self.among(known, -log_known)
        return {"bound": tf.where(known, gamma * bound, bound), "classification": error}

    def classify(self, x):
        """q(y|x) of every class, `(batch, num_classes)`."""
        return self.inference.shares(self, x)
