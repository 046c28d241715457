"""VAE with an inverse autoregressive posterior (Kingma et al., 2016, arXiv:1606.04934)."""

from typing import Annotated

from zoo.contract.settings import MOST_PARTS, Count, Widths
from zoo.posteriors.flow import FlowPosterior, inverse_autoregressive_flow
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class IAFVAE(VariationalModel):
    """A VAE whose posterior bends: a Gaussian, then steps of an autoregressive flow.

        loss = -E_q ln p(x|z_T) + ln q(z_T|x) - ln p(z_T)
        z_t  = sigma_t z_{t-1} + (1 - sigma_t) m_t,  sigma_t = sigmoid(s_t)    (Eq. 13, 14)
        ln q(z_T|x) = ln N(z_0; mean, var) - sum_t sum_i ln sigma_ti           (Eq. 11)

    m_t and s_t are of a masked network of z_{t-1} and of h, a context that the encoder
    gives beside mean and variance. The order of z is reversed from step to step.

    Departures: perceptrons and convolutions in place of the paper's ladder of residual
    networks; one level of latents. `encode` gives where the flow takes the Gaussian's mean.

    Args:
        encoder: data to `(batch, 3 latent_dim)`: means, ln variances and h.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        posterior: `zoo.posteriors.flow.FlowPosterior`; four steps where None.
        depth: how many steps a default posterior has.
        flow_hidden: widths of the masked network of each of them.

    Reference: Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling, 2016, "Improving
    variational inference with inverse autoregressive flow".
    """

    default_posterior = FlowPosterior

    def __init__(self, encoder, decoder, latent_dim, *, posterior=None, **parts):
        posterior = posterior or inverse_autoregressive_flow(latent_dim)
        super().__init__(encoder, decoder, latent_dim, posterior=posterior, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        depth: Annotated[int, Count(at_most=MOST_PARTS, size=True, search=(1, 8))] = 4,
        flow_hidden: Widths = (320, 320),
        **sizes,
    ):
        flow = inverse_autoregressive_flow(latent_dim, depth, flow_hidden)
        networks = super().default_networks(data_shape, latent_dim, posterior=flow, **sizes)
        return {**networks, "posterior": flow}
