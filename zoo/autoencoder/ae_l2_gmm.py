"""Autoencoder with decayed decoder and fitted mixture (Ghosh et al., 2020, arXiv:1903.12436)."""

from typing import Annotated

from zoo.autoencoder.regularized import RegularizedAutoencoder
from zoo.contract.settings import Weight
from zoo.losses.reconstruction import squared_error
from zoo.losses.weight_norm import kernel_norm
from zoo.registry import register


@register
class AEL2GMM(RegularizedAutoencoder):
    """An autoencoder whose decoder has small weights, and ten Gaussians fitted to its codes.

        loss = |x - D(E(x))|^2 + lambda |kernels of D|^2    (the baseline "AE-L2", Section 6)

    It is the regularized autoencoder with no weight on the size of its codes. Afterwards
    `fit_sampler(x)` fits ten full-covariance Gaussians to them.

    Departures: the default is the released code's 1e-7 for MNIST, converted from its means
    over pixels to the sum written here; for CIFAR-10 the code's 1e-6 is 3.1e-3 here. The
    code decays kernels of transposed convolutions alone, here all kernels of the decoder.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code; 16 for MNIST, 128 for CIFAR-10 in the code.
        decay_weight: lambda.
        prior: `zoo.priors` object with `fit`; ten Gaussians where None.

    Reference: Ghosh, Sajjadi, Vergari, Black and Schoelkopf, 2020, "From variational to
    deterministic autoencoders".
    """

    terms = {"autoencoder": ("reconstruction", "weight_norm")}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        decay_weight: Annotated[float, Weight(search=(1e-6, 0.01))] = 1e-4,
        **parts,
    ):
        super().__init__(encoder, decoder, latent_dim, decay_weight=decay_weight, **parts)

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        return {
            "reconstruction": squared_error(x, self.decoder(z, training=training)),
            "weight_norm": self.now(self.decay_weight) * kernel_norm(self.decoder),
        }
