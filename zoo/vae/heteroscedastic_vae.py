"""VAE whose decoder gives a mean and a variance for every output (Kingma and Welling, 2014)."""

from zoo.likelihoods.gaussian import Gaussian
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class HeteroscedasticVAE(VariationalModel):
    """A VAE that knows where its reconstructions are uncertain.

        loss = 1/2 sum_i [(x_i - mean_i)^2 / var_i + ln var_i + ln 2 pi] + KL(q(z|x) | N(0, I))

    mean and ln var are the two halves of the decoder's last axis. `sample(noise=True)`
    adds the noise the model has learned.

    Departures: ln var is clamped to [-10, 10], and for images to [-3, 10]: pixels that are
    the same in every image would otherwise weigh so much that codes leave the prior, and
    samples are no images.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to twice the channels of the data.
        latent_dim: size of the code.

    Reference: Kingma and Welling, 2014, "Auto-encoding variational Bayes", Appendix C.2.
    """

    @staticmethod
    def default_likelihood(bounded):
        lowest = -3.0 if bounded else -10.0
        return Gaussian(variance="output", bounded=bounded, lowest=lowest)
