"""Deep convolutional GAN (Radford et al., 2016, arXiv:1511.06434)."""

from typing import Annotated

from zoo.contract.settings import Count
from zoo.gan.base import AdversarialModel
from zoo.losses.games import NonSaturating
from zoo.networks import dcgan
from zoo.registry import register


@register
class DCGAN(AdversarialModel):
    """The non-saturating game between networks that are convolutions from end to end.

        discriminator = softplus(-l(x)) + softplus(l(G(z)))
        generator     = softplus(-l(G(z)))

    Transposed convolutions of stride 2 from a small map up to the image, strided ones down to a
    logit; batch normalization in every layer but the generator's last and the discriminator's
    first; ReLU and tanh, leaky ReLU; no pooling, no hidden dense layer (Section 3, Figure 1).

    Departures: kernels of 5 x 5, as in Figure 1 and in the authors' Theano code; their Torch
    code has 4 x 4. The number of stages follows from the size of the images.

    Args:
        generator: noise `(batch, latent_dim)` to images.
        discriminator: images to one logit.
        latent_dim: size of z ~ U(-1, 1); 100 in the paper.
        width: channels of the generator's last stage and of the discriminator's first; 128 in
            the paper.
        kernel: side of the kernels.

    Reference: Radford, Metz and Chintala, 2016, "Unsupervised representation learning with deep
    convolutional generative adversarial networks", ICLR.
    """

    game = NonSaturating()
    noise_distribution = "uniform"
    data_ranks = (3,)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        width: Annotated[int, Count(size=True)] = 64,
        kernel: Annotated[int, Count(at_most=15, size=True)] = 5,
    ):
        return {
            "generator": dcgan.generator(latent_dim, data_shape, width, kernel=kernel),
            "discriminator": dcgan.discriminator(data_shape, width, kernel=kernel),
        }
