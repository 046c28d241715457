"""What translators trained on pairs share."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Number, Weight, Widths
from zoo.losses.games import NonSaturating
from zoo.losses.reconstruction import mean_of_rest
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
    game = NonSaturating()

    def __init__(
        self,
        generator,
        discriminator,
        *,
        reconstruction_weight: Annotated[float, Weight()],
        **parts,
    ):
        *shape, channels = generator.input_shape[1:]
        both = *shape, channels + generator.output_shape[-1]
        checks.require_map(type(self), "generator", generator, None, (*shape, None))
        checks.require_map(type(self), "discriminator", discriminator, both, None)
        networks = {"generator": generator, "discriminator": discriminator}
        super().__init__(**networks, reconstruction_weight=reconstruction_weight, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        target_shape=None,
        channels: Widths = (64, 128, 256, 512),
        dropout: Annotated[float, Number(at_least=0.0, below=1.0)] = 0.5,
    ):
        *sides, depth = data_shape
        outputs = (target_shape or data_shape)[-1]
        return {
            "generator": unet(data_shape, outputs, channels, dropout),
            "discriminator": patch((*sides, depth + outputs), channels),
        }

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
        translated = self.generator(x, training=training)
        real, fake = self.judge(x, y, training), self.judge(x, translated, training)
        return {"adversarial": 0.5 * mean_of_rest(self.game.discriminator(real, fake))}

    def generator_loss(self, x, y, training):
        translated = self.generator(x, training=training)
        adversarial = self.game.generator(self.judge(x, translated, training))
        error = self.now(self.reconstruction_weight) * mean_of_rest(tf.abs(y - translated))
        terms = {"adversarial": mean_of_rest(adversarial), "reconstruction": error}
        return {**terms, **self.penalty(y, translated)}

    def penalty(self, y, translated):
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
