"""InfoGAN (Chen et al., 2016, arXiv:1606.03657)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Count, Weight, Widths
from zoo.gan.base import AdversarialModel
from zoo.networks import default
from zoo.networks.features import with_head
from zoo.priors.codes import Codes
from zoo.registry import register


@register
class InfoGAN(AdversarialModel):
    """A GAN that keeps its code c readable: Q predicts c from what is generated.

        L_I           = E ln Q(c|G(z, c)) + H(c)  <=  I(c; G(z, c))                  (Eq. 5)
        discriminator = softplus(-l(x)) + softplus(l(G(z, c))) - information_weight L_I
        generator     = softplus(-l(G(z, c))) - information_weight L_I               (Eq. 6)

    Q shares the discriminator's trunk and moves with it. `bound` in the logs is L_I in nats,
    H(c) included. Of categories it reaches H(c) where they are read off the data; of a number,
    whose Q has variance 1, at most ln 2 - 1/2 ln 2 pi = -0.23, whatever is read.

    Departures: continuous codes are guessed with variance 1, as in the authors' code.

    Args:
        generator: noise and code, `(batch, latent_dim + codes.size)`, to data.
        discriminator: data to `[one logit, codes.size numbers]`, the parameters of Q(c|x).
        latent_dim: size of z ~ N(0, I); 62 in the paper for MNIST.
        codes: `zoo.priors.codes.Codes`, the distribution of c; where None one category of ten
            and two numbers.
        information_weight: lambda.

    Reference: Chen, Duan, Houthooft, Schulman, Sutskever and Abbeel, 2016, "InfoGAN".
    """

    terms = {player: ("adversarial", "information") for player in AdversarialModel.players}
    watched = {"generator": ("bound",)}
    verbs = {**AdversarialModel.verbs, "sample": ("count", "codes", "seed")}
    verbs |= {"encode": ("x",), "classify": ("x",)}

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        codes=None,
        information_weight: Annotated[float, Weight(search=(0.01, 10.0))] = 1.0,
        **parts,
    ):
        parts |= {"codes": codes or Codes(), "information_weight": information_weight}
        super().__init__(generator, discriminator, latent_dim, **parts)
        self.codes_dim, self.num_classes = self.codes.size, self.codes.categories[0]

    @classmethod
    def require_networks(cls, generator, discriminator, latent_dim, *, codes, **parts):
        data_shape, size = discriminator.input_shape[1:], codes.size
        checks.require_map(cls, "discriminator", discriminator, data_shape, [(1,), (size,)])
        checks.require_map(cls, "generator", generator, (latent_dim + size,), data_shape)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
        categories: Widths = (10,),
        continuous: Annotated[int, Count(at_least=0, size=True)] = 2,
    ):
        codes = Codes(categories, continuous)
        generator = default.generator(latent_dim + codes.size, data_shape, hidden, channels)
        discriminator = default.discriminator(data_shape, hidden, channels)
        discriminator = with_head(discriminator, codes.size)
        return {"generator": generator, "discriminator": discriminator, "codes": codes}

    @property
    def code_shape(self):
        return (self.latent_dim + self.codes.size,)

    def default_optimizer(self, player):
        return keras.optimizers.Adam({"discriminator": 2e-4, "generator": 1e-3}[player], 0.5)

    def noise_map(self):
        return None

    def generate_coded(self, count, training, codes=None):
        """`count` examples, and their codes: `codes`, or draws."""
        z, c = self.noise.normal([count, self.latent_dim]), self.codes.sample(count, codes)
        return self.generator(tf.concat([z, c], axis=1), training=training), c

    def logits_and_bound(self, count, training):
        """The logits of generated examples, and their parts of L_I in nats; both `(batch,)`."""
        fake, c = self.generate_coded(count, training)
        logit, guess = self.discriminator(fake, training=training)
        return logit[:, 0], self.codes.log_guess(c, guess) + self.codes.entropy

    def discriminator_loss(self, x, y, training):
        fake, bound = self.logits_and_bound(tf.shape(x)[0], training)
        adversarial = self.game.discriminator(self.judge(x, y, training), fake)
        information = -self.now(self.information_weight) * bound
        return {"adversarial": adversarial, "information": information}

    def generator_loss(self, x, y, training):
        fake, bound = self.logits_and_bound(tf.shape(x)[0], training)
        information = -self.now(self.information_weight) * bound
        adversarial = self.game.generator(fake)
        return {"adversarial": adversarial, "information": information, "bound": bound}

    def sample(self, count, codes=None, seed=None):
        """`count` examples of these codes; None, or a code without a category, is drawn."""
        with self.noise.serving(seed, count):
            return self.generate_coded(count, False, codes)[0]

    def encode(self, x):
        """Q(c|x): probabilities of categories and means of numbers, `(batch, codes.size)`."""
        return self.codes.mean(self.discriminator(x, training=False)[1])

    def classify(self, x):
        """Q(c|x) of the first category, `(batch, categories[0])`."""
        return self.encode(x)[:, : self.num_classes]
