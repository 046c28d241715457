"""Conditional GAN (Mirza and Osindero, 2014, arXiv:1411.1784)."""

import tensorflow as tf

from zoo.gan_label.base import LabelledAdversarialModel
from zoo.losses.games import NonSaturating
from zoo.registry import register


@register
class CGAN(LabelledAdversarialModel):
    """A GAN both of whose players take the class as an input.

        discriminator = softplus(-l(x, y)) + softplus(l(G(z, y), y))    (Eq. 2)
        generator     = softplus(-l(G(z, y), y))

    l is the logit of D(x|y). Samples have the labels of the batch they are compared with. At the
    optimum l(x, y) = ln p(x|y) - ln p_G(x|y), which is 0 once the generator is right: `classify`,
    the softmax of l(x, y) + ln p(y), then tells nothing.

    Departures: the non-saturating game; labels are joined to the first layer; Adam.

    Args:
        generator: `[noise, labels]` to data.
        discriminator: `[data, labels]` to one logit.
        latent_dim: size of z ~ N(0, I); 100 in the paper.
        num_classes: how many labels.

    Reference: Mirza and Osindero, 2014, "Conditional generative adversarial nets".
    """

    game = NonSaturating()
    verbs = {**LabelledAdversarialModel.verbs, "classify": ("x",)}

    def classify(self, x):
        """The softmax of l(x, y) + ln p(y) over y, `(batch, num_classes)`."""
        classes = self.num_classes
        labels = tf.tile(tf.range(classes), tf.shape(x)[:1])
        logits = self.judge(tf.repeat(x, classes, axis=0), labels, training=False)
        return tf.nn.softmax(tf.reshape(logits, [-1, classes]) + self.class_prior.log_probs)
