"""cGAN with projection discriminator (Miyato and Koyama, 2018, arXiv:1802.05637)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count, Widths
from zoo.gan_label.base import LabelledAdversarialModel
from zoo.layers.projection_head import ProjectionHead
from zoo.layers.spectral_norm import SpectralNorm
from zoo.losses.games import Hinge
from zoo.networks import conditional_resnet, default
from zoo.networks.conditional_resnet import Style
from zoo.registry import register


@register
class ProjectionGAN(LabelledAdversarialModel):
    """The hinge game of classes: a label enters the discriminator by an inner product.

        discriminator = relu(1 - l(x, y)) + relu(1 + l(G(z, y), y))    (Eq. 9 of the appendix)
        generator     = -l(G(z, y), y)
        l(x, y)       = psi(phi(x)) + y' V phi(x)                      (Eq. 3)

    All layers of l are spectrally normalized; G's batch normalization has a gain and a bias for
    each class. The discriminator moves five times, each on a fresh batch, and a generator's
    move makes two batches, as in the released code. At the best generator l says nothing of
    the class: it does not classify.

    Departures: the rate does not fall to 0, since the length of a run is not known: give
    `compile` a schedule. Default networks are those for CIFAR-10 of `zoo.networks.resnet`, with
    blocks for other sizes. Not the later "Projected GAN".

    Args:
        generator: `[noise, labels]` to data.
        discriminator: `[data, labels]` to one raw output.
        latent_dim: size of z ~ N(0, I); 128 in the paper.
        num_classes: how many labels.
        discriminator_moves: n_dis.

    Reference: Miyato and Koyama, 2018, "cGANs with projection discriminator", ICLR.
    """

    fresh_batches = ("discriminator",)
    game = Hinge()
    batch_size, generator_batches = 64, 2

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        num_classes,
        *,
        discriminator_moves: Annotated[int, Count()] = 5,
        **parts,
    ):
        parts["discriminator_moves"] = discriminator_moves
        super().__init__(generator, discriminator, latent_dim, num_classes, **parts)
        self.moves = {"discriminator": discriminator_moves}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (256, 128),
    ):
        if not default.is_image(data_shape):
            sizes = {"num_classes": num_classes, "hidden": hidden}
            return super().default_networks(data_shape, latent_dim, **sizes)
        width, judge_width = channels[0], channels[-1]
        widths, judge_widths, halvings = conditional_resnet.pyramid(data_shape, 1)
        widths, judge_widths = [width] * len(widths), [judge_width] * len(judge_widths)
        shape = data_shape, num_classes
        return {
            "generator": conditional_resnet.generator(latent_dim, *shape, widths, Style(False)),
            "discriminator": conditional_resnet.discriminator(
                *shape, judge_widths, halvings, Style(True)
            ),
        }

    @classmethod
    def default_discriminator(cls, data_shape, num_classes, sizes):
        x, labels = keras.Input(data_shape), keras.Input((), dtype="int32")
        h = x
        for width in sizes["hidden"]:
            h = keras.layers.LeakyReLU(0.2)(SpectralNorm(keras.layers.Dense(width))(h))
        output = ProjectionHead(num_classes, name="projection")([h, labels])
        output = keras.layers.Activation("linear", dtype="float32")(output)
        return keras.Model([x, labels], output, name="discriminator")

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)
