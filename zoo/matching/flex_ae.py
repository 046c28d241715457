"""Autoencoder with a learned prior (Mondal et al., 2021, "FlexAE", UAI)."""

from zoo.matching.flexible import FlexibleAutoencoder
from zoo.registry import register


@register
class FlexAE(FlexibleAutoencoder):
    """An autoencoder that meets its prior half way: the prior is a network, trained too.

    With G(u), u ~ N(0, I), the generator of codes, and E(x) the real ones:

        autoencoder = |x - D(E(x))|^2
        critic      = C(G(u)) - C(E(x)) + 10 (|grad C| - 1)^2    (five moves)
        prior       = -C(G(u))
        encoder     = C(E(x))

    The autoencoder and every move of the critic draw a fresh batch; prior and encoder
    reuse the critic's last. How strongly codes are matched is the encoder's learning rate.

    Departures: facts are of the authors' public code, without its smoothing player.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        critic: codes to one raw output.
        latent_dim: size of the code; 32 for MNIST.
        prior: `zoo.priors.generator.PriorGenerator`; noise at least as large as the code.
        penalty_weight: 10, of the critic's slope.

    Reference: Mondal, Asnani, Singla and AP, 2021, "FlexAE: Flexibly learning latent
    priors for Wasserstein auto-encoders", UAI.
    """

    players = {
        "autoencoder": ("encoder", "decoder"),
        "critic": ("critic",),
        "prior": ("prior",),
        "encoder": ("encoder",),
    }
    moves = {"critic": 5}
    fresh_batches = ("autoencoder", "critic")
    terms = {
        "autoencoder": ("reconstruction",),
        "critic": ("adversarial", "gradient_penalty"),
        "prior": ("adversarial",),
        "encoder": ("adversarial",),
    }
