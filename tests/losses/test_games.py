"""What the players of a GAN minimise: gradients where they matter, and values at the optimum."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from zoo.losses.games import Hinge, Minimax, NonSaturating, Wasserstein

REAL, FAKE = scipy.stats.norm(0, 1), scipy.stats.norm(1, 1.5)


def gradient(function, at):
    logit = tf.Variable([at])
    with tf.GradientTape() as tape:
        value = function(logit)
    return float(tape.gradient(value, logit)[0])


def test_the_saturating_game_gives_a_sure_loser_no_gradient_and_the_other_does():
    assert gradient(NonSaturating().generator, -10.0) == pytest.approx(-0.99995460, rel=1e-6)
    assert gradient(Minimax().generator, -10.0) == pytest.approx(-4.5397869e-05, rel=1e-5)


def test_both_games_have_the_discriminator_of_the_cross_entropy():
    real, fake = tf.constant([0.7, -2.0]), tf.constant([-1.0, 3.0])
    expected = -np.log(tf.sigmoid(real)) - np.log(1.0 - tf.sigmoid(fake).numpy())
    for game in (Minimax(), NonSaturating()):
        np.testing.assert_allclose(game.discriminator(real, fake), expected, rtol=1e-5)


def test_the_loss_of_the_best_discriminator_is_ln_4_less_twice_the_divergence():
    points = np.linspace(-12.0, 14.0, 4001)
    best = tf.constant(REAL.logpdf(points) - FAKE.logpdf(points))
    zero = tf.zeros_like(best)
    on_real = Minimax().discriminator(best, zero).numpy() - np.log(2.0)
    on_fake = Minimax().discriminator(zero, best).numpy() - np.log(2.0)
    each = REAL.pdf(points) * on_real + FAKE.pdf(points) * on_fake
    value = scipy.integrate.simpson(each, x=points)
    assert value == pytest.approx(1.18771, abs=1e-5)
    assert value == pytest.approx(np.log(4.0) - 2 * 0.0992901, abs=1e-5)


def test_the_best_discriminator_is_a_stationary_point_of_its_loss():
    points = np.linspace(-12.0, 14.0, 4001)
    best = tf.constant(REAL.logpdf(points) - FAKE.logpdf(points))
    p, q = (tf.constant(distribution.pdf(points)) for distribution in (REAL, FAKE))
    with tf.GradientTape() as tape:
        tape.watch(best)
        zero = tf.zeros_like(best)
        value = p * Minimax().discriminator(best, zero) + q * Minimax().discriminator(zero, best)
    np.testing.assert_allclose(tape.gradient(value, best), np.zeros(4001), atol=1e-12)


def test_the_generator_of_the_minimax_game_lowers_what_the_discriminator_raises():
    fake = tf.constant([-1.0, 2.0])
    expected = np.log(1.0 - tf.sigmoid(fake).numpy())
    np.testing.assert_allclose(Minimax().generator(fake), expected, rtol=1e-5)


def test_the_wasserstein_game_is_a_difference():
    real, fake = tf.constant([3.0, 1.0]), tf.constant([-1.0, 2.0])
    np.testing.assert_array_equal(Wasserstein().discriminator(real, fake), [-4.0, 1.0])
    np.testing.assert_array_equal(Wasserstein().generator(fake), [1.0, -2.0])


@pytest.mark.parametrize("game", [Minimax(), NonSaturating(), Wasserstein(), Hinge()])
def test_losses_stay_finite_at_sure_logits(game):
    sure = tf.constant([-300.0, 300.0])
    assert np.isfinite(game.generator(sure)).all()
    assert np.isfinite(game.discriminator(sure, -sure)).all()
    assert np.isfinite(gradient(game.generator, -300.0))


def test_the_hinge_game_stops_at_its_margin():
    real, fake = tf.constant([3.0, 0.5]), tf.constant([-1.5, 2.0])
    np.testing.assert_allclose(Hinge().discriminator(real, fake), [0.0, 3.5])
    np.testing.assert_array_equal(Hinge().generator(fake), [1.5, -2.0])
    assert gradient(lambda t: Hinge().discriminator(t, tf.constant([-2.0])), 1.5) == 0.0
    assert gradient(lambda t: Hinge().discriminator(t, tf.constant([-2.0])), 0.5) == -1.0
