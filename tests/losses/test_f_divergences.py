"""f-divergences: bounds reached at the best T, conjugates, compositions that do not overflow."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.losses.f_divergences import DIVERGENCES, NAMED, NAMES, divergence
from zoo.losses.games import GAME_NAMES, GAMES, DensityRatio, FGame, Minimax, NonSaturating
from zoo.optimizers.minimax import RULE_NAMES, RULES

GRID = np.linspace(-40.0, 40.0, 40_001)
WIDE, SHIFTED = scipy.stats.norm(1.0, 1.5), scipy.stats.norm(1.0, 1.0)
KNOWN = {  # of N(0, 1) from N(1, 1.5^2), Neyman's from N(1, 1)
    "total_variation": 0.3461,
    "kl": 0.3499,
    "reverse_kl": 0.7195,
    "pearson": 0.6004,
    "neyman": 1.7183,
    "squared_hellinger": 0.2207,
    "jeffrey": 1.0694,
    "jensen_shannon": 0.1986,
    "gan": -1.1877,
    "alpha": 0.3945,
}
OUTPUTS = np.linspace(-6.0, 6.0, 241)


def values(name):
    return divergence(name, alpha=0.7)


def sides(name):
    """p, q and p / q on a grid where both are above zero."""
    log_p = scipy.stats.norm(0.0, 1.0).logpdf(GRID)
    log_q = (SHIFTED if name == "neyman" else WIDE).logpdf(GRID)
    kept = (log_p > -300.0) & (log_q > -300.0)
    return np.exp(log_p[kept]), np.exp(log_q[kept]), np.exp((log_p - log_q)[kept]), GRID[kept]


@pytest.mark.parametrize("name", NAMES)
def test_a_divergence_has_its_known_value(name):
    _, q, u, x = sides(name)
    value = np.trapezoid(q * values(name).f(tf.constant(u)).numpy(), x)
    assert value == pytest.approx(KNOWN[name], abs=6e-5)


@pytest.mark.parametrize("name", NAMES)
def test_its_bound_is_reached_at_the_slope_of_f(name):
    p, q, u, x = sides(name)
    f = values(name)
    best = f.slope(tf.constant(u))
    bound = np.trapezoid(p * best - q * f.at_best(tf.constant(u)), x)
    assert bound == pytest.approx(KNOWN[name], abs=6e-5)
    below = np.trapezoid(p * 0.9 * best - q * f.conjugate(0.9 * best), x)
    assert below < bound or not np.isfinite(below)


@pytest.mark.parametrize("name", NAMES)
def test_the_conjugate_at_the_slope_is_u_times_the_slope_less_f(name):
    """But for the total variation: its slope lies at the ends of the domain."""
    u, f = tf.constant(np.linspace(0.05, 8.0, 100)), values(name)
    np.testing.assert_allclose(f.conjugate(f.slope(u)), f.at_best(u), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_closed_composition_is_the_composition(name):
    f, v = values(name), tf.constant(OUTPUTS)
    np.testing.assert_allclose(f.composed(v), f.conjugate(f.output(v)), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_large_outputs_are_those_of_data(name):
    assert (np.diff(values(name).output(tf.constant(OUTPUTS))) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_the_derivative_of_f(name):
    u = tf.constant([0.3, 0.8, 1.5, 4.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(u)
        total = values(name).f(u)
    np.testing.assert_allclose(tape.gradient(total, u), values(name).slope(u), rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_composition_has_the_gradient_of_a_difference(name):
    v = tf.constant([-2.0, -0.4, 0.7, 2.5], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(v)
        total = values(name).composed(v)
    near = [values(name).composed(v + side) for side in (1e-5, -1e-5)]
    np.testing.assert_allclose(tape.gradient(total, v), (near[0] - near[1]) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_losses_stay_finite_at_sure_outputs(name):
    game, sure = FGame(name, alpha=0.7), tf.constant([-20.0, 20.0])
    assert np.isfinite(game.generator(sure)).all()
    assert np.isfinite(game.discriminator(sure, -sure)).all()


def test_the_composition_as_printed_overflows_where_the_closed_one_does_not():
    gan, sure = DIVERGENCES["gan"], tf.constant([17.0, 25.0])
    assert not np.allclose(gan.conjugate(gan.output(sure)), [17.0, 25.0], atol=1e-3)
    np.testing.assert_allclose(gan.composed(sure), [17.0, 25.0], atol=1e-6)


def test_thresholds_are_the_slopes_at_one():
    known = {"kl": 1.0, "reverse_kl": -1.0, "pearson": 0.0, "gan": -np.log(2.0)}
    for name, value in known.items():
        assert DIVERGENCES[name].threshold == pytest.approx(value)


def test_the_divergence_of_the_gan_is_the_minimax_game_bit_for_bit():
    real, fake = (tf.constant(side, tf.float32) for side in (OUTPUTS, OUTPUTS[::-1]))
    game = FGame("gan")
    assert game.zero_sum and game.log_ratio
    np.testing.assert_array_equal(
        game.discriminator(real, fake), Minimax().discriminator(real, fake)
    )
    np.testing.assert_array_equal(game.generator(fake), Minimax().generator(fake))
    other = FGame("gan", saturating=False)
    np.testing.assert_array_equal(other.generator(fake), NonSaturating().generator(fake))


@pytest.mark.parametrize("positive", ["softplus", "exp"])
def test_the_game_of_ratios_is_pearsons_of_the_paper(positive):
    """E r^2 - 2 E r, but for constants; minus E r^2 of the generator."""
    game, outputs = DensityRatio(positive=positive), tf.constant([-1.0, 0.3, 2.0])
    r = game.r(outputs).numpy()
    value = game.discriminator(outputs, outputs[::-1]).numpy()
    np.testing.assert_allclose(value, (r[::-1] ** 2 - 1.0) - 2.0 * (r - 1.0), rtol=1e-5)
    np.testing.assert_allclose(game.generator(outputs), 1.0 - r**2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(game.log_r(outputs), np.log(r), rtol=1e-5)


def test_a_relative_ratio_is_at_most_one_over_its_share():
    """Where only data are, the best r of a share a of data is 1 / a."""
    game = DensityRatio(relative=0.25, positive="exp")
    outputs = tf.Variable(np.log(np.linspace(3.0, 5.0, 201)).astype(np.float32))
    losses = game.discriminator(outputs, tf.fill([201], -30.0)).numpy()
    assert np.exp(outputs.numpy()[losses.argmin()]) == pytest.approx(4.0, abs=0.02)


@pytest.mark.parametrize("call", [lambda: divergence("kullback"), lambda: FGame("kullback")])
def test_unknown_names_are_refused(call):
    with pytest.raises(ValueError, match="`divergence` must be one of .*Received: 'kullback'"):
        call()


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_alphas_that_are_limits_are_refused(alpha):
    with pytest.raises(ValueError, match="`alpha` must be neither 0 nor 1"):
        divergence("alpha", alpha)


def test_names_are_those_of_the_values():
    """They stand apart, so that commands know them without TensorFlow."""
    assert NAMED == tuple(DIVERGENCES) and GAME_NAMES == tuple(GAMES)
    assert RULE_NAMES == tuple(RULES)
