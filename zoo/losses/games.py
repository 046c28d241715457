"""What the two players of a GAN minimise, per example, in terms of raw outputs (logits)."""

import tensorflow as tf

softplus = tf.math.softplus


class Minimax:
    """The saturating game: D minimises -ln D(x) - ln(1 - D(x')), G minimises ln(1 - D(x'))."""

    zero_sum = True  # whether what one player loses is what the other wins

    @staticmethod
    def discriminator(real, fake):
        """softplus(-real) + softplus(fake)."""
        return softplus(-real) + softplus(fake)

    @staticmethod
    def generator(fake):
        """-softplus(fake); its gradient vanishes where the discriminator is sure."""
        return -softplus(fake)


class NonSaturating(Minimax):
    """The game most people mean by GAN: G minimises -ln D(x')."""

    zero_sum = False

    @staticmethod
    def generator(fake):
        """softplus(-fake)."""
        return softplus(-fake)


class Wasserstein:
    """The critic's difference of means; needs a Lipschitz critic."""

    zero_sum = True

    @staticmethod
    def discriminator(real, fake):
        """fake - real."""
        return fake - real

    @staticmethod
    def generator(fake):
        """-fake."""
        return -fake


class Hinge(Wasserstein):
    """The critic's difference, no further than a margin of 1 on either side."""

    zero_sum = False

    @staticmethod
    def discriminator(real, fake):
        """relu(1 - real) + relu(1 + fake)."""
        return tf.nn.relu(1.0 - real) + tf.nn.relu(1.0 + fake)


class LeastSquares:
    """D is drawn to 1 at data and to 0 at examples, G to where D says 1 (Mao et al., 2017).

    Raw outputs, no logits. CycleGAN doubles the generator's half.
    """

    zero_sum = False

    @staticmethod
    def discriminator(real, fake):
        """1/2 (real - 1)^2 + 1/2 fake^2."""
        return 0.5 * tf.square(real - 1.0) + 0.5 * tf.square(fake)

    @staticmethod
    def generator(fake):
        """1/2 (fake - 1)^2."""
        return 0.5 * tf.square(fake - 1.0)


GAMES = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "least_squares": LeastSquares,
}


def named(game):
    """The game of a name, or the class itself."""
    if not isinstance(game, str):
        return game
    if game not in GAMES:
        raise ValueError(f"`game` must be one of {sorted(GAMES)}. Received: {game!r}.")
    return GAMES[game]
