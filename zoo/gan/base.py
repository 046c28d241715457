"""What generative adversarial networks share."""

from typing import Annotated, Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Choice, Widths
from zoo.losses import games
from zoo.networks import default
from zoo.verbs.generators import GeneratorVerbs

GameChoice = Annotated[str, Choice(tuple(games.GAMES), objects=True)]


class AdversarialModel(GeneratorVerbs, GenerativeModel):
    """A generator against a discriminator. Not trained itself: see the papers.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output (a logit); where the class sets `features`,
            to `[one raw output, features]`.
        latent_dim: size of the noise z ~ N(0, I).
        **parts: those of `GenerativeModel`.
    """

    players = {"discriminator": ("discriminator",), "generator": ("generator",)}
    terms = {"discriminator": ("adversarial",), "generator": ("adversarial",)}
    verbs = {**GeneratorVerbs.verbs, "decode": ("z",), "score": ("x",)}
    score_kind = "logit"
    game = games.NonSaturating()
    generator_batches = 1  # how many batches of samples a move of the generator takes
    features = False  # whether the discriminator gives what its output is read from, too

    def __init__(self, generator, discriminator, latent_dim, **parts):
        if "game" in parts:
            parts["game"] = games.named(parts["game"])
        self.require_networks(generator, discriminator, latent_dim, **parts)
        super().__init__(
            generator=generator, discriminator=discriminator, latent_dim=latent_dim, **parts
        )

    @classmethod
    def require_networks(cls, generator, discriminator, latent_dim, **parts):
        """Refuses networks that do not fit each other."""
        data_shape = checks.shapes(discriminator.input_shape)[0]
        if cls.features:
            checks.require_features(cls, discriminator, data_shape)
        else:
            checks.require_map(cls, "discriminator", discriminator, None, (1,))
        checks.require_map(cls, "generator", generator, (latent_dim,), data_shape)

    @classmethod
    def default_networks(
        cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), channels: Widths = (64, 128)
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        return {
            "generator": default.generator(latent_dim, data_shape, **sizes),
            "discriminator": default.discriminator(data_shape, **sizes, features=cls.features),
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    @property
    def output_is_log_ratio(self):
        return self.game.log_ratio

    def judge(self, x, y, training):
        """The discriminator's raw output, `(batch,)`; y: labels, in families that take some."""
        outputs = self.discriminator(x, training=training)
        return (outputs[0] if isinstance(outputs, (list, tuple)) else outputs)[:, 0]

    def discriminator_loss(self, x, y, training):
        fake = self.generate(tf.shape(x)[0], y, training)
        real_output, fake_output = self.judge(x, y, training), self.judge(fake, y, training)
        adversarial = self.game.discriminator(real_output, fake_output)
        return {"adversarial": adversarial, **self.penalty(x, fake, y)}

    def penalty(self, real, fake, y):
        """Further terms of the discriminator."""
        return {}

    def generator_loss(self, x, y, training):
        times = self.generator_batches
        labels = None if y is None else tf.repeat(y, times)
        with self.noise.expanded(times):
            fake = self.generate(times * tf.shape(x)[0], labels, training)
        return {"adversarial": self.game.generator(self.judge(fake, labels, training))}

    def score(self, x):
        """The discriminator's raw output; higher is judged more real."""
        return self.judge(x, None, training=False)
