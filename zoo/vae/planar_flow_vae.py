"""VAE with a planar flow as its posterior (Rezende and Mohamed, 2015, arXiv:1505.05770)."""

from typing import Annotated

from zoo.contract.settings import MOST_PARTS, Count, Flag
from zoo.posteriors.flow import FlowPosterior, planar_flow
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class PlanarFlowVAE(VariationalModel):
    """A VAE whose posterior bends: a Gaussian, pushed and pulled along planes.

        loss = -E_q ln p(x|z_T) + ln q(z_T|x) - ln p(z_T)                                (Eq. 15)
        z_t  = z_{t-1} + v_t tanh(w_t'z_{t-1} + b_t)                                     (Eq. 10)
        ln q(z_T|x) = ln N(z_0; mean, var) - sum_t ln |1 + (1 - tanh^2) w_t'v_t|         (Eq. 13)

    v_t is the paper's u_t, moved along w_t so that w_t'v_t > -1 and each step can be inverted.

    Departures: the planes are read off a context h by one dense layer each, and not by the
    encoder itself; no annealing of the likelihood. `encode` gives where the flow takes the
    Gaussian's mean.

    Args:
        encoder: data to `(batch, 3 latent_dim)`: means, ln variances and h; `2 latent_dim`
            where the planes are the same for all data.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        posterior: `zoo.posteriors.flow.FlowPosterior` of planar steps; eight where None.
        depth: how many steps a default posterior has.
        amortized: whether its planes depend on x.

    Reference: Rezende and Mohamed, 2015, "Variational inference with normalizing flows", ICML.
    """

    default_posterior = FlowPosterior

    def __init__(self, encoder, decoder, latent_dim, *, posterior=None, **parts):
        posterior = posterior or planar_flow(latent_dim)
        super().__init__(encoder, decoder, latent_dim, posterior=posterior, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        depth: Annotated[int, Count(at_most=MOST_PARTS, size=True, search=(1, 32))] = 8,
        amortized: Annotated[bool, Flag()] = True,
        **sizes,
    ):
        flow = planar_flow(latent_dim, depth, amortized)
        networks = super().default_networks(data_shape, latent_dim, posterior=flow, **sizes)
        return {**networks, "posterior": flow}
