"""Mixtures of K distributions of data, a row of parameters for each; no decoder."""

import math

import keras
import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.losses.reconstruction import LOG_TWO_PI
from zoo.registry import register

LEAST_SHARE = 1e-6  # of a component in the batch


class Components(keras.layers.Layer):
    """sum_k pi_k p(x|k), all of it weights. Abstract.

    Args:
        data_shape: of one example.
        count: K.
        **options: those of `keras.layers.Layer`.
    """

    data_range = None

    def __init__(self, data_shape, count, **options):
        super().__init__(**{"dtype": "float32", **options})
        self.data_shape, self.count = tuple(data_shape), count
        self.size = math.prod(self.data_shape)
        spread = keras.initializers.RandomNormal(stddev=1.0)
        self.logits = self.add_weight(name="logits", shape=(count,), initializer="zeros")
        self.places = self.add_weight(name="places", shape=(count, self.size), initializer=spread)

    @property
    def log_shares(self):
        """ln pi, `(count,)`."""
        return tf.nn.log_softmax(self.logits.value)

    def log_prob(self, x):
        """ln p(x|k) of every component, nats: `(batch, count)`."""
        raise NotImplementedError

    def joint_log_prob(self, x):
        """ln pi_k p(x|k), nats: `(batch, count)`."""
        return self.log_shares + self.log_prob(x)

    def choose(self, rows):
        """Components drawn from pi, int32 `(rows,)`."""
        return noise.choice(tf.exp(self.log_shares), rows)

    def means(self):
        """E[x|k], `(count, *data_shape)`."""
        raise NotImplementedError

    def sample(self, chosen):
        """A draw of x for each component in `chosen`, int32 `(rows,)`."""
        raise NotImplementedError

    def start(self, rows, seed=0):
        """Starts from k-means of examples, the best of ten runs."""
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # sums in one order, so that the same rows give the same bits
            clusters = KMeans(self.count, n_init=10, random_state=seed % 2**32)
            self.start_at(clusters.fit(np.reshape(rows, [-1, self.size])).cluster_centers_)

    def start_at(self, means):
        """Sets the means near to these, `(count, size)`."""
        raise NotImplementedError

    def moments(self, x, shares):
        """Means over the batch of r_k, r_k x and r_k x^2: what `maximize` needs, in a list.

        shares: r, `(batch, count)`.
        """
        rows = self.flat(x)
        sums = [tf.matmul(shares, power, transpose_a=True) for power in (rows, tf.square(rows))]
        size = tf.cast(tf.shape(x)[0], tf.float32)
        return [tf.reduce_mean(shares, axis=0), *(total / size for total in sums)]

    def maximize(self, share, first, second):
        """Sets the weights to the most likely ones (the M step), from `moments`.

        A component that has no part in the batch keeps its parameters.
        """
        share = tf.maximum(share, LEAST_SHARE)[:, None]
        self.logits.assign(tf.math.log(share[:, 0]))
        for weight, value in self.matching(first / share, second / share).items():
            own = getattr(self, weight)
            own.assign(tf.where(share > LEAST_SHARE, value, own.value))

    def matching(self, first, second):
        """Weight -> its value for these means of x and of x^2, `(count, size)`."""
        raise NotImplementedError

    def flat(self, x):
        """Examples as rows of numbers."""
        return tf.reshape(x, [-1, self.size])

    def shaped(self, rows):
        """Rows of numbers as examples."""
        return tf.reshape(rows, [-1, *self.data_shape])

    def get_config(self):
        own = {"data_shape": self.data_shape, "count": self.count}
        return {**super().get_config(), **own}


@register
class BernoulliComponents(Components):
    """p(x|k) = prod_i Bernoulli(x_i; sigmoid(a_ki)); with grey x a cross-entropy."""

    data_range = (0.0, 1.0)
    least = 1e-3  # a probability of EM is at least so much, and at most 1 less it

    def log_prob(self, x):
        logits = self.places.value
        empty = tf.reduce_sum(tf.math.softplus(logits), axis=1)
        return tf.matmul(self.flat(x), logits, transpose_b=True) - empty

    def means(self):
        return self.shaped(tf.sigmoid(self.places.value))

    def sample(self, chosen):
        logits = tf.gather(self.places.value, chosen)
        uniform = noise.uniform([tf.shape(logits)[0], self.size])
        return self.shaped(tf.cast(uniform < tf.sigmoid(logits), tf.float32))

    def start_at(self, means):
        between = 0.25 + 0.5 * means
        self.places.assign(self.matching(between, None)["places"])

    def matching(self, first, second):
        p = tf.clip_by_value(first, self.least, 1.0 - self.least)
        return {"places": tf.math.log(p) - tf.math.log1p(-p)}


@register
class GaussianComponents(Components):
    """p(x|k) = N(x; mean_k, diag var_k)."""

    least = 1e-3  # a variance of EM is at least so much

    def __init__(self, data_shape, count, **options):
        super().__init__(data_shape, count, **options)
        shape = self.places.shape
        self.log_vars = self.add_weight(name="log_vars", shape=shape, initializer="zeros")

    def log_prob(self, x):
        log_vars, means, rows = tf.identity(self.log_vars.value), self.places.value, self.flat(x)
        scale = tf.exp(-log_vars)
        near = tf.matmul(rows, means * scale, transpose_b=True)
        far = tf.matmul(tf.square(rows), scale, transpose_b=True)
        rest = tf.reduce_sum(tf.square(means) * scale + log_vars + LOG_TWO_PI, axis=1)
        return near - 0.5 * (far + rest)

    def means(self):
        return self.shaped(self.places.value)

    def sample(self, chosen):
        means, log_vars = (tf.gather(w.value, chosen) for w in (self.places, self.log_vars))
        drawn = noise.normal([tf.shape(means)[0], self.size])
        return self.shaped(means + tf.exp(0.5 * log_vars) * drawn)

    def start_at(self, means):
        self.places.assign(means)
        spread = np.mean(np.var(means, axis=0)) if len(means) > 1 else 1.0
        self.log_vars.assign(np.full(means.shape, np.log(max(spread, self.least)), np.float32))

    def matching(self, first, second):
        spread = tf.maximum(second - tf.square(first), self.least)
        return {"places": first, "log_vars": tf.math.log(spread)}


KINDS = {"bernoulli": BernoulliComponents, "gaussian": GaussianComponents}
