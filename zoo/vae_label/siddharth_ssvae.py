"""Semi-supervised VAE of partial labels (Siddharth et al., 2017, arXiv:1706.00400)."""

import math
from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Count, Likelihood, Number, Sizes, Weight, Widths
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
        classification = -w N / N_k ln q(k|x) of the N_k of N rows with a label that is known

    Both weigh gamma where a label is known; the paper's alpha is 1 + w N / N_k. All classes that
    u may be are enumerated. factorization="label_first" is q(y|x) q(z|x, y): M2VAE, of one label.
    "code_first" is q(z|x) q(y|x, z): q(k|x) is the mean of w_s = q(k|x, z_s) over draws z_s of
    q(z|x), and the expectation is weighed by w_s / sum w (Eq. 5, 6).

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
        labelled_share: N_k / N; counted by the first `fit` where None, of each batch where 0.

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
        labelled_share: Annotated[float | None, Number(at_least=0.0, at_most=1.0)] = None,
        **parts,
    ):
        sizes, shape = list(label_sizes or [num_classes]), checks.shapes(encoder.input_shape)[0]
        if math.prod(sizes) != num_classes:
            words = "`num_classes` of SiddharthSSVAE must be the product of `label_sizes`."
            raise ValueError(f"{words} Received: {num_classes} and {label_sizes}.")
        inputs = named(factorization).classifier_inputs(shape, latent_dim)
        checks.require_map(type(self), "classifier", classifier, inputs, (sum(sizes),))
        parts |= {"classifier": classifier, "label_sizes": label_sizes, "draws": draws}
        parts |= {"factorization": factorization, "supervised_weight": supervised_weight}
        parts |= {"classification_weight": classification_weight, "labelled_share": labelled_share}
        super().__init__(encoder, decoder, latent_dim, num_classes, **parts)
        self.classes_per_label = label_sizes
        self.sizes, self.inference = sizes, named(factorization)

    @staticmethod
    def labels_taken(parts):
        shape = () if parts["label_sizes"] is None else (len(parts["label_sizes"]),)
        takes_labels = named(parts["factorization"]).encoder_takes_labels
        return {"labels": [shape], "encoder_takes_labels": takes_labels}

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
        codes = cls.default_posterior().width(latent_dim)
        dims = data_shape, codes, latent_dim, sum(label_sizes or [num_classes])
        return {**networks, **named(factorization).networks(*dims, sizes)}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(3e-4)

    def codes(self, x, y, training):
        return self.inference.codes(self, x, y, training)

    def model_loss(self, x, y, training):
        bound, log_known = self.inference.terms(self, x, y, training)
        known = tf.reduce_any(tf.reshape(y, [-1, len(self.sizes)]) >= 0, axis=1)
        gamma, weight = self.now(self.supervised_weight), self.now(self.classification_weight)
        error = gamma * weight * self.among_labelled(known, -log_known, training)
        return {"bound": tf.where(known, gamma * bound, bound), "classification": error}

    def classify(self, x):
        """q(y|x) of every class, `(batch, num_classes)`."""
        return self.inference.shares(self, x)
