"""A spiral in the plane, cut into pieces where it has classes."""

import math

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.discrepancy import squared_distances
from zoo.registry import register

POINTS = 32  # of each piece, to which distances are taken


@register
class SwissRoll(keras.layers.Layer):
    """z = length t (cos 2 pi turns t, sin 2 pi turns t), t = sqrt(u), u ~ U(0, 1).

    The square root gives each stretch of the spiral about the same share. Piece k of K holds
    u in [k / K, (k + 1) / K). A spiral is a line, which has no density in the plane.

    Args:
        latent_dim: 2, the plane.
        modes: K, how many pieces.
        length: of the radius at the outer end.
        turns: of the spiral.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim=2, modes=10, length=4.0, turns=2.0, **options):
        super().__init__(**options)
        if latent_dim != 2:
            raise ValueError(f"`latent_dim` of SwissRoll must be 2. Received: {latent_dim}.")
        self.latent_dim, self.modes = latent_dim, modes
        self.length, self.turns = length, turns
        self.built = True

    def at(self, u):
        """The points at shares u of the spiral: `(...)` to `(..., 2)`."""
        t = tf.sqrt(u)
        angle = 2.0 * math.pi * self.turns * t
        return self.length * t[..., None] * tf.stack([tf.cos(angle), tf.sin(angle)], axis=-1)

    def sample(self, count, modes=None):
        """`(count, 2)`: of these pieces, int32 `(count,)`, drawn where they are -1 or None."""
        u = noise.uniform([count, 1])[:, 0]
        if modes is not None:
            of_piece = (tf.cast(modes, tf.float32) + u) / self.modes
            u = tf.where(modes < 0, u, of_piece)
        return self.at(u)

    def log_modes(self, z):
        """Minus half the squared distance to each piece: `(batch, modes)`."""
        places = (tf.range(self.modes * POINTS, dtype=tf.float32) + 0.5) / (self.modes * POINTS)
        distances = squared_distances(z, self.at(places))
        nearest = tf.reduce_min(tf.reshape(distances, [-1, self.modes, POINTS]), axis=2)
        return -0.5 * nearest

    def get_config(self):
        own = ("latent_dim", "modes", "length", "turns")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
