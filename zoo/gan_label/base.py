"""What games share whose generator is conditioned on a class."""

from typing import Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Widths
from zoo.gan.base import AdversarialModel
from zoo.networks import default
from zoo.networks.labelled import labelled
from zoo.priors.categorical import Categorical
from zoo.verbs.codes import path
from zoo.verbs.labels import checked, completed


class LabelledAdversarialModel(AdversarialModel):
    """A generator of examples of a class, against a discriminator. Not trained itself.

    Generated examples have the labels of the batch that they are compared with.

    Args:
        generator: `[noise, labels]` to data; see `zoo.networks.labelled`.
        discriminator: what the class says.
        latent_dim: size of the noise z.
        num_classes: how many labels.
        class_prior: `zoo.priors.categorical.Categorical`, of labels that `sample` draws; all
            labels alike where None.
        **parts: those of `AdversarialModel`.
    """

    targets = "labels"
    verbs = {
        "sample": ("count", "labels", "seed"),
        "decode": ("z", "labels"),
        "interpolate": ("z1", "z2", "labels", "steps"),
        "score": ("x", "labels"),
    }
    unknown_labels = ("sample",)
    score_is_labelled = True

    def __init__(
        self, generator, discriminator, latent_dim, num_classes, *, class_prior=None, **parts
    ):
        parts |= {
            "num_classes": num_classes,
            "class_prior": class_prior or Categorical(num_classes),
        }
        super().__init__(generator, discriminator, latent_dim, **parts)

    @classmethod
    def require_networks(cls, generator, discriminator, latent_dim, **parts):
        data_shape = checks.shapes(generator.output_shape)[0]
        data = [data_shape, ()] if cls.score_is_labelled else data_shape
        checks.require_map(cls, "generator", generator, [(latent_dim,), ()], None)
        checks.require_map(cls, "discriminator", discriminator, data, cls.outputs(**parts))

    @classmethod
    def outputs(cls, **parts):
        """Shapes of what the discriminator gives for one example."""
        return (1,)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        generator = labelled(
            lambda shape: default.generator(shape[0], data_shape, **sizes),
            (latent_dim,),
            num_classes,
            "generator",
        )
        discriminator = cls.default_discriminator(data_shape, num_classes, sizes)
        return {"generator": generator, "discriminator": discriminator}

    @classmethod
    def default_discriminator(cls, data_shape, num_classes, sizes):
        """The network of a class for data of this shape; here one that takes the label."""
        return labelled(
            lambda shape: default.discriminator(shape, **sizes),
            data_shape,
            num_classes,
            "discriminator",
        )

    def noise_map(self):
        return None  # of noise and label

    def generate(self, count, y, training):
        return self.generator([self.draw_codes(count), y], training=training)

    def judge(self, x, y, training):
        return super().judge([x, y] if self.score_is_labelled else x, y, training)

    def call(self, inputs, training=False):
        """Data from `[noise, labels]`."""
        return self.generator(inputs, training=training)

    def sample(self, count, labels=None, seed=None):
        """`count` examples of these labels; one for each or one for all, where -1, or None,
        is drawn. `seed`: one integer, or an int64 for each; None draws one."""
        with self.by_averages(), self.noise.serving(seed, count):
            y = completed(self, labels, self.class_prior.sample(count))
            return self.generate(count, y, training=False)

    def decode(self, z, labels):
        """The data of noise z, `(batch, latent_dim)`, with these labels."""
        y = checked(self, labels, tf.shape(z)[0], unknown=False)
        with self.by_averages():
            return self.generator([tf.convert_to_tensor(z), y], training=False)

    def interpolate(self, z1, z2, labels, steps=8):
        """`(batch, steps, ...)`: data of a label on the lines from z1 to z2."""
        y = checked(self, labels, tf.shape(z1)[0], unknown=False)
        return path(lambda z: self.decode(z, tf.repeat(y, steps)), z1, z2, steps)

    def score(self, x, labels=None):
        """The discriminator's raw output, for x with these labels where it takes them; higher
        is judged more real."""
        if self.score_is_labelled:
            labels = checked(self, labels, tf.shape(x)[0], unknown=False)
        return self.judge(tf.convert_to_tensor(x), labels, training=False)
