"""What autoencoders that play against a critic of codes share."""

from zoo.autoencoder.base import AutoencoderModel
from zoo.contract import checks
from zoo.contract.settings import Widths
from zoo.networks import default
from zoo.priors.normal import StandardNormal


class MatchedAutoencoder(AutoencoderModel):
    """An autoencoder and a critic that distinguishes its codes from draws of the prior.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        critic: codes to one raw output.
        latent_dim: size of the code.
        **parts: those of `AutoencoderModel`.
    """

    def __init__(self, encoder, decoder, critic, latent_dim, **parts):
        super().__init__(encoder, decoder, latent_dim, critic=critic, **parts)

    @classmethod
    def require_networks(cls, encoder, decoder, latent_dim, *, critic, **parts):
        checks.require_map(cls, "critic", critic, (latent_dim,), (1,))
        super().require_networks(encoder, decoder, latent_dim, **parts)

    @staticmethod
    def default_prior(latent_dim):
        return StandardNormal(latent_dim)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        return {**networks, "critic": default.critic(latent_dim, hidden)}

    def judge(self, z, training=True):
        """The critic's raw output, `(batch,)`."""
        return self.critic(z, training=training)[:, 0]

    def opposed_codes(self, codes, seed):
        with self.noise.serving(seed, len(codes)):
            return self.draw_codes(len(codes))
