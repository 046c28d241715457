"""What translators trained on pairs share."""

import keras
import tensorflow as tf

from zoo import checks
from zoo.losses.games import NonSaturating
from zoo.losses.reconstruction import mean_of_rest
from zoo.model import GenerativeModel
from zoo.networks.patch import patch
from zoo.networks.unet import unet


class PairedTranslation(GenerativeModel):
    """A generator of y from x, and a discriminator of pairs. Not trained itself: see the papers.

    Args:
        generator: x to data like y; its dropout, always on, is the noise.
        discriminator: x and y, joined along the last axis, to raw outputs: one, or one for
            each patch.
        reconstruction_weight: of the mean absolute error.
        **parts: those of `GenerativeModel`.
    """

    players = {"discriminator": ("discriminator",), "generator": ("generator",)}
    terms = {"discriminator": ("adversarial",), "generator": ("adversarial", "reconstruction")}
    targets = "pair"
    verbs = {"translate": ("x", "seed"), "score": ("x", "y")}
    score_kind = "logit"
    data_ranks, has_latent = (3,), False
    game = NonSaturating

    def __init__(self, generator, discriminator, *, reconstruction_weight, **parts):
        *shape, channels = generator.input_shape[1:]
        both = *shape, channels + generator.output_shape[-1]
        checks.require_map(type(self), "generator", generator, None, (*shape, None))
        checks.require_map(type(self), "discriminator", discriminator, both, None)
        networks = {"generator": generator, "discriminator": discriminator}
        super().__init__(**networks, reconstruction_weight=reconstruction_weight, **parts)

    # fmt: off
    @classmethod
    def for_data(cls, data_shape, latent_dim=None, target_shape=None,
                 channels=(64, 128, 256, 512), dropout=0.5, **settings):
        *shape, depth = data_shape
        outputs = (target_shape or data_shape)[-1]
        return cls(unet(data_shape, outputs, tuple(channels), dropout),
                   patch((*shape, depth + outputs), tuple(channels)), **settings)
    # fmt: on

    @property
    def data_shape(self):
        return tuple(self.generator.input_shape[1:])

    @property
    def target_shape(self):
        return tuple(self.generator.output_shape[1:])

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def judge(self, x, y, training=True):
        """The discriminator's raw outputs of pairs."""
        return self.discriminator(tf.concat([x, y], axis=-1), training=training)

    def discriminator_loss(self, x, y, training):
        made = self.generator(x, training=training)
        real, fake = self.judge(x, y, training), self.judge(x, made, training)
        return {"adversarial": 0.5 * mean_of_rest(self.game.discriminator(real, fake))}

    def generator_loss(self, x, y, training):
        made = self.generator(x, training=training)
        game = self.game.generator(self.judge(x, made, training))
        error = self.reconstruction_weight * mean_of_rest(tf.abs(y - made))
        terms = {"adversarial": mean_of_rest(game), "reconstruction": error}
        return {**terms, **self.penalty(y, made)}

    def penalty(self, y, made):
        """Further terms of the generator."""
        return {}

    def call(self, x, training=False):
        """The translation of x, every row with the noise of the seed 0."""
        return self.translate(x, tf.zeros([tf.shape(x)[0]], tf.int64))

    def translate(self, x, seed=None):
        """What y may be, given x. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            return self.generator(x, training=False)

    def score(self, x, y):
        """The discriminator's raw output, mean over patches; higher is judged more real."""
        return mean_of_rest(self.judge(x, y, training=False))
