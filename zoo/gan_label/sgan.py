"""Semi-supervised GAN (Salimans et al., 2016, arXiv:1606.03498; Odena, 2016, arXiv:1606.01583)."""

from typing import Annotated, Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Flag, TermWeight, Widths
from zoo.gan.base import AdversarialModel
from zoo.losses.features import feature_matching
from zoo.networks import default
from zoo.registry import register


@register
class SGAN(AdversarialModel):
    """A classifier whose further class is "generated": unlabelled data teach it, too.

        discriminator = softplus(-Z(x)) + softplus(Z(G(z))) - w ln softmax(l(x))_y    (Section 5)
        generator     = |E f(x) - E f(G(z))|^2,   or softplus(-Z(G(z))) where it matches nothing
        Z = ln sum_k exp l_k

    The K + 1 classes have the logits l_1 ... l_K and 0, so that Z is the logit of being data. The
    last term is a mean over the rows that have labels. f are the features that l is read from;
    to match their means makes the better classifier (Salimans et al.), to play the game the
    better samples (Odena).

    Departures: no normalization of weights; the paper's code weights both terms of
    unlabelled data by a half, and matches by the mean absolute difference on CIFAR-10.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to `[num_classes logits, features]`.
        latent_dim: size of z ~ N(0, I).
        num_classes: K; labels of -1 are unknown.
        classification_weight: w.
        matches: whether the generator matches features.

    Reference: Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, "Improved techniques
    for training GANs", NeurIPS; Odena, 2016, "Semi-supervised learning with generative
    adversarial networks".
    """

    terms = {"discriminator": ("adversarial", "classification"), "generator": ("adversarial",)}
    verbs = {**AdversarialModel.verbs, "classify": ("x",)}
    targets, batch_size = "some_labels", 100

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        num_classes,
        *,
        classification_weight: TermWeight = 1.0,
        matches: Annotated[bool, Flag()] = True,
        **parts,
    ):
        parts |= {"num_classes": num_classes, "matches": matches}
        parts["classification_weight"] = classification_weight
        super().__init__(generator, discriminator, latent_dim, **parts)
        if matches:
            self.terms = {**self.terms, "generator": ("feature_matching",)}

    @classmethod
    def require_networks(cls, generator, discriminator, latent_dim, *, num_classes, **parts):
        data_shape, outputs = discriminator.input_shape[1:], [(num_classes,), (None,)]
        checks.require_map(cls, "discriminator", discriminator, data_shape, outputs)
        checks.require_map(cls, "generator", generator, (latent_dim,), data_shape)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        judge = default.discriminator(data_shape, **sizes, outputs=num_classes, features=True)
        return {
            "generator": default.generator(latent_dim, data_shape, **sizes),
            "discriminator": judge,
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(3e-4, beta_1=0.5)

    def judge(self, x, y, training):
        """Z, the logit of being data, `(batch,)`."""
        return tf.reduce_logsumexp(self.discriminator(x, training=training)[0], axis=1)

    def discriminator_loss(self, x, y, training):
        logits, _ = self.discriminator(x, training=training)
        fake = self.judge(self.generate(tf.shape(x)[0], None, training), None, training)
        adversarial = self.game.discriminator(tf.reduce_logsumexp(logits, axis=1), fake)
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
        errors = self.among(y >= 0, cross_entropy(labels=tf.maximum(y, 0), logits=logits))
        classification = self.now(self.classification_weight) * errors
        return {"adversarial": adversarial, "classification": classification}

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], None, training)
        if not self.matches:
            return {"adversarial": self.game.generator(self.judge(samples, None, training))}
        fake, real = (self.discriminator(rows, training=training)[1] for rows in (samples, x))
        return {"feature_matching": feature_matching(real, fake)}

    def classify(self, x):
        """softmax(l), `(batch, num_classes)`."""
        return tf.nn.softmax(self.discriminator(x, training=False)[0])
