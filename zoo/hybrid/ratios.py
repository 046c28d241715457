"""What autoencoders share whose terms are ratios of densities that classifiers estimate."""

from typing import Annotated, Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Flag, Posterior, Widths
from zoo.hybrid.base import AdversarialInference
from zoo.networks import default
from zoo.networks.joint import joint
from zoo.networks.noisy import posterior_encoder
from zoo.posteriors.named import posterior as named

Latent = Annotated[str, Choice(("kl", "marginal", "conditional"))]
Ratio = Annotated[bool, Flag()]


class RatioAutoencoder(AdversarialInference):
    """An encoder and a decoder, a discriminator of data and a critic of codes, or neither.

    Players that judge are there where what they estimate is in a loss. Not trained itself.

    Args:
        encoder, decoder, latent_dim, posterior: as in `AdversarialInference`.
        discriminator: data to one raw output; None where neither ratio of data is used.
        critic: codes to one raw output; "conditional", `[data, codes]`; None with "kl".
        latent: "kl", "marginal" or "conditional".
        recon_ratio, sample_ratio: whether reconstructions, and samples, are judged.
        **parts: those of `AdversarialInference`.
    """

    players = {
        "encoder": ("encoder",),
        "generator": ("decoder",),
        "discriminator": ("discriminator",),
        "critic": ("critic",),
    }

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        discriminator=None,
        critic=None,
        latent: Latent = "marginal",
        recon_ratio: Ratio = True,
        sample_ratio: Ratio = True,
        posterior: Posterior = "gaussian",
        **parts,
    ):
        data_shape, posterior = checks.shapes(encoder.input_shape)[0], named(posterior)
        inputs = [data_shape, (latent_dim,)] if latent == "conditional" else (latent_dim,)
        ratios = recon_ratio or sample_ratio
        require_judge(type(self), "discriminator", discriminator, data_shape if ratios else None)
        require_judge(type(self), "critic", critic, None if latent == "kl" else inputs)
        if latent == "kl" and not hasattr(posterior, "divergence"):
            words = f"`posterior` of {type(self).__name__} must have a density where latent='kl'."
            raise ValueError(f"{words} Received: {type(posterior).__name__}.")
        parts |= {"discriminator": discriminator, "critic": critic, "latent": latent}
        parts |= {"recon_ratio": recon_ratio, "sample_ratio": sample_ratio}
        super().__init__(encoder, decoder, latent_dim, posterior=posterior, **parts)
        present = {p: names for p, names in self.players.items() if getattr(self, names[0])}
        self.players, self.terms = present, {player: self.terms[player] for player in present}
        if not ratios:
            self.terms["generator"] = ("reconstruction",)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        latent: Latent = "marginal",
        recon_ratio: Ratio = True,
        sample_ratio: Ratio = True,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
        posterior: Posterior = "gaussian",
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        posterior = named(posterior)
        final = "sigmoid" if default.is_image(data_shape) else "linear"
        networks = {
            "encoder": posterior_encoder(data_shape, latent_dim, posterior, **sizes),
            "decoder": default.decoder(latent_dim, data_shape, final=final, **sizes),
        }
        if recon_ratio or sample_ratio:
            networks["discriminator"] = default.discriminator(data_shape, **sizes)
        if latent == "marginal":
            networks["critic"] = default.critic(latent_dim, hidden)
        if latent == "conditional":
            networks["critic"] = joint(data_shape, latent_dim, **sizes, name="critic")
        return networks

    def judge(self, x, training):
        """t_x, the discriminator's raw output, `(batch,)`."""
        return self.discriminator(x, training=training)[:, 0]

    def judge_codes(self, x, z, training):
        """t_z, the critic's raw output, `(batch,)`."""
        seen = [x, z] if self.latent == "conditional" else z
        return self.critic(seen, training=training)[:, 0]

    def judged(self, x, training):
        """The reconstruction of x by a draw of z, and t_x of what is judged of the two."""
        rebuilt = self.decoder(self.draw_of(x, training), training=training)
        examples = [rebuilt] if self.recon_ratio else []
        if self.sample_ratio:
            examples.append(self.decoder(self.prior.sample(tf.shape(x)[0]), training=training))
        return rebuilt, [self.judge(each, training) for each in examples]


def require_judge(cls, name, network, inputs):
    """Refuses a judge that does not take these inputs, that is missing, or is not used."""
    if (network is None) != (inputs is None):
        wanted = "None" if inputs is None else "a network"
        received = "None" if network is None else type(network).__name__
        raise ValueError(
            f"`{name}` of {cls.__name__} must be {wanted} for these `latent`, `recon_ratio` and "
            f"`sample_ratio`. Received: {received}."
        )
    if network is not None:
        checks.require_map(cls, name, network, inputs, (1,))
