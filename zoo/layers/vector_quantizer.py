"""A codebook of vectors (van den Oord et al., 2017, arXiv:1711.00937)."""

from typing import Any

import keras
import tensorflow as tf

from zoo import replicas
from zoo.losses.discrepancy import squared_distances
from zoo.registry import register

EPSILON = 1e-5  # of the Laplace smoothing of counts


def straight_through(z, chosen):
    """The chosen vectors, with a gradient as if they were z."""
    return z + tf.stop_gradient(chosen - z)


@register
class VectorQuantizer(keras.layers.Layer):
    """The vector e_k of a codebook that is nearest to z, and its number k (Eq. 1 and 2).

    With a `decay` the codebook is a moving average of what chose it, over the global batch
    (Appendix A.1), and no weight:

        N_k <- decay N_k + (1 - decay) n_k,  m_k <- decay m_k + (1 - decay) sum z,
        e_k = m_k / N_k

    with Laplace smoothing of N. It starts at N = 1: from N = 0 the first step would divide
    by next to nothing. Counts and sums are float32 in every policy.

    Args:
        num_codes: how many vectors.
        size: of each vector.
        decay: of the moving averages; None makes the codebook a trainable weight.
        **options: those of `keras.layers.Layer`.

    Call arguments:
        z: `(batch, ..., size)`.
        training: whether the averages follow z.

    Returns:
        The nearest vectors, of the shape of z, and their numbers, int32 `(batch, ...)`.
    """

    def __init__(self, num_codes, size, decay: float | None = 0.99, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.num_codes, self.size = num_codes, size
        self.decay: Any = decay  # a number wherever averages are taken
        start = {"initializer": keras.initializers.RandomUniform(-1.0 / num_codes, 1.0 / num_codes)}
        own = {"name": "vectors", "shape": (num_codes, size), **start}
        self.vectors = self.add_weight(**own, trainable=decay is None)
        if decay is not None:  # `vectors` holds the sums m
            still = {"initializer": "ones", "trainable": False}
            self.counts = self.add_weight(name="counts", shape=(num_codes,), **still)
        self.built = True

    @property
    def codebook(self):
        """e, `(num_codes, size)`."""
        if self.decay is None:
            return tf.convert_to_tensor(self.vectors.value)
        counts = tf.convert_to_tensor(self.counts.value)
        total = tf.reduce_sum(counts)
        smoothed = (counts + EPSILON) / (total + self.num_codes * EPSILON) * total
        return self.vectors.value / smoothed[:, None]

    def call(self, z, training=False):
        codebook, rows = self.codebook, tf.reshape(z, [-1, self.size])
        nearest = tf.argmin(squared_distances(rows, codebook), axis=1, output_type=tf.int32)
        if training and self.decay is not None:
            self._follow(tf.stop_gradient(rows), nearest)
        chosen = tf.reshape(tf.gather(codebook, nearest), tf.shape(z))
        return tf.ensure_shape(chosen, z.shape), tf.reshape(nearest, tf.shape(z)[:-1])

    def _follow(self, rows, nearest):
        """Moves counts and sums towards those of the global batch."""
        counts = tf.math.unsorted_segment_sum(tf.ones_like(rows[:, 0]), nearest, self.num_codes)
        sums = tf.math.unsorted_segment_sum(rows, nearest, self.num_codes)
        for average, new in ((self.counts, counts), (self.vectors, sums)):
            updated = self.decay * average.value + (1.0 - self.decay) * replicas.all_reduce_sum(new)
            average.assign(updated)

    def start(self, encoder, data):
        """Sets the codebook to vectors that an encoder gives, from all over the first batches.

        Args:
            encoder: data to vectors, `(batch, ..., size)`.
            data: a `tf.data.Dataset` of x, or of tuples that begin with x.
        """
        vectors, needed = [], self.num_codes
        for batch in data.take(self.num_codes):  # a batch gives one vector or more
            x = batch[0] if isinstance(batch, tuple) else batch
            vectors.append(tf.reshape(encoder(x, training=False), [-1, self.size]))
            needed -= vectors[-1].shape[0]
            if needed <= 0:
                break
        rows = tf.concat(vectors, axis=0)
        places = tf.linspace(0.0, float(rows.shape[0] or 0) - 1.0, self.num_codes)
        self.vectors.assign(tf.gather(rows, tf.cast(tf.round(places), tf.int32)))

    def lookup(self, indices):
        """The vectors of these numbers, `(batch, ..., size)`."""
        indices = tf.cast(indices, tf.int32)
        message = f"Indices of the codebook must be from 0 to {self.num_codes - 1}."
        inside = tf.reduce_all((indices >= 0) & (indices < self.num_codes))
        with tf.control_dependencies([tf.debugging.Assert(inside, [message])]):
            return tf.gather(self.codebook, indices)

    def log_prob(self, indices):
        """ln p of indices that are uniform and independent, nats: `(batch,)`."""
        each = tf.math.log(float(self.num_codes)) * tf.ones_like(indices, tf.float32)
        return -tf.reduce_sum(tf.reshape(each, [tf.shape(indices)[0], -1]), axis=1)

    def perplexity(self, indices):
        """exp(entropy) of the numbers of the global batch: how many vectors are in use."""
        share = replicas.batch_mean(tf.one_hot(tf.reshape(indices, [-1]), self.num_codes))
        return tf.exp(-tf.reduce_sum(tf.math.xlogy(share, share)))

    def get_config(self):
        own = {"num_codes": self.num_codes, "size": self.size, "decay": self.decay}
        return {**super().get_config(), **own}
