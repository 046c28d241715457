"""Auxiliary classifier GAN (Odena et al., 2017, arXiv:1610.09585)."""

import tensorflow as tf

from zoo.contract.settings import TermWeight
from zoo.gan_label.base import LabelledAdversarialModel
from zoo.networks import default
from zoo.networks.features import with_head
from zoo.registry import register


@register
class ACGAN(LabelledAdversarialModel):
    """A GAN of classes: its discriminator classifies, and both players lower its error on samples.

        discriminator = softplus(-l(x)) + softplus(l(x')) - w ln C(y|x) - w ln C(y|x')  (Eq. 2, 3)
        generator     = softplus(-l(x')) - w ln C(y|x'),   x' = G(z, y)

    l is the logit of being data; l and C share a trunk that takes no label.

    Departures: the non-saturating game (the paper writes -L_S); other networks.

    Args:
        generator: `[noise, labels]` to data.
        discriminator: data to `[one logit, num_classes logits]`.
        latent_dim: size of z; 110 in the paper.
        num_classes: how many labels.
        classification_weight: w.

    Reference: Odena, Olah and Shlens, 2017, "Conditional image synthesis with auxiliary
    classifier GANs", ICML.
    """

    terms = {p: ("adversarial", "classification") for p in LabelledAdversarialModel.players}
    verbs = {**LabelledAdversarialModel.verbs, "classify": ("x",), "score": ("x",)}
    score_is_labelled = False

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        num_classes,
        *,
        classification_weight: TermWeight = 1.0,
        **parts,
    ):
        parts["classification_weight"] = classification_weight
        super().__init__(generator, discriminator, latent_dim, num_classes, **parts)

    @classmethod
    def outputs(cls, *, num_classes, **parts):
        return [(1,), (num_classes,)]

    @classmethod
    def default_discriminator(cls, data_shape, num_classes, sizes):
        return with_head(default.discriminator(data_shape, **sizes), num_classes, hidden=())

    def judge_and_classify(self, x, y, training):
        """The logit of being data, and -ln C(y|x); each `(batch,)`."""
        logit, classes = self.discriminator(x, training=training)
        return logit[:, 0], tf.nn.sparse_softmax_cross_entropy_with_logits(y, classes)

    def discriminator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        real, real_error = self.judge_and_classify(x, y, training)
        fake, fake_error = self.judge_and_classify(samples, y, training)
        errors = self.now(self.classification_weight) * (real_error + fake_error)
        return {"adversarial": self.game.discriminator(real, fake), "classification": errors}

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        fake, fake_error = self.judge_and_classify(samples, y, training)
        errors = self.now(self.classification_weight) * fake_error
        return {"adversarial": self.game.generator(fake), "classification": errors}

    def classify(self, x):
        """C(y|x), `(batch, num_classes)`."""
        return tf.nn.softmax(self.discriminator(x, training=False)[1])
