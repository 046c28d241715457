"""CycleGAN (Zhu et al., 2017, arXiv:1703.10593)."""

from typing import Annotated

from zoo.contract.settings import Count, Weight
from zoo.registry import register
from zoo.translation.unpaired import UnpairedTranslation


@register
class CycleGAN(UnpairedTranslation):
    """Translation between two domains without pairs: there and back again is the identity.

        discriminators = 1/2 (d_y(y) - 1)^2 + 1/2 d_y(g(x))^2, and the same of d_x and f
        generators     = (d_y(g(x)) - 1)^2 + (d_x(f(y)) - 1)^2                      (Eq. 3)
                         + cycle_weight (|f(g(x)) - x|_1 + |g(f(y)) - y|_1)         (Eq. 2)
                         + identity_weight (|f(x) - x|_1 + |g(y) - y|_1)    (Section 5.2)

    d_x and d_y give one raw output for each patch. All terms are means, over patches or
    pixels. A discriminator is shown half its fakes from a pool of old ones.

    Departures: Adam's rate stays (the paper's falls to 0 in the second half of training:
    give `compile` a schedule), and discriminators see what the translators make after their
    own move. Lambda, 10 in the paper, is for pixels in [-1, 1]: 20 in [0, 1].

    Args:
        g, f: X to Y and Y to X, such as `zoo.networks.translator`.
        d_x, d_y: examples to raw outputs, such as `zoo.networks.patch`.
        cycle_weight: lambda, for pixels in [0, 1].
        identity_weight: half of lambda where colours should stay; 0 leaves the term out.
        pool_size: generated examples in each pool.

    Reference: Zhu, Park, Isola and Efros, 2017, "Unpaired image-to-image translation using
    cycle-consistent adversarial networks".
    """

    batch_size = 1

    def __init__(
        self,
        g,
        f,
        d_x,
        d_y,
        *,
        cycle_weight: Annotated[float, Weight(search=(2.0, 100.0))] = 20.0,
        identity_weight: Annotated[float, Weight()] = 0.0,
        pool_size: Annotated[int, Count(at_least=0, size=True)] = 50,
        **parts,
    ):
        settings = {"cycle_weight": cycle_weight, "identity_weight": identity_weight}
        super().__init__(g, f, d_x, d_y, **settings, pool_size=pool_size, **parts)
