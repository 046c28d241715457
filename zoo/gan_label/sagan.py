"""Self-attention GAN (Zhang et al., 2019, arXiv:1805.08318)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count
from zoo.gan_label.base import LabelledAdversarialModel
from zoo.losses.games import Hinge
from zoo.networks import conditional_resnet
from zoo.networks.conditional_resnet import Style
from zoo.registry import register


@register
class SAGAN(LabelledAdversarialModel):
    """The hinge game of classes, with attention in both networks and two learning rates.

        discriminator = relu(1 - l(x, y)) + relu(1 + l(G(z, y), y))    (Eq. 4)
        generator     = -l(G(z, y), y)

    Both networks are spectrally normalized and move once a step, the discriminator at four
    times the rate (Section 4). Attention (`zoo.layers.self_attention`) stands where maps have
    the side of `attention`; l projects the label (`zoo.layers.projection_head`).

    Departures: beta_2 is 0.9 as in the paper, 0.999 in the released code; keys and values are
    not pooled, as in the paper and not in the code. Default networks are a quarter as wide.

    Args:
        generator: `[noise, labels]` to images.
        discriminator: `[images, labels]` to one raw output.
        latent_dim: size of z ~ N(0, I); 128 in the paper.
        num_classes: how many labels.
        width: channels that the pyramid of default networks multiplies; 64 in the paper.
        attention: side of the maps with attention; 32 in the paper for 128 x 128; half of the
            images' where null, at most 32.

    Reference: Zhang, Goodfellow, Metaxas and Odena, 2019, "Self-attention generative adversarial
    networks", ICML.
    """

    game = Hinge()
    data_ranks, batch_size = (3,), 64

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        width: Annotated[int, Count(size=True)] = 16,
        attention: Annotated[int | None, Count()] = None,
    ):
        widths, judge_widths, halvings = conditional_resnet.pyramid(data_shape, width)
        shape, style = (data_shape, num_classes), Style(True)
        attention = attention or min(32, data_shape[0] // 2)
        return {
            "generator": conditional_resnet.generator(latent_dim, *shape, widths, style, attention),
            "discriminator": conditional_resnet.discriminator(
                *shape, judge_widths, halvings, style, attention
            ),
        }

    def default_optimizer(self, player):
        rate = {"discriminator": 4e-4, "generator": 1e-4}[player]
        return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)
