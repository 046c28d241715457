"""Sharpness-aware denoising GAN (Yi and Babyn, 2018, arXiv:1708.06453)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Number, Weight, Widths
from zoo.layers.sharpness_map import SharpnessMap
from zoo.losses.reconstruction import mean_of_rest
from zoo.networks.patch import patch
from zoo.networks.residual_unet import residual_unet
from zoo.registry import register
from zoo.translation.paired import PairedTranslation


@register
class DenoisingGAN(PairedTranslation):
    """A translator of noisy to clean images that is to leave edges as sharp as they were.

        discriminator = 1/2 [softplus(-l(x, y)) + softplus(l(x, G(x)))]             (Eq. 1)
        generator     = softplus(-l(x, G(x))) + reconstruction_weight |y - G(x)|_1  (Eq. 3)
                        + sharpness_weight (S(G(x)) - S(y))^2                       (Eq. 5)

    x is noisy, y clean; S is a map of local sharpness that nobody moves. All terms are means,
    over patches, pixels or places of S. Where the median of y given x is all that is wanted,
    the first and the last term only cost: they keep texture that L1 alone smooths away.

    Departures: the paper's generator is Pix2Pix's U-Net, whose first convolution is strided; here
    a U-Net of full resolution adds to x. S is the smoothed energy of the Laplacian where the
    paper trains a network to detect sharpness (give one as `sharpness`); weights are for pixels
    in [0, 1].
    Its authors abbreviate it SAGAN, which is another model here.

    Args:
        generator: noisy images to clean ones, such as `zoo.networks.residual_unet`.
        discriminator: noisy and clean, joined along the channels, to raw outputs.
        sharpness: images to a map; `zoo.layers.sharpness_map.SharpnessMap` where None.
        reconstruction_weight: of the mean absolute error.
        sharpness_weight: of the squared difference of sharpness.

    Reference: Yi and Babyn, 2018, "Sharpness-aware low-dose CT denoising using conditional
    generative adversarial network", Journal of Digital Imaging 31.
    """

    terms = {
        **PairedTranslation.terms,
        "generator": ("adversarial", "reconstruction", "sharpness"),
    }
    frozen, batch_size = ("sharpness",), 8

    def __init__(
        self,
        generator,
        discriminator,
        *,
        sharpness=None,
        reconstruction_weight: Annotated[float, Weight(search=(2.0, 1000.0))] = 200.0,
        sharpness_weight: Annotated[float, Weight(search=(1.0, 1000.0))] = 20.0,
        **parts,
    ):
        parts |= {"sharpness": sharpness or SharpnessMap(), "sharpness_weight": sharpness_weight}
        parts["reconstruction_weight"] = reconstruction_weight
        super().__init__(generator, discriminator, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        target_shape=None,
        channels: Widths = (16, 32, 64),
        patch_channels: Widths = (16, 32, 64),
        dropout: Annotated[float, Number(at_least=0.0, below=1.0)] = 0.0,
    ):
        *sides, depth = data_shape
        if target_shape and tuple(target_shape) != tuple(data_shape):
            expected = f"`target_shape` of {cls.__name__} must be {tuple(data_shape)}, that of x"
            raise ValueError(f"{expected}. Received: {tuple(target_shape)}.")
        generator = residual_unet(data_shape, channels, dropout)
        return {
            "generator": generator,
            "discriminator": patch((*sides, 2 * depth), patch_channels),
        }

    def penalty(self, y, translated):
        difference = self.sharpness(translated) - self.sharpness(y)
        error = mean_of_rest(tf.square(difference))
        return {"sharpness": self.now(self.sharpness_weight) * error}
