"""What translators between two domains, without pairs, share."""

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Parts, Widths
from zoo.layers.image_pool import ImagePool
from zoo.losses.games import LeastSquares
from zoo.losses.reconstruction import mean_of_rest
from zoo.networks.patch import patch
from zoo.networks.translator import translator


class UnpairedTranslation(GenerativeModel):
    """Translators g from X to Y and f from Y to X, each against a discriminator of its domain.

    Not trained itself: see the papers.

    Args:
        g, f: examples of a shape to examples of the same shape.
        d_x, d_y: examples to raw outputs: one, or one for each patch.
        cycle_weight: of |f(g(x)) - x| + |g(f(y)) - y|, mean absolute errors.
        identity_weight: of |f(x) - x| + |g(y) - y|; 0 leaves the term out.
        pool_size: generated examples that each discriminator is shown again.
        **parts: those of `GenerativeModel`.
    """

    players = {"generators": ("g", "f"), "discriminators": ("d_x", "d_y", "pool_x", "pool_y")}
    terms = {"generators": ("adversarial", "cycle", "identity"), "discriminators": ("adversarial",)}
    targets = "domain"
    verbs = {"translate_xy": ("x",), "translate_yx": ("y",), "reconstruct": ("x",), "score": ("x",)}
    score_kind = "logit"
    data_ranks, has_latent = (3,), False
    game = LeastSquares()

    def __init__(self, g, f, d_x, d_y, *, cycle_weight, identity_weight, pool_size, **parts):
        shape = tuple(g.input_shape[1:])
        for name, network in (("g", g), ("f", f)):
            checks.require_map(type(self), name, network, shape, shape)
        for name, network in (("d_x", d_x), ("d_y", d_y)):
            checks.require_map(type(self), name, network, shape, None)
        settings = {"cycle_weight": cycle_weight, "identity_weight": identity_weight}
        networks = {"g": g, "f": f, "d_x": d_x, "d_y": d_y}
        super().__init__(**networks, **settings, pool_size=pool_size, **parts)
        self.pool_x, self.pool_y = ImagePool(shape, pool_size), ImagePool(shape, pool_size)
        if not identity_weight:
            self.terms = {**self.terms, "generators": ("adversarial", "cycle")}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim=None,
        *,
        channels: Widths = (64, 128, 256),
        blocks: Parts = 9,
        patch_channels: Widths = (64, 128, 256, 512),
    ):
        translators = {
            name: translator(data_shape, channels=channels, blocks=blocks, name=name)
            for name in ("g", "f")
        }
        discriminators = {
            name: patch(data_shape, patch_channels, name=name) for name in ("d_x", "d_y")
        }
        return {**translators, **discriminators}

    @property
    def data_shape(self):
        return tuple(self.g.input_shape[1:])

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def generators_loss(self, x, y, training):
        fake_y, fake_x = self.g(x, training=training), self.f(y, training=training)
        cycled_x, cycled_y = self.f(fake_y, training=training), self.g(fake_x, training=training)
        outputs = self.d_y(fake_y, training=training), self.d_x(fake_x, training=training)
        cycle = distance(cycled_x, x) + distance(cycled_y, y)
        terms = {
            "adversarial": sum(2.0 * mean_of_rest(self.game.generator(each)) for each in outputs),
            "cycle": self.now(self.cycle_weight) * cycle,
        }
        if self.identity_weight:
            same_x, same_y = self.f(x, training=training), self.g(y, training=training)
            identity = distance(same_x, x) + distance(same_y, y)
            terms["identity"] = self.now(self.identity_weight) * identity
        return terms

    def discriminators_loss(self, x, y, training):
        fake_y, fake_x = self.g(x, training=training), self.f(y, training=training)
        losses = []
        for discriminator, real, pool, fake in (
            (self.d_x, x, self.pool_x, fake_x),
            (self.d_y, y, self.pool_y, fake_y),
        ):
            fake_output = discriminator(pool(fake, training=training), training=training)
            real_output = discriminator(real, training=training)
            losses.append(mean_of_rest(self.game.discriminator(real_output, fake_output)))
        return {"adversarial": sum(losses)}

    def call(self, x, training=False):
        """The translation of x."""
        return self.translate_xy(x)

    def translate(self, examples, direction="xy"):
        """Examples of X as ones of Y, or with direction "yx" the other way."""
        ways = {"xy": self.translate_xy, "yx": self.translate_yx}
        if direction not in ways:
            raise ValueError(f'`direction` must be "xy" or "yx". Received: {direction!r}.')
        return ways[direction](examples)

    def translate_xy(self, x):
        """g(x): x as an example of Y."""
        return self.g(x, training=False)

    def translate_yx(self, y):
        """f(y): y as an example of X."""
        return self.f(y, training=False)

    def reconstruct(self, x):
        """f(g(x)): x after a whole cycle."""
        return self.translate_yx(self.translate_xy(x))

    def score(self, x):
        """What the discriminator of X says of x, mean over patches; higher is more real."""
        return mean_of_rest(self.d_x(x, training=False))


def distance(a, b):
    """The mean absolute error, `(batch,)`."""
    return mean_of_rest(tf.abs(a - b))
