"""Masked adversarial autoencoder (Mondal et al., 2020, arXiv:1912.04564)."""

import tensorflow as tf

from zoo import checks
from zoo.layers.mask import Mask
from zoo.losses.lipschitz import gradient_penalty
from zoo.losses.reconstruction import cross_entropy, mean_of_rest
from zoo.losses.schedules import Doubling
from zoo.matching.base import MatchedAutoencoder
from zoo.optimizers.rmsprop_tf1 import RMSpropTF1
from zoo.registry import register


@register
class MaskAAE(MatchedAutoencoder):
    """An adversarial autoencoder that learns how many latent dimensions the data need.

    With the mask alpha = 1 - exp(-v), z = E(x), p ~ N(0, I), W = E C(alpha z) - E C(alpha p):

        autoencoder = rec + 100 mean_j (z_j - batch mean_j)^2 exp(-10 alpha_j^2)
        critic      = C(alpha z) - C(alpha p) + 10 (|grad C| - 1)^2      (five moves)
        encoder     = -C(alpha z)
        mask        = 1000 rec + (1 - W)^2 + c sum_j |alpha_j (1 - alpha_j)|

    rec is the binary cross-entropy of D(alpha z), mean over pixels. The variance term
    takes z before the mask. Every move draws a fresh batch; after its move v stays >= 0.

    Departures: facts are of the authors' code, the paper's text was not at hand. c starts
    at 2/m and doubles as there; the code's division of two losses by five at one step
    changes nothing under RMSProp and is left out. The decoder gives logits.

    Args:
        encoder: data to codes, `(batch, latent_dim)`, unmasked.
        decoder: masked codes to logits of data in [0, 1].
        critic: masked codes to one raw output.
        mask: `zoo.layers.Mask`; a new one where None.
        latent_dim: m, an upper bound of the true dimension.
        reconstruction_weight: 1000 in the mask's loss; scale it with the data's own loss.
        variance_weight: 100.
        penalty_weight: 10, of the critic's slope.
        polarization_weight: c, a number or a schedule; None is the authors' for m.

    Reference: Mondal, Chowdhury, Jayendran, Singla, Asnani and AP, 2020, "MaskAAE:
    Latent space optimization for adversarial auto-encoders", UAI.
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
    verbs = {v: n for v, n in MatchedAutoencoder.verbs.items() if v != "interpolate"}
    final = "linear"
    batch_size = 64
    data_range = (0.0, 1.0)

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        *,
        mask=None,
        reconstruction_weight: float = 1000.0,
        variance_weight: float = 100.0,
        penalty_weight: float = 10.0,
        polarization_weight=None,
        **parts,
    ):
        weights = {
            "reconstruction_weight": reconstruction_weight,
            "variance_weight": variance_weight,
            "penalty_weight": penalty_weight,
        }
        checks.require_positive(type(self), **weights)
        if polarization_weight is None:
            interval = 75 if latent_dim <= 20 else min(10_000, int(112.5 * latent_dim))
            polarization_weight = Doubling(2.0 / latent_dim, 4 * interval, cap=2048.0)
        mask = Mask(latent_dim, seed=parts.get("seed") or 0) if mask is None else mask
        weights["polarization_weight"] = polarization_weight
        super().__init__(encoder, decoder, critic, latent_dim, mask=mask, **weights, **parts)

    def default_optimizer(self, player):
        return RMSpropTF1(5e-4 if player in ("autoencoder", "mask") else 1e-4)

    def error(self, x, output):
        return mean_of_rest(cross_entropy(x, output))

    def mean(self, output):
        return tf.sigmoid(output)

    def masked_prior(self, x):
        return self.mask(self.prior.sample(tf.shape(x)[0]))

    def autoencoder_loss(self, x, y, training):
        z, alpha = self.encoder(x, training=training), self.mask.alpha
        spread = tf.square(z - self.batch_mean(z)) * tf.exp(-10.0 * alpha**2)
        return {
            "reconstruction": self.error(x, self.decoder(alpha * z, training=training)),
            "variance": self.variance_weight * mean_of_rest(spread),
        }

    def critic_loss(self, x, y, training):
        real, fake = self.masked_prior(x), self.mask(self.encoder(x, training=training))
        slope = gradient_penalty(self.judge, fake, real)
        return {
            "adversarial": self.judge(fake, training) - self.judge(real, training),
            "gradient_penalty": self.penalty_weight * slope,
        }

    def encoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        return {"adversarial": -self.judge(self.mask(z), training)}

    def mask_loss(self, x, y, training):
        z, alpha = self.mask(self.encoder(x, training=training)), self.mask.alpha
        gap = self.judge(z, training) - self.judge(self.masked_prior(x), training)
        error = self.error(x, self.decoder(z, training=training))
        polarization = tf.reduce_sum(tf.abs(alpha * (1.0 - alpha)))
        return {
            "reconstruction": self.reconstruction_weight * error,
            "matching": tf.square(1.0 - self.batch_mean(gap)),
            "polarization": self.now(self.polarization_weight) * polarization,
            "active_dims": tf.cast(self.mask.active_dims, tf.float32),
        }

    def encode(self, x):
        return self.mask(super().encode(x))

    def sample(self, count, seed=None):
        with self.noise.serving(seed, count):
            return self.decode(self.mask(self.prior.sample(count)))
