"""Spectrally normalized GAN (Miyato et al., 2018, arXiv:1802.05957)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count, Widths
from zoo.gan.base import AdversarialModel
from zoo.layers.spectral_norm import LINEAR, Spectral, SpectralNorm
from zoo.losses.games import Hinge
from zoo.networks import default, resnet
from zoo.networks.mlp import mlp
from zoo.registry import register


@register
class SNGAN(AdversarialModel):
    """The hinge game against a critic whose layers all have spectral norm one.

        discriminator = relu(1 - D(x)) + relu(1 + D(G(z)))    (Eq. 16)
        generator     = -D(G(z))                              (Eq. 17)

    D computes with W / sigma(W) in every layer (`zoo.layers.spectral_norm`), so that with
    activations of slope at most one it is 1-Lipschitz where kernels are matrices. For a
    penalty on the slope instead, see `WGANGP`.

    Departures: the rate does not fall to 0, since the length of a run is not known: give
    `compile` a schedule. A generator's move makes two batches, as in the paper's code.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output; each layer with a kernel wrapped.
        latent_dim: size of z ~ N(0, I).
        discriminator_moves: n_dis, each on a fresh batch; the paper's residual networks take
            5, its plain ones 1.

    Reference: Miyato, Kataoka, Koyama and Yoshida, 2018, "Spectral normalization for
    generative adversarial networks".
    """

    fresh_batches = ("discriminator",)
    game = Hinge()
    batch_size, generator_batches = 64, 2

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        discriminator_moves: Annotated[int, Count(at_least=1)] = 5,
        **parts,
    ):
        refuse_bare(discriminator)
        super().__init__(
            generator, discriminator, latent_dim, discriminator_moves=discriminator_moves, **parts
        )
        self.moves = {"discriminator": discriminator_moves}

    @classmethod
    def default_networks(
        cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), channels: Widths = (256, 128)
    ):
        """The paper's residual networks; `channels`: of the generator, of the discriminator."""
        wrapped = {"wrap": SpectralNorm, "name": "discriminator"}
        if default.is_image(data_shape):
            return {
                "generator": resnet.generator(latent_dim, data_shape, channels[0]),
                "discriminator": resnet.critic(data_shape, channels[-1], **wrapped),
            }
        return {
            "generator": default.generator(latent_dim, data_shape, hidden),
            "discriminator": mlp(data_shape, 1, hidden, "leaky_relu", **wrapped),
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)


def refuse_bare(discriminator):
    """Refuses a discriminator with a layer that nothing normalizes."""
    layers = list(discriminator._flatten_layers())
    wrapped = {id(layer.layer) for layer in layers if isinstance(layer, Spectral)}
    bare = [each.name for each in layers if has_kernel(each) and id(each) not in wrapped]
    if bare:
        kinds = ", ".join(kind.__name__ for kind in LINEAR)
        raise ValueError(
            "`discriminator` of SNGAN must have each layer with a kernel in "
            f"`zoo.layers.spectral_norm.SpectralNorm`, which takes {kinds}. "
            f"Received: {bare} as they are."
        )


def has_kernel(layer):
    """Whether a layer itself holds the weights of a linear map."""
    return any("kernel" in v.name or v.name == "embeddings" for v in layer._trainable_variables)
