"""Regularizers of games: what each adds is known on a line, on two points and in the plane."""

import functools

import keras
import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import tensorflow as tf
from frozen import affine, alone
from points import bilinear, place

from zoo.gan.nsgan import NSGAN
from zoo.gan_dynamics import roth_gan
from zoo.gan_dynamics.grad_penalty_gan import GradPenaltyGAN
from zoo.gan_dynamics.instance_noise_gan import InstanceNoiseGAN
from zoo.gan_dynamics.nagarajan_gan import NagarajanGAN
from zoo.gan_dynamics.roth_gan import RothGAN
from zoo.losses.lipschitz import outputs_and_squares
from zoo.metrics.jensen_shannon import from_discriminator
from zoo.networks.mlp import mlp
from zoo.training.data.planted import ring

# Nagarajan: the gradient that is shortened is that of weights.


def slope_of_the_generator(cls, **settings):
    """By what the generator's v moves in a unit step, reversed, at u = 1 and v = 0.5."""
    model = bilinear(cls, 1.0, 0.5, **settings)
    model.compile({"generator": keras.optimizers.SGD(1.0), "discriminator": "sgd"})
    before = place(model)
    model.move(("generator",), (tf.zeros([4, 1]), None), 0)
    after = place(model)
    assert after[0] == before[0], "the discriminator stays"
    return before[1] - after[1]


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
def test_the_generator_shortens_the_gradient_of_the_discriminator(weight, figure):
    """L_D = u v has the gradient v: L_G = -u v + eta v^2."""
    measured = slope_of_the_generator(NagarajanGAN, gradient_norm_weight=weight)
    expected = -1.0 + 2.0 * weight * 0.5
    figure(f"NagarajanGAN, f = uv, eta = {weight}: gradient", measured, f"{expected:.3f}")
    assert measured == pytest.approx(expected, abs=1e-5)


class OfInputs(NagarajanGAN):
    """Mutation: the gradient with respect to the inputs, which is u for every v."""

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        outputs, squares = outputs_and_squares(lambda s: self.judge(s, y, training), samples)
        norm = self.gradient_norm_weight * tf.reduce_mean(squares)
        return {"adversarial": self.game.generator(outputs), "gradient_norm": norm}


def test_the_gradient_with_respect_to_inputs_is_another_game():
    measured = slope_of_the_generator(OfInputs, gradient_norm_weight=0.5)
    assert measured == pytest.approx(-1.0, abs=1e-5)  # and not -0.5


def test_only_the_generator_is_moved_by_it():
    model, x = bilinear(NagarajanGAN, 1.0, 0.5), tf.zeros([4, 1])
    with tf.GradientTape() as tape, model.noise.training(0, 0, 0):
        loss = tf.reduce_mean(model.discriminator_loss(x, None, True)["adversarial"])
    assert tape.gradient(loss, model.discriminator.trainable_weights[0].value) == 0.5


# Roth: slopes on a line between N(0, 1) and N(2, 1).

QUANTILES = scipy.stats.norm.ppf((np.arange(2000) + 0.5) / 2000).astype(np.float32)[:, None]


def best_slope(weight):
    """The slope of the best logit w x + b under the regularized loss."""
    judge = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model = RothGAN(affine(1.0, 2.0), judge, 1, penalty_weight=weight, seed=0)
    real, fake = tf.constant(QUANTILES), tf.constant(QUANTILES + 2.0)
    own = [v.value for v in model.variables_of("discriminator")]

    @tf.function
    def slopes():
        with tf.GradientTape() as tape:
            outputs = (model.judge(side, None, True) for side in (real, fake))
            each = (
                model.game.discriminator(*outputs)
                + model.penalty(real, fake, None)["gradient_penalty"]
            )
            loss = tf.reduce_mean(each)
        return loss, tf.concat([tf.reshape(g, [-1]) for g in tape.gradient(loss, own)], axis=0)

    def value(point):
        judge.set_weights([np.float32([[point[0]]]), np.float32([point[1]])])
        loss, gradient = slopes()
        return float(loss), gradient.numpy().astype(np.float64)

    return scipy.optimize.minimize(value, [-1.0, 1.0], jac=True, tol=1e-5).x[0]


@pytest.mark.parametrize("weight, known", [(0.0, -2.0), (0.1, -1.75), (2.0, -0.792)])
def test_the_regularizer_flattens_a_line_as_far_as_both_sides_are(weight, known, figure):
    measured = figure(f"RothGAN, gamma = {weight}: slope", best_slope(weight), f"{known} +- 3 %")
    assert measured == pytest.approx(known, rel=0.03)


def swapped(critic, real, fake):
    """Mutation: D in the place of 1 - D."""
    pairs = (outputs_and_squares(critic, side) for side in (real, fake))
    (at_data, steep), (at_fake, other) = pairs
    return 0.5 * (tf.sigmoid(at_data) ** 2 * steep + tf.sigmoid(-at_fake) ** 2 * other)


def unweighted(critic, real, fake):
    """Mutation: slopes alone."""
    return 0.5 * sum(outputs_and_squares(critic, side)[1] for side in (real, fake))


@pytest.mark.parametrize("mutation, known", [(swapped, -0.384), (unweighted, -0.201)])
def test_other_weights_of_the_slopes_flatten_otherwise(mutation, known, figure, monkeypatch):
    monkeypatch.setattr(roth_gan, "jensen_shannon", mutation)
    measured = figure(
        f"RothGAN, {mutation.__name__} weights: slope", best_slope(2.0), f"{known} +- 3 %"
    )
    assert measured == pytest.approx(known, rel=0.03)


def test_without_its_weight_it_is_the_non_saturating_game_bit_for_bit():
    x = ring(count=256)[0]

    def weights(cls, **settings):
        keras.utils.set_random_seed(0)
        model = cls(mlp(3, 2, (8,)), mlp(2, 1, (8,)), 3, seed=1, **settings)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x, batch_size=64, verbose=0)
        return model.get_weights()

    pairs = zip(weights(NSGAN), weights(RothGAN, penalty_weight=0.0), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


# R1: the Dirac game comes to rest.


class AtOnce(GradPenaltyGAN):
    """Both players move at once."""

    rounds = (("discriminator", "generator"),)


@functools.cache
def radius(penalty_weight, steps=1500, **settings):
    """How far from rest the game of data at 0 and samples at v is, from 1, after steps of 0.05."""
    own = {"game": "minimax", "penalty_weight": penalty_weight, **settings}
    model = bilinear(AtOnce, 0.0, 1.0, **own)
    model.compile(keras.optimizers.SGD(0.05), steps_per_execution=50)
    model.fit(np.zeros((4 * 50, 1), np.float32), batch_size=4, epochs=steps // 50, verbose=0)
    return float(np.linalg.norm(place(model)))


def test_r1_brings_the_dirac_game_to_rest(figure):
    measured = figure(
        "GradPenaltyGAN, R1, Dirac-GAN: radius after 1,500 steps", radius(1.0), "< 0.01"
    )
    assert measured < 0.01


def test_without_a_penalty_it_does_not_shrink(figure):
    measured = figure("GradPenaltyGAN, no penalty, Dirac-GAN: radius", radius(0.0), "at least 1")
    assert measured >= 1.0


def test_a_slope_of_one_does_not_bring_it_to_rest(figure):
    measured = radius(1.0, target=1.0, at="interpolates")
    assert figure("GradPenaltyGAN, target 1, Dirac-GAN: radius", measured, "above 0.5") > 0.5


@pytest.mark.parametrize("at, sides", [("real", 1.0), ("fake", 1.0), ("both", 2.0)])
def test_the_penalty_of_a_line_is_known(at, sides):
    model = bilinear(GradPenaltyGAN, 3.0, 0.5, at=at, penalty_weight=10.0)
    with model.noise.training(0, 0, 0):
        measured = model.discriminator_loss(tf.zeros([4, 1]), None, True)["gradient_penalty"]
    np.testing.assert_allclose(measured, np.full(4, sides * 5.0 * 9.0), rtol=1e-5)


# Instance noise: two points overlap once they are blurred.


class OnlyFake(InstanceNoiseGAN):
    """Mutation: data are seen as they are."""

    def discriminator_loss(self, x, y, training):
        noisy = self.judge(self.generate(tf.shape(x)[0], y, training), y, training)
        clear = super(InstanceNoiseGAN, self).judge(x, y, training)
        return {"adversarial": self.game.discriminator(clear, noisy), "sigma": self.sigma()}


@functools.cache
def divergence(cls, deviation):
    """The divergence that the best line of logits proves between points at 0 and at 1."""
    own = {"deviation": deviation, "annealing_steps": None, "game": "minimax"}
    model = bilinear(alone(cls), 0.0, 1.0, **own)
    judge = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.discriminator = judge
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.2, 600)),
        steps_per_execution=50,
    )
    model.fit(np.zeros((256 * 50, 1), np.float32), batch_size=256, epochs=12, verbose=0)
    noise = deviation * QUANTILES
    real = np.zeros_like(noise) if cls is OnlyFake else noise
    outputs = (model.score(side).numpy() for side in (real, 1.0 + noise))
    return from_discriminator(*outputs)["jensen_shannon"], model


@pytest.mark.parametrize(
    "deviation, known", [(0.5, 0.3368), pytest.param(1.0, 0.1114, marks=pytest.mark.slow)]
)
def test_two_points_overlap_as_two_gaussians_do(deviation, known, figure):
    measured, model = divergence(InstanceNoiseGAN, deviation)
    figure(
        f"InstanceNoiseGAN, sigma = {deviation}: JSD of two points", measured, f"{known} +- 0.01"
    )
    assert measured == pytest.approx(known, abs=0.01)
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.generator_loss(tf.zeros([64, 1]), None, True)["adversarial"])
    assert abs(float(tape.gradient(loss, model.generator.trainable_weights[0].value)[0])) > 0.01


def test_noise_on_samples_alone_lets_them_be_told_apart(figure):
    """A line cannot: data lie in the middle of nothing. A curve can, without error."""
    judge = mlp(1, 1, (32, 32), "tanh")
    model = alone(OnlyFake)(
        affine(1e-6, 1.0), judge, 1, deviation=0.5, annealing_steps=None, seed=0
    )
    model.compile(keras.optimizers.Adam(5e-3), steps_per_execution=50)
    model.fit(np.zeros((256 * 50, 1), np.float32), batch_size=256, epochs=20, verbose=0)
    outputs = model.score(np.zeros((1, 1), np.float32)), model.score(1.0 + 0.5 * QUANTILES)
    measured = from_discriminator(*outputs)["jensen_shannon"]
    assert figure("InstanceNoiseGAN, samples alone: JSD", measured, "above 0.5") > 0.5


def test_the_noise_falls_in_a_straight_line():
    model = bilinear(InstanceNoiseGAN, 0.0, 1.0, deviation=0.4, annealing_steps=10)
    measured = []
    for step in (0, 5, 10, 20):
        model.steps.assign(step)
        measured.append(float(model.sigma()))
    np.testing.assert_allclose(measured, [0.4, 0.2, 0.0, 0.0], atol=1e-7)
