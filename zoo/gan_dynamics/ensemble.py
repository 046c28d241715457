"""What games share in which each player has several networks."""

from typing import Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Parts, Widths
from zoo.networks import default


class EnsembleModel(GenerativeModel):
    """Generators against discriminators, each a list of networks. Not trained itself.

    Args:
        generators: networks from noise `(batch, latent_dim)` to data.
        discriminators: networks from data to one raw output, or to one for each class.
        latent_dim: size of the noise z ~ U(-1, 1).
        num_classes: where some rows have labels; None: data without labels.
        **parts: those of `GenerativeModel`.
    """

    players = {"discriminators": ("discriminators",), "generators": ("generators",)}
    verbs = {"sample": ("count", "seed"), "score": ("x",)}
    score_kind = "logit"

    def __init__(self, generators, discriminators, latent_dim, *, num_classes=None, **parts):
        shape, outputs = tuple(discriminators[0].input_shape[1:]), (num_classes or 1,)
        for network in discriminators:
            checks.require_map(type(self), "discriminators", network, shape, outputs)
        for network in generators:
            checks.require_map(type(self), "generators", network, (latent_dim,), shape)
        networks = {"generators": list(generators), "discriminators": list(discriminators)}
        super().__init__(**networks, latent_dim=latent_dim, num_classes=num_classes, **parts)
        if num_classes is not None:
            self.targets, self.verbs = "some_labels", {**self.verbs, "classify": ("x",)}
            player = "discriminators"
            self.terms = {**self.terms, player: (*self.terms[player], "classification")}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes=None,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        num_generators: Parts = 10,
        num_discriminators: Parts = 1,
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        judged = {"outputs": num_classes or 1, **sizes}
        return {
            "generators": [
                default.generator(latent_dim, data_shape, **sizes) for _ in range(num_generators)
            ],
            "discriminators": [
                default.discriminator(data_shape, **judged) for _ in range(num_discriminators)
            ],
        }

    @property
    def data_shape(self):
        return tuple(self.discriminators[0].input_shape[1:])

    def draw_codes(self, count):
        """`count` draws of the noise z."""
        return self.noise.uniform([count, self.latent_dim], -1.0, 1.0)

    def sample_logits(self, count, training):
        """The logits of `count` samples of each generator: by discriminator, a row for each."""
        samples = [g(self.draw_codes(count), training=training) for g in self.generators]
        rows, shape = tf.concat(samples, axis=0), [len(samples), count]
        return [tf.reshape(logit(d(rows, training=training)), shape) for d in self.discriminators]

    def call(self, x, training=False):
        """As `score`."""
        return self.score(x)

    def sample(self, count, seed=None):
        """`count` examples, each of a generator of its own draw. `seed`: one integer, or an
        int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            chosen = self.noise.choice(
                tf.fill([len(self.generators)], 1.0 / len(self.generators)), count
            )
            z = self.draw_codes(count)
        each = tf.stack([network(z, training=False) for network in self.generators], axis=1)
        return tf.gather(each, chosen, axis=1, batch_dims=1)

    def score(self, x):
        """The mean logit of the discriminators; higher is judged more real."""
        return tf.reduce_mean([logit(d(x, training=False)) for d in self.discriminators], axis=0)

    def classify(self, x):
        """Probabilities of the classes, `(batch, num_classes)`, where there are classes."""
        outputs = [tf.nn.softmax(network(x, training=False)) for network in self.discriminators]
        return tf.reduce_mean(outputs, axis=0)


def logit(output):
    """The logit of being data, ln sum_k exp l_k, where a sample's is 0: `(batch,)`."""
    return tf.reduce_logsumexp(output, axis=-1)
