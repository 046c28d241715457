"""VAE with one learned variance (Dai and Wipf, 2019, arXiv:1903.05789)."""

import keras

from zoo.likelihoods.gaussian import Gaussian
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class LearnedVarianceVAE(VariationalModel):
    """A VAE that learns how precise its reconstructions are.

        loss = |x - mean(z)|^2 / (2 gamma^2) + D ln gamma + D/2 ln 2 pi + KL(q(z|x) | N(0, I))

    At the optimum gamma^2 is the mean squared error of one dimension, and as many
    latents stay active as the data have dimensions. gamma is a weight of the likelihood.

    Departures: none. Not the later "sigma-VAE" with its analytic variance.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to means; of images before the sigmoid.
        latent_dim: size of the code; 64 in the paper.

    Reference: Dai and Wipf, 2019, "Diagnosing and enhancing VAE models", Section 4.
    """

    batch_size = 64

    @staticmethod
    def default_likelihood(bounded):
        return Gaussian(variance="learned", bounded=bounded)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)
