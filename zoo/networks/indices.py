"""An autoregressive network of maps of indices, such as the codes of a VQ-VAE."""

import keras
import tensorflow as tf

from zoo.networks.autoregressive import Autoregressive
from zoo.registry import register


@register
class AutoregressiveIndices(keras.layers.Layer):
    """Logits for each index of a map, given the indices before it.

    Indices are embedded, a masked perceptron gives features of each place, and one dense
    layer, the same for all places, makes logits of them.

    Args:
        shape: of the map, without the batch.
        num_codes: how many values an index has.
        hidden: widths of the hidden layers.
        embedding: size of the vector of an index.
        features: numbers for each place before the last layer.
        **options: those of `keras.layers.Layer`.

    Call arguments:
        x: indices as floats, `(batch, *shape)`.

    Returns:
        `(batch, places, num_codes)`, float32.
    """

    def __init__(self, shape, num_codes, hidden=(512,), embedding=16, features=64, **options):
        super().__init__(**{"dtype": "float32", **options})  # indices stay whole numbers
        self.shape, self.num_codes, self.hidden = tuple(shape), num_codes, tuple(hidden)
        self.embedding, self.features, self.orders = embedding, features, 1
        self.network = Autoregressive(self.shape, features, self.hidden, inputs=embedding)
        self.ranks, self.size = self.network.ranks, self.network.size
        self.table = self.add_weight(name="table", shape=(num_codes, embedding))
        self.head = keras.layers.Dense(num_codes)
        self.head.build((None, self.size, features))
        self.built = True

    @property
    def input_shape(self):
        """Shape of x; the batch is None."""
        return (None, *self.shape)

    @property
    def output_shape(self):
        """Shape of the result; the batch is None."""
        return (None, self.size, self.num_codes)

    def call(self, x, order=0):
        known = tf.gather(tf.convert_to_tensor(self.table), tf.cast(x, tf.int32))
        hidden = self.network(known, order=order)
        return tf.cast(self.head(keras.activations.relu(hidden)), tf.float32)

    def get_config(self):
        sizes = {"shape": self.shape, "num_codes": self.num_codes, "hidden": self.hidden}
        widths = {"embedding": self.embedding, "features": self.features}
        return {**super().get_config(), **sizes, **widths}
