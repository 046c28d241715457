"""f-GAN (Nowozin et al., 2016, arXiv:1606.00709)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Flag, Number
from zoo.gan.base import AdversarialModel
from zoo.losses import f_divergences
from zoo.losses.games import FGame
from zoo.registry import register


@register
class FGAN(AdversarialModel):
    """A GAN for every f-divergence: the discriminator bounds it, the generator lowers the bound.

        discriminator = f*(g(v(G(z)))) - g(v(x))        (Eq. 7, minimised)
        generator     = -f*(g(v(G(z))))                 or, without saturation, -g(v(G(z)))

    v is the raw output, g(v) the T that bounds D_f >= E T(x) - E f*(T(G(z))); all of Table 1, 2
    and 6 stand in `zoo.losses.f_divergences`. Both players move at once, by one gradient
    (Algorithm 1). An example counts as real where T > f'(1). KL covers all data, reverse KL
    stays where data are.

    Departures: none; f* g is computed in closed form, for the composition overflows.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output v.
        latent_dim: size of z ~ N(0, I).
        divergence: of p from p_G, by name.
        alpha: of the divergence "alpha"; neither 0 nor 1.
        saturating: whether the generator lowers the bound itself.

    Reference: Nowozin, Cseke and Tomioka, 2016, "f-GAN: Training generative neural samplers
    using variational divergence minimization", NeurIPS.
    """

    rounds = (("discriminator", "generator"),)
    game = FGame()

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        divergence: Annotated[str, Choice(f_divergences.NAMES)] = "gan",
        alpha: Annotated[float, Number()] = 0.5,
        saturating: Annotated[bool, Flag()] = True,
        **parts,
    ):
        own = {"divergence": divergence, "alpha": alpha, "saturating": saturating}
        super().__init__(generator, discriminator, latent_dim, **own, **parts)
        self.game = FGame(**own)

    def joint_loss(self, x, y, training):
        fake = self.judge(self.generate(tf.shape(x)[0], y, training), y, training)
        real = self.judge(x, y, training)
        return {
            "discriminator": {"adversarial": self.game.discriminator(real, fake)},
            "generator": {"adversarial": self.game.generator(fake)},
        }

    def score(self, x):
        """T(x) = g(v(x)); higher is judged more real, and real where it exceeds f'(1)."""
        return self.game.functions.output(self.judge(x, None, training=False))

    def divergence_estimate(self, x, seed=0):
        """E T(x) - E f*(T(G(z))), a bound from below on the divergence, by as many samples."""
        fake = self.judge(self.sample(len(x), seed=seed), None, training=False)
        return tf.reduce_mean(self.score(x)) - tf.reduce_mean(self.game.functions.composed(fake))
