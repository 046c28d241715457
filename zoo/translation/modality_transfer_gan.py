"""Modality transfer by unpaired translation (Wolterink et al., 2017, arXiv:1708.01155)."""

from typing import Annotated

from zoo.contract.settings import Count, Parts, Weight, Widths
from zoo.networks.patch import patch
from zoo.networks.translator import translator
from zoo.registry import register
from zoo.translation.unpaired import UnpairedTranslation


@register
class ModalityTransferGAN(UnpairedTranslation):
    """One medical modality made from another, learned without pairs of the same patient.

        discriminators = 1/2 (d_y(y) - 1)^2 + 1/2 d_y(g(x))^2, and the same of d_x and f
        generators     = (d_y(g(x)) - 1)^2 + (d_x(f(y)) - 1)^2
                         + cycle_weight (|f(g(x)) - x|_1 + |g(f(y)) - y|_1)
                         + identity_weight (|f(x) - x|_1 + |g(y) - y|_1)

    The losses are CycleGAN's. Translators are residual, y = x + h(x): modalities show the same
    anatomy, and plain translators may match both domains with two tissues swapped.

    Departures: the paper has plain translators and no identity term; it translates slices of
    magnetic resonance images to computed tomography. The rate stays (the paper's falls to 0 in
    the second half: give `compile` a schedule). Weights are for pixels in [0, 1].

    Args:
        g, f: X to Y and Y to X.
        d_x, d_y: examples to raw outputs.
        cycle_weight: lambda.
        identity_weight: of translations of what is already of the target domain.
        pool_size: generated examples in each pool.

    Reference: Wolterink, Dinkla, Savenije, Seevinck, van den Berg and Isgum, 2017, "Deep MR to CT
    synthesis using unpaired data".
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
        identity_weight: Annotated[float, Weight(search=(0.1, 50.0))] = 10.0,
        pool_size: Annotated[int, Count(at_least=0, size=True)] = 50,
        **parts,
    ):
        settings = {"cycle_weight": cycle_weight, "identity_weight": identity_weight}
        super().__init__(g, f, d_x, d_y, **settings, pool_size=pool_size, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        channels: Widths = (64, 128, 256),
        blocks: Parts = 6,
        patch_channels: Widths = (64, 128, 256, 512),
    ):
        sizes = {"channels": channels, "blocks": blocks, "residual": True}
        translators = {name: translator(data_shape, **sizes, name=name) for name in ("g", "f")}
        judges = {name: patch(data_shape, patch_channels, name=name) for name in ("d_x", "d_y")}
        return {**translators, **judges}
