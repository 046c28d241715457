"""A normal prior whose draws are accepted or rejected by a network (Bauer and Mnih, "LARS")."""

import keras
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.registry import register


@register
class ResampledPrior(keras.layers.Layer):
    """p(z) = N(z; 0, I) [a(z) (1 - (1 - Z)^(T - 1)) / Z + (1 - Z)^(T - 1)],  Z = E a(z)  (Eq. 5)

    It is the distribution of the first of draws of N(0, I) that is accepted, with probability
    a(z) = sigmoid(network(z)), or of the last of T. In training Z is estimated by draws,

        Z_i = [sum_s a(z_s) + a(z_i) w_i] / (S + 1),  w_i = N(z_i; 0, I) / q(z_i|x_i),  no gradient

    which gives the gradient; its value is a moving average, saved with the weights.

    Args:
        network: codes to one logit of acceptance.
        truncation: T.
        draws: S, the same for all rows and replicas.
        decay: of the moving average of Z.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, network, truncation=100, draws=1024, decay=0.99, **options):
        super().__init__(**{"dtype": "float32", **options})
        for name, value in (("truncation", truncation), ("draws", draws)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {value}.")
        self.network, self.truncation, self.draws, self.decay = network, truncation, draws, decay
        self.latent_dim = network.input_shape[1]
        start = {"initializer": keras.initializers.Constant(0.5), "trainable": False}
        self.acceptance = self.add_weight(name="acceptance", shape=(), **start)  # Z
        self.built = True

    def log_accept(self, z, training=False):
        """ln a(z), `(batch,)`."""
        return tf.math.log_sigmoid(self.network(z, training=training)[:, 0])

    def proposal(self, z):
        """ln N(z; 0, I), nats: `(batch,)`."""
        return gaussian_log_density(z, 0.0, tf.zeros_like(z))

    def log_prob(self, z):
        """ln p(z) with the average of Z, nats: `(batch,)`."""
        return self._log_prob(z, self.log_accept(z), self.acceptance.value)

    def learned_log_prob(self, z, log_q):
        """ln p(z) of a step of training, `(batch,)`; updates the average of Z.

        log_q: ln q(z|x) of the draws z.
        """
        log_a = self.log_accept(z, training=True)
        drawn = noise.normal([self.draws, self.latent_dim], shared=True)
        total = tf.reduce_sum(tf.exp(self.log_accept(drawn, training=True)))
        weight = tf.stop_gradient(tf.exp(self.proposal(z) - log_q))
        estimate = (total + tf.exp(log_a) * weight) / (self.draws + 1.0)
        average = tf.identity(self.acceptance.value)
        mean = tf.stop_gradient(total / self.draws)
        self.acceptance.assign(self.decay * average + (1.0 - self.decay) * mean)
        valued = average + estimate - tf.stop_gradient(estimate)
        return self._log_prob(z, log_a, valued)

    def _log_prob(self, z, log_a, acceptance):
        last = tf.pow(1.0 - acceptance, self.truncation - 1.0)
        share = tf.exp(log_a) * (1.0 - last) / acceptance
        return self.proposal(z) + tf.math.log(share + last)

    def sample(self, count):
        """`(count, latent_dim)`: the first of T draws that is accepted, or the last."""
        shape = (count, self.truncation, self.latent_dim)
        drawn, uniform = noise.normal(shape), noise.uniform(shape[:2])
        log_a = tf.reshape(self.log_accept(tf.reshape(drawn, [-1, shape[2]])), [-1, shape[1]])
        accepted = (tf.math.log(uniform) < log_a) | (tf.range(shape[1]) == shape[1] - 1)
        first = tf.argmax(tf.cast(accepted, tf.int32), axis=1)
        return tf.gather(drawn, first, batch_dims=1)

    def get_config(self):
        own = ("truncation", "draws", "decay")
        network = keras.saving.serialize_keras_object(self.network)
        kept = {name: getattr(self, name) for name in own}
        return {**super().get_config(), "network": network, **kept}

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**{**config, "network": network})
