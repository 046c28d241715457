"""What the two players of a GAN minimise, per example, in terms of raw outputs (logits).

A game is a value: `LeastSquares(a=-1.0, b=1.0, c=0.0)`. Configs keep it with its numbers.
"""

import dataclasses

import tensorflow as tf

from zoo.registry import register

softplus = tf.math.softplus


class Game:
    """Two losses: of raw outputs for data and for generated examples."""

    zero_sum = False  # whether what one player loses is what the other wins
    log_ratio = False  # whether the best raw output is ln p(x) - ln p_generator(x)

    def discriminator(self, real, fake):
        """The discriminator's loss of each example."""
        raise NotImplementedError(f"{type(self).__name__} has no loss of the discriminator.")

    def generator(self, fake):
        """The generator's loss of each example."""
        raise NotImplementedError(f"{type(self).__name__} has no loss of the generator.")

    def get_config(self):
        return dataclasses.asdict(self)  # pyright: ignore[reportArgumentType]  every game is one

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@register
@dataclasses.dataclass(frozen=True)
class Minimax(Game):
    """The saturating game: D minimises -ln D(x) - ln(1 - D(x')), G minimises ln(1 - D(x'))."""

    zero_sum, log_ratio = True, True

    def discriminator(self, real, fake):
        """softplus(-real) + softplus(fake)."""
        return softplus(-real) + softplus(fake)

    def generator(self, fake):
        """-softplus(fake); its gradient vanishes where the discriminator is sure."""
        return -softplus(fake)


@register
@dataclasses.dataclass(frozen=True)
class NonSaturating(Game):
    """The game most people mean by GAN: G minimises -ln D(x')."""

    log_ratio = True

    def discriminator(self, real, fake):
        """softplus(-real) + softplus(fake)."""
        return softplus(-real) + softplus(fake)

    def generator(self, fake):
        """softplus(-fake)."""
        return softplus(-fake)


@register
@dataclasses.dataclass(frozen=True)
class Wasserstein(Game):
    """The critic's difference of means; needs a Lipschitz critic."""

    zero_sum = True

    def discriminator(self, real, fake):
        """fake - real."""
        return fake - real

    def generator(self, fake):
        """-fake."""
        return -fake


@register
@dataclasses.dataclass(frozen=True)
class Hinge(Game):
    """The critic's difference, no further than a margin of 1 on either side."""

    def discriminator(self, real, fake):
        """relu(1 - real) + relu(1 + fake)."""
        return tf.nn.relu(1.0 - real) + tf.nn.relu(1.0 + fake)

    def generator(self, fake):
        """-fake."""
        return -fake


@register
@dataclasses.dataclass(frozen=True)
class LeastSquares(Game):
    """D regresses data on b and samples on a, G samples on c (Mao et al., 2017, Eq. 2).

    Raw outputs, no logits. With b - c = 1 and b - a = 2, such as (-1, 1, 0), the generator
    minimises a Pearson divergence (Eq. 5 to 7).

    Args:
        a: the target of D for generated examples.
        b: the target of D for data.
        c: the target of G for D's output at generated examples.
    """

    a: float = 0.0
    b: float = 1.0
    c: float = 1.0

    def discriminator(self, real, fake):
        """1/2 (real - b)^2 + 1/2 (fake - a)^2."""
        return 0.5 * tf.square(real - self.b) + 0.5 * tf.square(fake - self.a)

    def generator(self, fake):
        """1/2 (fake - c)^2."""
        return 0.5 * tf.square(fake - self.c)


GAMES = {
    "minimax": Minimax(),
    "non_saturating": NonSaturating(),
    "wasserstein": Wasserstein(),
    "hinge": Hinge(),
    "least_squares": LeastSquares(),
}


def named(game):
    """The game of a name, or the game itself."""
    if isinstance(game, Game):
        return game
    if game not in GAMES:
        raise ValueError(f"`game` must be one of {sorted(GAMES)}. Received: {game!r}.")
    return GAMES[game]
