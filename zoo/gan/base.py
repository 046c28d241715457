"""What generative adversarial networks share."""

import keras
import tensorflow as tf

from zoo import checks
from zoo.code_verbs import GeneratorVerbs
from zoo.losses import games
from zoo.model import GenerativeModel
from zoo.networks import default


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
    game = games.NonSaturating
    features = False  # whether the discriminator gives what its output is read from, too

    def __init__(self, generator, discriminator, latent_dim, **parts):
        games.named(parts.get("game", self.game))
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
    def for_data(cls, data_shape, latent_dim, hidden=(256, 256), channels=(64, 128), **settings):
        sizes = {"hidden": tuple(hidden), "channels": tuple(channels)}
        return cls(
            default.generator(latent_dim, data_shape, **sizes),
            default.discriminator(data_shape, **sizes, features=cls.features),
            latent_dim,
            **settings,
        )

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    @property
    def rules(self):
        """What the players minimise, by the name or class that is `game`."""
        return games.named(self.game)

    def judge(self, x, training=True):
        """The discriminator's raw output, `(batch,)`."""
        output = self.discriminator(x, training=training)
        return (output[0] if self.features else output)[:, 0]

    def discriminator_loss(self, x, y, training):
        fake = self.generate(tf.shape(x)[0], training)
        game = self.rules.discriminator(self.judge(x, training), self.judge(fake, training))
        return {"adversarial": game, **self.penalty(x, fake)}

    def penalty(self, real, fake):
        """Further terms of the discriminator."""
        return {}

    def generator_loss(self, x, y, training):
        fake = self.generate(tf.shape(x)[0], training)
        return {"adversarial": self.rules.generator(self.judge(fake, training))}

    def decode(self, z):
        """The data of noise z, `(batch, latent_dim)`."""
        return self.generator(z, training=False)

    def score(self, x):
        """The discriminator's raw output; higher is judged more real."""
        return self.judge(x, training=False)
