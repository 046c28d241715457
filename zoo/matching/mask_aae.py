"""MaskAAE (Mondal et al., 2020, arXiv:1912.04564)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Weight
from zoo.layers.mask import Mask
from zoo.losses.lipschitz import gradient_penalty
from zoo.losses.reconstruction import cross_entropy, mean_of_rest
from zoo.losses.schedules import mask_polarization
from zoo.matching.base import MatchedAutoencoder
from zoo.optimizers.rmsprop_tf1 import RMSpropTF1
from zoo.registry import register


@register
class MaskAAE(MatchedAutoencoder):
    """An adversarial autoencoder that learns how many latent dimensions the data need.

    alpha = 1 - exp(-v), v >= 0; z = E(x), p ~ N(0, I), W = mean C(alpha z) - mean C(alpha p):

        autoencoder = rec + variance_weight mean_j (z_j - mean z_j)^2 exp(-10 alpha_j^2)
        critic      = C(alpha z) - C(alpha p) + penalty_weight (|grad C| - 1)^2    (5 moves)
        encoder     = -C(alpha z)
        mask        = reconstruction_weight rec + (1 - W)^2 + c sum_j |alpha_j (1 - alpha_j)|

    rec is the binary cross-entropy of the logits D(alpha z), mean over pixels. Every move
    draws a fresh batch. `active_dims` in the logs counts alpha >= 0.1.

    Departures: as the authors' code, less its division of two losses by five at one step.

    Args:
        encoder, decoder, critic, latent_dim, prior: as in `MatchedAutoencoder`.
        mask: `zoo.layers.mask.Mask`; a new one where None.
        reconstruction_weight: to be scaled with the level of the data's cross-entropy.
        variance_weight, penalty_weight: of the variance and of the critic's slope.
        polarization_weight: c, a number or a schedule; the authors' for this latent_dim if None.
    Reference: Mondal, Chowdhury, Jayendran, Singla, Asnani and AP, 2020, "MaskAAE: Latent
    space optimization for adversarial auto-encoders", UAI.
    """

    players = {
        "autoencoder": ("encoder", "decoder"),
        "critic": ("critic",),
        "encoder": ("encoder",),
        "mask": ("mask",),
    }
    moves = {"critic": 5}
    fresh_batches = tuple(players)
    terms = {
        "autoencoder": ("reconstruction", "variance"),
        "critic": ("adversarial", "gradient_penalty"),
        "encoder": ("adversarial",),
        "mask": ("reconstruction", "matching", "polarization"),
    }
    watched = {"mask": ("active_dims",)}
    final, batch_size = "linear", 64
    data_range = (0.0, 1.0)  # pyright: ignore[reportAssignmentType]  a property of its base
    codes_have_scale = True  # pyright: ignore[reportAssignmentType]  a property of its base

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        mask=None,
        reconstruction_weight: Annotated[float, Weight(search=(100.0, 10_000.0))] = 1000.0,
        variance_weight: Annotated[float, Weight(search=(10.0, 1000.0))] = 100.0,
        penalty_weight: Annotated[float, Weight()] = 10.0,
        polarization_weight: Annotated[float | None, Weight()] = None,
        **parts,
    ):
        mask = mask or Mask(latent_dim, parts.get("seed"))
        if polarization_weight is None:
            polarization_weight = mask_polarization(latent_dim)
        parts |= {"variance_weight": variance_weight, "penalty_weight": penalty_weight}
        parts |= {"reconstruction_weight": reconstruction_weight, "mask": mask}
        parts |= {"polarization_weight": polarization_weight}
        super().__init__(encoder, decoder, critic, latent_dim, **parts)

    def default_optimizer(self, player):
        return RMSpropTF1(5e-4 if player in ("autoencoder", "mask") else 1e-4)

    mean = staticmethod(tf.sigmoid)  # pyright: ignore[reportAssignmentType]  a method of its base

    def error(self, x, output):
        return mean_of_rest(cross_entropy(x, output))

    @property
    def code_mask(self):
        return self.mask.alpha

    def noise_map(self):
        return (lambda u: self.decode(self.mask(u))), self.latent_dim, self.prior.sigma

    def masked_codes(self, x, training):
        """Codes of x and draws of the prior, both masked."""
        z, p = self.encoder(x, training=training), self.prior.sample(tf.shape(x)[0])
        return self.mask(z), self.mask(p)

    def autoencoder_loss(self, x, y, training):
        z, alpha = self.encoder(x, training=training), self.mask.alpha
        spread = mean_of_rest((z - self.batch_mean(z)) ** 2 * tf.exp(-10.0 * alpha**2))
        error = self.error(x, self.decoder(alpha * z, training=training))
        return {"reconstruction": error, "variance": self.now(self.variance_weight) * spread}

    def critic_loss(self, x, y, training):
        z, p = self.masked_codes(x, training)
        slope = self.now(self.penalty_weight) * gradient_penalty(self.judge, z, p)
        return {"adversarial": self.judge(z) - self.judge(p), "gradient_penalty": slope}

    def encoder_loss(self, x, y, training):
        return {"adversarial": -self.judge(self.mask(self.encoder(x, training=training)))}

    def mask_loss(self, x, y, training):
        (z, p), alpha = self.masked_codes(x, training), self.mask.alpha
        error = self.error(x, self.decoder(z, training=training))
        gap = self.batch_mean(self.judge(z) - self.judge(p))
        undecided = tf.reduce_sum(tf.abs(alpha * (1.0 - alpha)))
        return {
            "reconstruction": self.now(self.reconstruction_weight) * error,
            "matching": (1.0 - gap) ** 2,
            "polarization": self.now(self.polarization_weight) * undecided,
            "active_dims": tf.cast(self.mask.active_dims, tf.float32),
        }

    def encode(self, x):
        return self.mask(super().encode(x))

    def draw_codes(self, count):
        return self.mask(super().draw_codes(count))
