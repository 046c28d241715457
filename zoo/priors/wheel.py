"""A mixture of Gaussians in the plane, arranged as the petals of a wheel."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.registry import register


@register
class GaussianWheel(keras.layers.Layer):
    """p(z) = 1/K sum_k N(z; radius e_k, petal k), each petal long outwards and thin across.

    e_k points to the angle 2 pi k / K. Makhzani et al. (2016, Figure 4) impose it with ten
    petals, of sizes that the paper shows and does not print.

    Args:
        latent_dim: 2, the plane.
        modes: K.
        radius: of the centers of the petals.
        sigmas: standard deviations of a petal, outwards and across.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim=2, modes=10, radius=3.0, sigmas=(0.9, 0.25), **options):
        super().__init__(**options)
        if latent_dim != 2:
            raise ValueError(f"`latent_dim` of GaussianWheel must be 2. Received: {latent_dim}.")
        self.latent_dim, self.modes = latent_dim, modes
        self.radius, self.sigmas = radius, tuple(sigmas)
        self.built = True

    def sample(self, count, modes=None):
        """`(count, 2)`: of these petals, int32 `(count,)`, drawn where they are -1 or None."""
        chosen = noise.choice(tf.fill([self.modes], 1.0 / self.modes), count)
        if modes is not None:
            chosen = tf.where(modes < 0, chosen, modes)
        drawn = noise.normal([count, 2]) * self.sigmas + (self.radius, 0.0)
        return turned(drawn, 2.0 * math.pi / self.modes * tf.cast(chosen, tf.float32))

    def log_modes(self, z):
        """ln p(z, k) of each petal, nats: `(batch, modes)`."""
        angles = 2.0 * math.pi / self.modes * tf.range(self.modes, dtype=tf.float32)
        upright = turned(z[:, None], -angles)  # each row as petal 0 would see it
        log_vars = [2.0 * math.log(sigma) for sigma in self.sigmas]
        inner = gaussian_log_density(upright, [self.radius, 0.0], log_vars)
        return inner - math.log(self.modes)

    def log_prob(self, z):
        """ln p(z), nats: `(batch,)`."""
        return tf.reduce_logsumexp(self.log_modes(z), axis=1)

    def get_config(self):
        own = ("latent_dim", "modes", "radius", "sigmas")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def turned(points, angle):
    """Points of the plane turned about 0, `(..., 2)`; the angle broadcasts over the rest."""
    x, y = tf.unstack(points, axis=-1)
    sine, cosine = tf.sin(angle), tf.cos(angle)
    return tf.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)
