"""VAE with a Gaussian likelihood of fixed variance (Dai and Wipf, 2019, arXiv:1903.05789)."""

from typing import Annotated

from zoo.contract.settings import Number
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks import default
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class FixedVarianceVAE(VariationalModel):
    """A VAE that measures reconstructions by squared error.

        loss = |x - mean(z)|^2 / (2 sigma^2) + D/2 ln(2 pi sigma^2) + KL(q(z|x) | N(0, I))

    sigma to 0 gives an autoencoder, sigma to infinity a posterior equal to the prior: in
    pixels, sigma wants to be near the error of a pixel (0.15 for the 8 x 8 digits).

    Departures: none known; sigma = 1 is the baseline of the paper.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to means; of images before the sigmoid.
        latent_dim: size of the code.
        likelihood: a `zoo.likelihoods.gaussian.Gaussian` with the sigma wanted.
        sigma: of `zoo.create`, the standard deviation of the likelihood it makes.

    Reference: Dai and Wipf, 2019, "Diagnosing and enhancing VAE models".
    """

    @staticmethod
    def default_likelihood(bounded):
        return Gaussian(bounded=bounded)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        sigma: Annotated[float, Number(above=0.0, search=(0.03, 1.0))] = 1.0,
        **sizes,
    ):
        likelihood = Gaussian(sigma, bounded=default.is_image(data_shape))
        sizes = {"likelihood": likelihood, **sizes}
        return super().default_networks(data_shape, latent_dim, **sizes)
