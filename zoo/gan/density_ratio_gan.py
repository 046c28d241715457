"""GAN by density ratios, b-GAN (Uehara et al., 2016, arXiv:1610.02920)."""

from typing import Annotated

import keras

from zoo.contract.settings import Choice, Flag, Number
from zoo.gan.base import AdversarialModel
from zoo.losses.f_divergences import NAMED
from zoo.losses.games import DensityRatio
from zoo.registry import register


@register
class DensityRatioGAN(AdversarialModel):
    """The discriminator learns the ratio of densities r = p / p_G, the generator D_f at that r.

        discriminator = [f'(r) r - f(r)](G(z)) - f'(r(x))    (a Bregman divergence, Section 3)
        generator     = -[f'(r) r - f(r)](G(z)),  r as it is

    r is positive, a function of the raw output. For Pearson's f = (r - 1)^2 these are, but for
    constants, E r(G(z))^2 - 2 E r(x) and -E r(G(z))^2. `score` is ln r. A generator that lowered
    E f(r(G(z))) with r fixed would leave the data: not the gradient of D_f.

    Departures: Pearson's f is twice the paper's. `relative` and `saturating` are not of the
    paper: the first bounds r, the second gives the generator -ln r.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        divergence: f, by name.
        relative: a, in [0, 1): the ratio is p / (a p + (1 - a) p_G), at most 1 / a.
        positive: what makes r of a raw output, "softplus" or "exp".
        saturating: whether the generator lowers the divergence itself.

    Reference: Uehara, Sato, Suzuki, Nakayama and Matsuo, 2016, "Generative adversarial nets from
    a density ratio estimation perspective".
    """

    game = DensityRatio()

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        divergence: Annotated[str, Choice(NAMED)] = "pearson",
        relative: Annotated[float, Number(at_least=0.0, below=1.0)] = 0.0,
        positive: Annotated[str, Choice(("softplus", "exp"))] = "softplus",
        saturating: Annotated[bool, Flag()] = True,
        **parts,
    ):
        own = {"divergence": divergence, "relative": relative, "positive": positive}
        own["saturating"] = saturating
        super().__init__(generator, discriminator, latent_dim, **own, **parts)
        self.game = DensityRatio(**own)

    @property
    def output_is_log_ratio(self):
        return self.relative == 0.0

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    def score(self, x):
        """ln r(x); higher is judged more real."""
        return self.game.log_r(self.judge(x, None, training=False))
