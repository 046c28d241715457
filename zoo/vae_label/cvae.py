"""Conditional variational autoencoder (Kingma et al., 2014, arXiv:1406.5298)."""

import tensorflow as tf

from zoo.registry import register
from zoo.vae_label.base import LabelledVariationalModel


@register
class CVAE(LabelledVariationalModel):
    """A VAE conditioned on the class of what it encodes and decodes.

        loss = -E_q ln p(x|z, c) + KL(q(z|x, c) | N(0, I)),  z ~ q(z|x, c)

    The code holds what the label does not. `classify` weighs the bounds of all classes by
    Bayes' rule:

        p(c|x) ~ softmax_c [bound of ln p(x|c) + ln p(c)]

    Both networks take the label; a posterior without it, as lectures print, is another model.
    Not the model of Sohn et al. (2015), whose prior is a network too.

    Departures: there is no single paper; this is the M2 model of the reference with every
    label known.

    Args:
        encoder: `[data, labels]` to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: `[codes, labels]` to the likelihood's parameters.
        latent_dim: size of the code.
        num_classes: how many labels.

    Reference: Kingma, Rezende, Mohamed and Welling, 2014, "Semi-supervised learning with
    deep generative models", Eq. 6.
    """

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, y, training)
        return {"reconstruction": nll, "divergence": divergence}

    def classify(self, x):
        """p(c|x) by one draw of each class, the same for every row: `(batch, num_classes)`."""
        count = tf.shape(x)[0]
        with self.noise.serving(tf.zeros([count], tf.int64), count):
            return tf.nn.softmax(self.class_bounds(x, training=False))
