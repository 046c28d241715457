"""Pix2Pix (Isola et al., 2017, arXiv:1611.07004)."""

from typing import Annotated

from zoo.contract.settings import Weight
from zoo.registry import register
from zoo.translation.paired import PairedTranslation


@register
class Pix2Pix(PairedTranslation):
    """A translator of images, trained on pairs against a discriminator of patches.

        discriminator = 1/2 [softplus(-l(x, y)) + softplus(l(x, G(x)))]          (Eq. 1)
        generator     = softplus(-l(x, G(x))) + reconstruction_weight |y - G(x)|_1    (Eq. 4)

    l is the map of logits of the patches, and both terms are means: over patches and over
    pixels. The noise is dropout in G, which stays on in `translate`; the paper, too, finds
    that it varies little. A large weight leaves the median of y given x.

    Departures: instance normalization at any batch size (the paper's batch normalization at
    batch size 1). The paper's lambda, 100, is for pixels in [-1, 1]: 200 in [0, 1].

    Args:
        generator: x to images like y, such as `zoo.networks.unet`.
        discriminator: x and y, joined along the channels, to raw outputs, such as
            `zoo.networks.patch`.
        reconstruction_weight: lambda, for pixels in [0, 1].

    Reference: Isola, Zhu, Zhou and Efros, 2017, "Image-to-image translation with
    conditional adversarial networks".
    """

    batch_size = 1

    def __init__(
        self,
        generator,
        discriminator,
        *,
        reconstruction_weight: Annotated[float, Weight(search=(2.0, 1000.0))] = 200.0,
        **parts,
    ):
        parts["reconstruction_weight"] = reconstruction_weight
        super().__init__(generator, discriminator, **parts)
