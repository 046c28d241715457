"""Autoencoder."""

import keras

from zoo.autoencoder.base import AutoencoderModel
from zoo.registry import register


@register
class Autoencoder(AutoencoderModel):
    """The deterministic autoencoder: x to z to x, without any distribution of z.

        loss = |x - decoder(encoder(x))|^2    (summed over the data, mean over the batch)

    `sample` needs a distribution of codes: `fit_sampler(x)` fits a Gaussian mixture to them.

    Departures: none; there is no single paper.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code.
        prior: `zoo.priors` object with `fit`; ten Gaussians where None.

    Reference: Hinton and Salakhutdinov, 2006, "Reducing the dimensionality of data with
    neural networks", Science 313.
    """

    frozen = ("prior",)  # fitted, not moved

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-3)
