"""Semi-supervised variational autoencoder, "M2" (Kingma et al., 2014, arXiv:1406.5298)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Number, Weight, Widths
from zoo.networks import default
from zoo.registry import register
from zoo.vae_label.base import LabelledVariationalModel


@register
class M2VAE(LabelledVariationalModel):
    """A VAE of data of which few have labels, and a classifier that the others teach too.

    With b(x, y) = E_q ln p(x|z, y) + ln p(y) - KL(q(z|x, y) | p(z)), z ~ q(z|x, y):

        bound = -b(x, y)                                    where the label is known    (Eq. 6)
        bound = -sum_y q(y|x) [b(x, y) - ln q(y|x)]         where it is -1              (Eq. 7)
        classification = -alpha N / N_l ln q(y|x) of labelled rows, 0 of the others     (Eq. 9)

    N_l of N training rows have labels. The labels of all rows are enumerated in one pass, known
    or not. Without the last term labels would not teach the classifier. The paper's weight, 0.1 N
    for the mean over labelled rows of a sum over all rows, is alpha = 0.1 for means.

    Departures: labelled and unlabelled rows share a batch as they come; the paper draws a
    fixed number of each. In evaluation the last term is the mean over the labelled rows there.

    Args:
        encoder: `[data, labels]` to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: `[codes, labels]` to the likelihood's parameters.
        classifier: data to `num_classes` logits of q(y|x).
        latent_dim: size of the code; 50 in the paper.
        num_classes: how many labels.
        classification_weight: alpha.
        labelled_share: N_l / N; counted by the first `fit` where None. 0: each batch takes the
            mean over its own labelled rows, which weighs less where many batches have none.

    Reference: Kingma, Rezende, Mohamed and Welling, 2014, "Semi-supervised learning with
    deep generative models".
    """

    players = {
        "model": ("classifier", "encoder", "decoder", "posterior", "likelihood", "prior"),
    }
    terms = {"model": ("bound", "classification")}
    targets = "some_labels"
    formerly = {"labelled_share": 0.0}

    def __init__(
        self,
        encoder,
        decoder,
        classifier,
        latent_dim,
        num_classes,
        *,
        classification_weight: Annotated[float, Weight(search=(0.01, 10.0))] = 0.1,
        labelled_share: Annotated[float | None, Number(at_least=0.0, at_most=1.0)] = None,
        **parts,
    ):
        data_shape = checks.shapes(encoder.input_shape)[0]
        checks.require_map(type(self), "classifier", classifier, data_shape, (num_classes,))
        parts |= {"classifier": classifier, "classification_weight": classification_weight}
        parts["labelled_share"] = labelled_share
        super().__init__(encoder, decoder, latent_dim, num_classes, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        **sizes,
    ):
        sizes |= {"num_classes": num_classes, "hidden": hidden, "channels": channels}
        networks = super().default_networks(data_shape, latent_dim, **sizes)
        classifier = default.encoder(data_shape, num_classes, hidden, channels, name="classifier")
        return {**networks, "classifier": classifier}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(3e-4)

    def model_loss(self, x, y, training):
        bounds = self.class_bounds(x, training)
        log_q = tf.nn.log_softmax(self.classifier(x, training=training))
        one_hot = tf.one_hot(y, self.num_classes)  # all 0 where the label is unknown
        labelled, unlabelled = (
            tf.reduce_sum(p * b, axis=1)
            for p, b in ((one_hot, bounds), (tf.exp(log_q), bounds - log_q))
        )
        cross_entropy = -tf.reduce_sum(one_hot * log_q, axis=1)
        each = self.among_labelled(y >= 0, cross_entropy, training)
        return {
            "bound": -tf.where(y >= 0, labelled, unlabelled),
            "classification": self.now(self.classification_weight) * each,
        }

    def classify(self, x):
        """q(y|x), `(batch, num_classes)`."""
        return tf.nn.softmax(self.classifier(x, training=False))
