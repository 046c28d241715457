"""Semi-supervised adversarial autoencoder (Makhzani et al., 2016, arXiv:1511.05644)."""

import tensorflow as tf

from zoo.contract.settings import TermWeight
from zoo.matching.categorical import CategoricalAutoencoder
from zoo.registry import register


@register
class SemiSupervisedAAE(CategoricalAutoencoder):
    """An adversarial autoencoder of class and style, and a few labels that name the classes.

    With y = softmax(e_y(x)), z = e_z(x), draws y~ of Cat(1/K), one-hot, and z~ of N(0, I):

        autoencoder = |x - D(y, z)|^2                                        (reconstruction)
        critics     = softplus(-C(z~)) + softplus(C(z))                      (regularization)
                      + softplus(-C_y(y~)) + softplus(C_y(y))
        encoder     = softplus(-C(z)) + softplus(-C_y(y))
        classifier  = -classification_weight ln y_label, mean over labelled rows  (Section 5)

    The players move in this order on one batch; labels are -1 where they are unknown.

    Departures: Adam in place of momentum; labelled and unlabelled rows share a batch, where
    the paper draws the labelled ones apart: a batch should hold several, or clusters are found
    before they are named. Networks have the widths of `hidden`.

    Args:
        encoder: data to `[num_classes logits, z]`.
        decoder: `[class probabilities, z]` to data.
        critic, label_critic: z, and class probabilities, to one raw output.
        latent_dim: size of z; 10 in the paper for MNIST.
        num_classes: K.
        classification_weight: of the labels' cross-entropy.
        prior, class_prior: of z and of classes.

    Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2016, "Adversarial autoencoders".
    """

    players = {**CategoricalAutoencoder.players, "classifier": ("encoder",)}
    terms = {**CategoricalAutoencoder.terms, "classifier": ("classification",)}
    partial = ("classifier",)  # its loss does not depend on z
    targets, batch_size = "some_labels", 100

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        label_critic,
        latent_dim,
        num_classes,
        *,
        classification_weight: TermWeight = 1.0,
        **parts,
    ):
        networks = encoder, decoder, critic, label_critic, latent_dim, num_classes
        super().__init__(*networks, classification_weight=classification_weight, **parts)

    def classifier_loss(self, x, y, training):
        logits, _ = self.encoder(x, training=training)
        labels = tf.maximum(y, 0)
        error = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        weight = self.now(self.classification_weight)
        return {"classification": weight * self.among(y >= 0, error)}
