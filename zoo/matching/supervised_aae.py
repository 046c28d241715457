"""Adversarial autoencoders that are told labels (Makhzani et al., 2016, arXiv:1511.05644)."""

import tensorflow as tf

from zoo.contract.settings import Posterior
from zoo.losses.reconstruction import squared_error
from zoo.matching.adversarial import PriorChoice
from zoo.matching.labelled import LabelledAdversarialAutoencoder, Variant
from zoo.priors.named import prior as named
from zoo.registry import register


@register
class SupervisedAAE(LabelledAdversarialAutoencoder):
    """An adversarial autoencoder that is told labels: by its decoder, or by its critic.

        autoencoder = |x - D(z, y)|^2                            variant "style"    (Section 4)
        critic      = softplus(-C(z~)) + softplus(C(z))
        encoder     = softplus(-C(z))

        autoencoder = |x - D(z)|^2                               variant "informed" (Section 2.3)
        critic      = softplus(-C(z~_y, y)) + softplus(C(z, y))
        encoder     = softplus(-C(z, y))

    Style: the class is given to the decoder, so that z holds what is left. Informed: mode y of
    the prior is the place of class y; draws of the whole prior stand for rows without a label
    (-1), and `classify` gives the probabilities of the modes of a code.

    Departures: Adam in place of momentum. An unknown label is shown to the critic as zeros,
    where the paper has one more class.

    Args:
        encoder, latent_dim, posterior: as in `AAE`.
        decoder: `[codes, labels]` to data; informed, codes to data.
        critic: codes to one raw output; informed, `[codes, labels]`.
        num_classes: how many labels.
        variant: "style" or "informed".
        prior: as in `AAE`; informed, one with a mode for each class, "wheel" or "swiss_roll".
        class_prior: `zoo.priors.categorical.Categorical`, of labels that `sample` draws.

    Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2016, "Adversarial autoencoders".
    """

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        num_classes,
        *,
        variant: Variant = "style",
        prior: PriorChoice = "normal",
        posterior: Posterior = "deterministic",
        **parts,
    ):
        modes = {"modes": num_classes} if prior in ("wheel", "swiss_roll") else {}
        parts |= {"prior": named(prior, latent_dim, **modes), "posterior": posterior}
        super().__init__(
            encoder, decoder, critic, latent_dim, num_classes, variant=variant, **parts
        )

    def autoencoder_loss(self, x, y, training):
        output = self.decoded(self.codes(x, training), y, training)
        return {"reconstruction": squared_error(x, output)}

    def critic_loss(self, x, y, training):
        modes = {"modes": y} if self.informed else {}
        real = self.judge(self.prior.sample(tf.shape(x)[0], **modes), training, y)
        fake = self.judge(self.codes(x, training), training, y)
        return {"adversarial": self.game.discriminator(real, fake)}

    def encoder_loss(self, x, y, training):
        outputs = self.judge(self.codes(x, training), training, y)
        return {"adversarial": self.game.generator(outputs)}
