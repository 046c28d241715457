"""VAE with an implicit optimal prior (Takahashi et al., 2019, arXiv:1809.05284)."""

from typing import Annotated

import keras
import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Count, Widths
from zoo.input_pipeline import batches
from zoo.losses.games import Minimax
from zoo.losses.schedules import warm_up as rising
from zoo.networks.mlp import mlp
from zoo.priors.code_bank import CodeBank
from zoo.priors.normal import StandardNormal
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class ImplicitPriorVAE(VariationalModel):
    """A VAE whose prior is what is best for it: all of its codes together, q(z) = E q(z|x).

    With T(z) = ln q(z) / N(z; 0, I), which a critic learns:

        critic      = softplus(-T(z)) + softplus(T(z')),  z ~ q(z), z' ~ N(0, I)        (Eq. 9)
        autoencoder = -E_q ln p(x|z) + w [KL(q(z|x) | N(0, I)) - T(z)]                 (Eq. 8, 10)

    The critic moves `critic_moves` times, then the autoencoder, which sees T as it is without
    dropout and as fixed. w rises to 1 in `warm_up` steps (`kl_weight` in the logs). `sample`
    takes one of `candidates` draws of N(0, I), with probabilities that go as exp T; after
    `fit_sampler(x)` it draws q(z|x) of an example that was kept. `score` estimates the bound.

    Departures: the critic moves within each step, in the code ten epochs after each of the
    autoencoder's; networks have the widths of `hidden`, in the code 500, 500, 500.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        critic: codes to one logit, T; with dropout before the output in the code.
        latent_dim: size of the code; 40 in the code.
        critic_moves: for one move of the autoencoder.
        warm_up: steps; the code's 100 epochs of MNIST are 50,000.
        candidates: of which `sample` takes one.
        prior: `zoo.priors.code_bank.CodeBank`, of 1000 examples where None.

    Reference: Takahashi, Iwata, Yamanaka, Yamada and Yagi, 2019, "Variational autoencoder with
    implicit optimal priors", AAAI.
    """

    players = {"critic": ("critic",), "autoencoder": ("encoder", "decoder", "likelihood")}
    frozen = ("prior", "posterior")  # filled, not moved
    terms = {
        "critic": ("density_ratio",),
        "autoencoder": ("reconstruction", "divergence", "density_ratio"),
    }
    watched = {"autoencoder": ("kl_weight",)}
    monitor = ("val_autoencoder_loss", "min")
    game = Minimax()
    batch_size, has_evidence_bound = 100, False

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        critic_moves: Annotated[int, Count(search=(1, 10))] = 10,
        warm_up: Annotated[int, Count(at_least=0)] = 50_000,
        candidates: Annotated[int, Count()] = 100,
        prior=None,
        **parts,
    ):
        checks.require_map(type(self), "critic", critic, (latent_dim,), (1,))
        parts |= {"critic": critic, "critic_moves": critic_moves, "warm_up": warm_up}
        parts |= {"candidates": candidates, "prior": prior or CodeBank(encoder.output_shape[1])}
        super().__init__(encoder, decoder, latent_dim, **parts)
        self.moves = {"critic": critic_moves}
        self.reference = StandardNormal(latent_dim)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        critic = mlp(latent_dim, 1, hidden, "tanh", dropout=0.5, name="critic")
        return {**networks, "critic": critic}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-3 if player == "critic" else 1e-4)

    def judge(self, z, training=False):
        """T(z), `(batch,)`."""
        return self.critic(z, training=training)[:, 0]

    def divergence(self, output, z, log_q, training):
        return self.posterior.divergence(output, z, log_q, self.reference)

    def critic_loss(self, x, y, training):
        z, _ = self.posterior.sample(self.codes(x, training))
        sides = [self.judge(side, training) for side in (z, self.reference.sample(tf.shape(x)[0]))]
        return {"density_ratio": self.game.discriminator(*sides)}

    def autoencoder_loss(self, x, y, training):
        z, nll, divergence = self.elbo_parts(x, training)
        w = self.now(rising(self.warm_up)) if training else tf.ones(())
        terms = {"reconstruction": nll, "divergence": w * divergence, "kl_weight": w}
        return {**terms, "density_ratio": -w * self.judge(z)}

    def draw_codes(self, count):
        if self.prior.is_filled:
            return self.posterior.sample(self.prior.sample(count))[0]
        drawn = self.noise.normal((count, self.candidates, self.latent_dim))
        log_ratio = self.judge(tf.reshape(drawn, [-1, self.latent_dim]))
        chosen = self.noise.categorical(tf.reshape(log_ratio, [-1, self.candidates]))
        return tf.gather(drawn, chosen, batch_dims=1)

    def fit_sampler(self, x):
        """Keeps what the encoder gives for examples of x: `sample` then draws their codes."""
        self.prior.fill(batches.mapped(self.encoder, batches.checked_rows(self, x)))
        return self

    def score(self, x, seed=0):
        """The evidence bound of each x as T estimates it, in nats, from one draw of z."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            z, nll, divergence = self.elbo_parts(x, training=False)
            return self.judge(z) - nll - divergence

    def opposed_codes(self, codes, seed):
        return np.random.default_rng(seed).normal(size=codes.shape).astype(np.float32)
