"""Places of clusters in the space of codes."""

import keras
import tensorflow as tf

from zoo.losses.discrepancy import squared_distances
from zoo.registry import register


@register
class ClusterHeads(keras.layers.Layer):
    """W y: class probabilities to the mean of their clusters' places, which are weights.

    Args:
        num_clusters: K, how many.
        latent_dim: size of a code.
        spread: standard deviation of the places at the start.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, num_clusters, latent_dim, spread=1.0, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.num_clusters, self.latent_dim, self.spread = num_clusters, latent_dim, spread
        start = keras.initializers.RandomNormal(stddev=spread)
        self.places = self.add_weight(
            name="places", shape=(num_clusters, latent_dim), initializer=start
        )
        self.built = True

    def call(self, y):
        return tf.matmul(y, self.places.value)

    def distances(self):
        """|W_i - W_j|, `(num_clusters, num_clusters)`; about 0 on the diagonal."""
        return tf.sqrt(squared_distances(self.places.value, self.places.value) + 1e-12)

    def repulsion(self, distance):
        """sum_{i<j} relu(distance - |W_i - W_j|)."""
        missing = tf.nn.relu(distance - self.distances())
        return 0.5 * tf.reduce_sum(missing * (1.0 - tf.eye(self.num_clusters)))

    def get_config(self):
        own = ("num_clusters", "latent_dim", "spread")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
