"""Stick-breaking VAE (Nalisnick and Smyth, 2017, arXiv:1605.06197)."""

from typing import Annotated

import keras

from zoo import compatibility
from zoo.contract.settings import Number
from zoo.posteriors.kumaraswamy import Kumaraswamy
from zoo.priors.beta_sticks import BetaSticks
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class StickBreakingVAE(VariationalModel):
    """A VAE whose code is a stick of length 1, broken into as many pieces as the data need.

        loss = -E_q ln p(x|pi) + sum_{k<K} KL(Kumaraswamy(a_k, b_k) | Beta(1, alpha_0))    (Eq. 6)
        pi_k = v_k prod_{j<k} (1 - v_j),  v_k = (1 - u^(1 / b_k))^(1 / a_k)

    The code is (pi_1, ..., pi_K), which adds up to 1. The divergence has one expectation
    without a closed form: see `zoo.losses.divergence.kumaraswamy_log_remainder`.

    Departures: the paper takes that expectation by ten terms of a series, which can miss five
    nats of a break; here it is exact to 1e-6. u ~ U(0.01, 0.99), as in the released code.

    Args:
        encoder: data to `(batch, 2 (latent_dim - 1))`: a, then b, before their softplus.
        decoder: pieces to the likelihood's parameters.
        latent_dim: K, the pieces at most, at least 2; 50 in the paper.
        concentration: alpha_0; larger uses more pieces.
        prior: `zoo.priors.beta_sticks.BetaSticks`; a new one where None.

    Reference: Nalisnick and Smyth, 2017, "Stick-breaking variational autoencoders", ICLR.
    """

    batch_size = 100
    default_posterior = Kumaraswamy

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        concentration: Annotated[float, Number(above=0.0, search=(1.0, 10.0))] = 5.0,
        prior=None,
        **parts,
    ):
        parts["prior"] = prior or BetaSticks(latent_dim, concentration)
        super().__init__(encoder, decoder, latent_dim, concentration=concentration, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(3e-4, beta_1=0.95 if compatibility.version() > 1 else 0.9)
