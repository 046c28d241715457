"""The two orders in which the posterior of a code and of its labels factorizes."""

import math

import tensorflow as tf

from zoo.losses.partial_labels import agreement, log_joint, split
from zoo.networks import default
from zoo.networks.pairs import conditional_encoder


class LabelFirst:
    """q(y|x) q(z|x, y): the classifier sees data, the encoder data and labels."""

    encoder_takes_labels = True

    def classifier_inputs(self, data_shape, latent_dim):
        """What the classifier takes."""
        return data_shape

    def networks(self, data_shape, codes, latent_dim, outputs, sizes):
        """The classifier, by name."""
        return {"classifier": default.encoder(data_shape, outputs, **sizes, name="classifier")}

    def codes(self, model, x, y, training):
        """What the encoder gives."""
        return model.encoder([x, y], training=training)

    def terms(self, model, x, y, training):
        """Minus the bound of each row, less ln q of the labels that are known, and that ln q."""
        log_q = log_joint(model.classifier(x, training=training), model.sizes)
        log_known, log_rest = split(log_q, agrees := agreement(y, model.sizes))
        gains = agrees * tf.exp(log_rest) * (model.class_bounds(x, training) - log_rest)
        return -tf.reduce_sum(gains, axis=1), log_known

    def shares(self, model, x):
        """q(y|x) of every class, `(batch, num_classes)`."""
        return tf.exp(log_joint(model.classifier(x, training=False), model.sizes))


class CodeFirst:
    """q(z|x) q(y|x, z): the encoder sees data, the classifier data and a code."""

    encoder_takes_labels = False

    def classifier_inputs(self, data_shape, latent_dim):
        return [data_shape, (latent_dim,)]

    def networks(self, data_shape, codes, latent_dim, outputs, sizes):
        classifier = conditional_encoder(
            data_shape, latent_dim, outputs, **sizes, name="classifier"
        )
        return {"encoder": default.encoder(data_shape, codes, **sizes), "classifier": classifier}

    def codes(self, model, x, y, training):
        return model.encoder(x, training=training)

    def drawn(self, model, x, training):
        """Each row `draws` times: data, z ~ q(z|x), ln q(z|x) and ln q(class|x, z)."""
        output = tf.repeat(model.encoder(x, training=training), model.draws, axis=0)
        with model.noise.expanded(model.draws):
            z, log_z = model.posterior.sample(output)
        rows = tf.repeat(x, model.draws, axis=0)
        logits = model.classifier([rows, z], training=training)
        return rows, z, log_z, log_joint(logits, model.sizes)

    def terms(self, model, x, y, training):
        rows, z, log_z, log_q = self.drawn(model, x, training)
        agrees = tf.repeat(agreement(y, model.sizes), model.draws, axis=0)
        log_known, log_rest = split(log_q, agrees)

        def log_likelihood(pairs, labels):
            data, code = pairs
            return -model.likelihood.nll(data, model.decoder([code, labels], training=training))

        joint = model.of_each_class(log_likelihood, (rows, z)) + model.class_prior.log_probs
        gains = tf.reduce_sum(agrees * tf.exp(log_rest) * (joint - log_rest), axis=1)
        gains += model.prior.log_prob(z) - log_z - log_known
        gains, log_w = (tf.reshape(each, [-1, model.draws]) for each in (gains, log_known))
        bound = -tf.reduce_sum(tf.nn.softmax(log_w) * gains, axis=1)
        log_known = tf.reduce_logsumexp(log_w, axis=1) - math.log(model.draws)
        return bound - log_known, log_known

    def shares(self, model, x):
        count = tf.shape(x)[0]
        with model.noise.serving(tf.zeros([count], tf.int64), count):
            *_, log_q = self.drawn(model, x, training=False)
        shares = tf.reshape(tf.exp(log_q), [count, model.draws, model.num_classes])
        return tf.reduce_mean(shares, axis=1)


FACTORIZATIONS = {"label_first": LabelFirst(), "code_first": CodeFirst()}


def named(name):
    """The factorization of a name."""
    if name not in FACTORIZATIONS:
        raise ValueError(
            f"`factorization` must be one of {sorted(FACTORIZATIONS)}. Received: {name!r}."
        )
    return FACTORIZATIONS[name]
