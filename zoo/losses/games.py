"""What the two players of a GAN minimise, per example, in terms of raw outputs (logits).

A game is a value: `LeastSquares(a=-1.0, b=1.0, c=0.0)`. Configs keep it with its numbers.
"""

import dataclasses

import tensorflow as tf

from zoo.losses.f_divergences import NAMES, divergence
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


@dataclasses.dataclass(frozen=True)
class CrossEntropy(Game):
    """D tells data from generated examples: -ln D(x) - ln(1 - D(x')).

    Args:
        real_label: s, what D is to say of data: -s ln D(x) - (1 - s) ln(1 - D(x)). Below 1 it
            is never quite sure (one-sided label smoothing; Salimans et al., 2016, 3.4).
    """

    real_label: float = 1.0

    @property
    def log_ratio(self):
        return self.real_label == 1.0

    def discriminator(self, real, fake):
        """s softplus(-real) + (1 - s) softplus(real) + softplus(fake)."""
        if self.real_label == 1.0:
            return softplus(-real) + softplus(fake)
        smooth = self.real_label * softplus(-real) + (1.0 - self.real_label) * softplus(real)
        return smooth + softplus(fake)


@register
@dataclasses.dataclass(frozen=True)
class Minimax(CrossEntropy):
    """The saturating game: D minimises -ln D(x) - ln(1 - D(x')), G minimises ln(1 - D(x'))."""

    zero_sum = True

    def generator(self, fake):
        """-softplus(fake); its gradient vanishes where the discriminator is sure."""
        return -softplus(fake)


@register
@dataclasses.dataclass(frozen=True)
class NonSaturating(CrossEntropy):
    """The game most people mean by GAN: G minimises -ln D(x')."""

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


@register
@dataclasses.dataclass(frozen=True)
class FGame(Game):
    """D bounds an f-divergence of data from examples, which G lowers (Nowozin et al., 2016, Eq. 6).

    Args:
        divergence: a name of `zoo.losses.f_divergences.NAMES`.
        alpha: of the divergence "alpha".
        saturating: whether G lowers the bound, or raises T of its examples (Section 3.2).
    """

    divergence: str = "gan"
    alpha: float = 0.5
    saturating: bool = True

    def __post_init__(self):
        divergence(self.divergence, self.alpha)  # refuses an unknown one

    @property
    def zero_sum(self):
        return self.saturating

    @property
    def log_ratio(self):
        return self.divergence in ("gan", "jensen_shannon")

    @property
    def functions(self):
        """The `Divergence`."""
        return divergence(self.divergence, self.alpha)

    def discriminator(self, real, fake):
        """f*(g(fake)) - g(real)."""
        return self.functions.composed(fake) - self.functions.output(real)

    def generator(self, fake):
        """-f*(g(fake)), or -g(fake) where it does not saturate."""
        if self.saturating:
            return -self.functions.composed(fake)
        return -self.functions.output(fake)


@register
@dataclasses.dataclass(frozen=True)
class DensityRatio(FGame):
    """D fits r = p / p_G by a Bregman divergence, G lowers D_f at that r (Uehara et al., 2016).

    f*(f'(r)) = r f'(r) - f(r) is the T of `FGame` with T = f'(r).

    Args:
        divergence, alpha: as of `FGame`.
        saturating: whether G lowers -f*(f'(r)), or -ln r.
        relative: in [0, 1), the share a of data in the denominator of the ratio
            p / (a p + (1 - a) p_G), which is at most 1 / a.
        positive: "softplus" or "exp", what makes r of a raw output.
    """

    divergence: str = "pearson"
    relative: float = 0.0
    positive: str = "softplus"

    @property
    def log_ratio(self):
        return False  # raw outputs are not ln r

    def log_r(self, output):
        """ln r of raw outputs."""
        return output if self.positive == "exp" else tf.math.log(softplus(output) + 1e-20)

    def r(self, output):
        """The ratio of raw outputs."""
        return tf.exp(output) if self.positive == "exp" else softplus(output)

    def discriminator(self, real, fake):
        """(1 - a) f*(f'(r(fake))) + a f*(f'(r(real))) - f'(r(real))."""
        f, real, fake = self.functions, self.r(real), self.r(fake)
        below = (1.0 - self.relative) * f.at_best(fake)
        if self.relative:
            below += self.relative * f.at_best(real)
        return below - f.slope(real)

    def generator(self, fake):
        """-(1 - a) f*(f'(r(fake))), or -ln r(fake) where it does not saturate."""
        if not self.saturating:
            return -self.log_r(fake)
        return -(1.0 - self.relative) * self.functions.at_best(self.r(fake))


GAME_NAMES = (
    *("minimax", "non_saturating", "wasserstein", "hinge", "least_squares"),
    *(f"f_{name}" for name in NAMES),
)
GAMES = {
    "minimax": Minimax(),
    "non_saturating": NonSaturating(),
    "wasserstein": Wasserstein(),
    "hinge": Hinge(),
    "least_squares": LeastSquares(),
    **{f"f_{name}": FGame(name) for name in NAMES},
}


def named(game):
    """The game of a name, or the game itself."""
    if isinstance(game, Game):
        return game
    if game not in GAMES:
        raise ValueError(f"`game` must be one of {sorted(GAMES)}. Received: {game!r}.")
    return GAMES[game]
