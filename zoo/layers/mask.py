"""A learned mask over the dimensions of a code (Mondal et al., 2020, "MaskAAE")."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.registry import register


@register
class Mask(keras.layers.Layer):
    """alpha = 1 - exp(-v), v >= 0: each dimension of a code times its alpha.

    v starts at U(0, 5), so that about 14 % of the alphas start below one half.

    Args:
        latent_dim: how many dimensions.
        seed: of the start values; 0 where None.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim, seed=None, **options):
        super().__init__(**{"dtype": "float32", **options})  # codes are float32 in every policy
        self.latent_dim, self.seed = latent_dim, seed or 0
        with noise.training(self.seed, 0, 0):
            start = 5.0 * noise.uniform((1, latent_dim))[0]
        self.v = self.add_weight(
            name="v",
            shape=(latent_dim,),
            initializer=lambda shape, dtype: tf.cast(start, dtype),
            constraint=keras.constraints.NonNeg(),
        )
        self.built = True

    @property
    def alpha(self):
        """The factors, `(latent_dim,)` in [0, 1)."""
        return 1.0 - tf.exp(-self.v.value)

    @property
    def active_dims(self):
        """How many factors are at least 0.1."""
        return tf.reduce_sum(tf.cast(self.alpha >= 0.1, tf.int32))

    def call(self, z):
        return self.alpha * z

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim, "seed": self.seed}
