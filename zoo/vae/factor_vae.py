"""FactorVAE (Kim and Mnih, 2018, arXiv:1802.05983)."""

from typing import Annotated

import keras
import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Count, Weight, Widths
from zoo.losses.games import Minimax
from zoo.losses.total_correlation import permuted_columns
from zoo.networks.mlp import mlp
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class FactorVAE(VariationalModel):
    """A VAE whose code dimensions, all data together, are driven to independence.

    With t(z) the critic's logit that z is a draw of q(z) and not of prod_j q(z_j):

        autoencoder = -E_q ln p(x|z) + KL(q(z|x) | N(0, I)) + gamma t(z)    (Eq. 2, 3)
        critic      = 1/2 softplus(-t(z')) + 1/2 softplus(t(z' with its columns permuted))

    E t(z) estimates the total correlation KL(q(z) | prod_j q(z_j)). The critic moves on a
    second batch; its columns are permuted over the global batch (Algorithm 1, 2). A critic that
    cannot follow the encoder is escaped by shrinking codes: `code_deviation` of `zoo evaluate`
    falls far below 1, and samples are torn.

    Departures: the critic takes both halves of its loss from the second batch, the paper
    the unpermuted codes from the first: equal in expectation. One logit in place of two
    outputs. Default critics have the widths of `hidden` and move five times, with new draws of
    z; the paper's six layers of 1000 move once.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        critic: codes to one logit.
        latent_dim: size of the code; 10 in the experiments.
        total_correlation_weight: gamma, to be chosen for the data; 35 for dSprites.
        critic_moves: of the critic in one step.

    Reference: Kim and Mnih, 2018, "Disentangling by factorising".
    """

    players = {**VariationalModel.players, "critic": ("critic",)}
    fresh_batches, shared_batches = ("autoencoder", "critic"), ("critic",)
    terms = {
        "autoencoder": ("reconstruction", "divergence", "total_correlation"),
        "critic": ("density_ratio",),
    }
    game = Minimax()
    batch_size, formerly = 64, {"critic_moves": 1}

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        total_correlation_weight: Annotated[float, Weight(search=(1.0, 100.0))] = 10.0,
        critic_moves: Annotated[int, Count()] = 5,
        **parts,
    ):
        checks.require_map(type(self), "critic", critic, (latent_dim,), (1,))
        parts |= {"critic": critic, "total_correlation_weight": total_correlation_weight}
        super().__init__(encoder, decoder, latent_dim, critic_moves=critic_moves, **parts)
        self.moves = {"critic": critic_moves}

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        critic = mlp(latent_dim, 1, hidden, "leaky_relu", name="critic")
        return {**networks, "critic": critic}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4, *((0.5, 0.9) if player == "critic" else (0.9, 0.999)))

    def judge(self, z, training=False):
        """ln q(z) - ln prod_j q(z_j), as the critic has it: `(batch,)`."""
        return self.critic(z, training=training)[:, 0]

    def autoencoder_loss(self, x, y, training):
        z, nll, divergence = self.elbo_parts(x, training)
        dependence = self.now(self.total_correlation_weight) * self.judge(z, training)
        terms = {"reconstruction": nll, "divergence": divergence}
        return {**terms, "total_correlation": dependence}

    def critic_loss(self, x, y, training):
        z, _ = self.posterior.sample(self.encoder(x, training=training))
        joint = self.judge(z, training)
        independent = self.judge(permuted_columns(z), training)
        return {"density_ratio": 0.5 * self.game.discriminator(joint, independent)}

    def opposed_codes(self, codes, seed):
        return np.random.default_rng(seed).permuted(codes, axis=0)

    def total_correlation(self, x, seed=0):
        """The critic's estimate of KL(q(z) | prod_j q(z_j)) from a draw for each x, in nats."""
        return tf.reduce_mean(self.judge(self.encode(x, sample=True, seed=seed)))
