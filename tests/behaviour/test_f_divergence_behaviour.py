"""FGAN and DensityRatioGAN: bounds and ratios that are known between two Gaussians."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from frozen import affine, normal, trained

from zoo.gan.density_ratio_gan import DensityRatioGAN
from zoo.gan.fgan import FGAN
from zoo.losses.f_divergences import NAMES, divergence
from zoo.losses.games import DensityRatio, FGame
from zoo.networks.mlp import mlp

DATA = scipy.stats.norm(0.0, 1.0)
GRID = np.linspace(-8.0, 9.0, 3401, dtype=np.float32)
KNOWN = dict(
    zip(
        NAMES,
        (0.3461, 0.3499, 0.7195, 0.6004, 1.7183, 0.2207, 1.0694, 0.1986, -1.1877, 0.3945),
        strict=True,
    )
)
SLOW = [name for name in NAMES if name not in ("kl", "reverse_kl")]


def made_by(name):
    """What the generator is, N(1, 1.5^2); for Neyman's, which is infinite there, N(1, 1)."""
    return scipy.stats.norm(1.0, 1.0 if name == "neyman" else 1.5)


@functools.cache
def critic(cls, name, steps=1500):
    generator = affine(made_by(name).std(), 1.0)
    return trained(cls, generator, normal(), steps, 5e-3, divergence=name, alpha=0.7)


def bound(name, cls=FGAN):
    """The bound of a trained critic, by quadrature: some have no variance to sample with."""
    model = critic(cls, name)
    outputs = model.judge(GRID[:, None], None, False).numpy().astype(np.float64)
    f = divergence(name, 0.7)
    best, other = f.output(tf.constant(outputs)), f.composed(tf.constant(outputs))
    each = DATA.pdf(GRID) * best.numpy() - made_by(name).pdf(GRID) * other.numpy()
    return np.trapezoid(each, GRID)


@pytest.mark.parametrize(
    "name", ["kl", "reverse_kl", *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)]
)
def test_a_trained_critic_bounds_its_divergence(name, figure):
    value, width = bound(name), 0.1 if name == "jeffrey" else 0.05
    figure(f"FGAN, {name}: estimate", value, f"{KNOWN[name]} - {width:.0%} to + 1 %")
    assert value >= KNOWN[name] - width * abs(KNOWN[name])
    assert value <= KNOWN[name] + 0.01 * abs(KNOWN[name])


class Unconjugated(FGame):
    """Mutation: f in the place of its conjugate."""

    def discriminator(self, real, fake):
        f = self.functions
        return f.f(tf.math.softplus(f.output(fake)) + 1e-3) - f.output(real)


class OfMutation(FGAN):
    def __init__(self, *networks, **parts):
        super().__init__(*networks, **parts)
        self.game = Unconjugated("kl")


@pytest.mark.slow
def test_without_the_conjugate_it_bounds_nothing():
    assert not KNOWN["kl"] * 0.95 <= bound("kl", OfMutation) <= KNOWN["kl"] * 1.01


def test_both_players_move_by_one_forward_pass_and_the_score_is_t():
    model = FGAN(affine(1.5, 1.0), mlp(1, 1, (8,), "tanh"), 1, divergence="kl", seed=0)
    assert model.play == [("discriminator", "generator")]
    raw = model.judge(GRID[:5, None], None, False)
    np.testing.assert_array_equal(model.score(GRID[:5, None]), raw)
    hellinger = FGAN(model.generator, model.discriminator, 1, divergence="squared_hellinger")
    np.testing.assert_allclose(hellinger.score(GRID[:5, None]), 1.0 - np.exp(-raw), rtol=1e-5)


def test_the_estimate_of_samples_is_the_bound():
    model = critic(FGAN, "kl")
    measured = float(model.divergence_estimate(tf.constant(normal(count=20_000, seed=3))))
    assert measured == pytest.approx(bound("kl"), abs=0.05)


# One Gaussian fitted to a mixture of two: what each divergence prefers.


@functools.cache
def fitted(name, steps=2000):
    """Mean and deviation of a Gaussian generator fitted to two narrow modes at -2 and 2."""
    rng = np.random.default_rng(0)
    x = rng.choice([-2.0, 2.0], (12_800, 1), p=[0.4, 0.6]) + 0.4 * rng.normal(size=(12_800, 1))
    keras.utils.set_random_seed(0)
    model = FGAN(affine(1.0, 0.5), mlp(1, 1, (64, 64), "tanh"), 1, divergence=name, seed=0)
    rates = {"discriminator": 5e-3, "generator": 2e-3}
    model.compile({player: keras.optimizers.Adam(rate, 0.5) for player, rate in rates.items()})
    model.fit(x.astype(np.float32), batch_size=256, epochs=steps // 50, verbose=0)
    kernel, bias = model.generator.get_weights()
    return float(bias[0]), abs(float(kernel[0, 0]))


@pytest.mark.slow
def test_kl_covers_a_mixture_and_reverse_kl_stays_in_a_mode(figure):
    wide = figure("FGAN, KL on two modes: deviation", fitted("kl")[1], "above 1.4")
    narrow = figure("FGAN, reverse KL on two modes: deviation", fitted("reverse_kl")[1], "below 1")
    assert wide > 1.4 and narrow < 1.0


# The ratio of densities.


@functools.cache
def ratio():
    return trained(DensityRatioGAN, affine(1.5, 1.0), normal(), 1500, 5e-3)


def test_the_ratio_is_that_of_the_densities(figure):
    points = np.linspace(-1.5, 2.0, 50, dtype=np.float32)
    measured = np.exp(ratio().score(points[:, None]).numpy())
    known = DATA.pdf(points) / made_by("kl").pdf(points)
    error = figure(
        "DensityRatioGAN: largest relative error", np.abs(measured / known - 1).max(), "0.15"
    )
    assert error < 0.15


def test_the_mean_ratio_of_samples_is_one(figure):
    outputs = np.exp(ratio().score(GRID[:, None]).numpy())
    mean = np.trapezoid(made_by("kl").pdf(GRID) * outputs, GRID)
    assert figure("DensityRatioGAN: E r of samples", mean, "1 +- 0.05") == pytest.approx(
        1, abs=0.05
    )


def slope_at(theta, game, loss=None):
    """d/d theta of the generator's loss at x' = theta + eps, r = p / p_theta as it is."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    place = tf.Variable(theta, dtype=tf.float64)
    with tf.GradientTape() as tape:
        x = place + nodes
        outputs = -theta * x + 0.5 * theta**2  # ln of the ratio, at fixed samples
        each = game.generator(outputs) if loss is None else loss(tf.exp(outputs))
        total = tf.reduce_sum(each * weights / weights.sum())
    return float(tape.gradient(total, place))


@pytest.mark.parametrize(
    "name, known", [("pearson", lambda t: 2 * t * np.exp(t**2)), ("kl", float)]
)
@pytest.mark.parametrize("theta", [-0.7, 0.5])
def test_the_generator_descends_on_the_divergence_itself(name, known, theta):
    game = DensityRatio(name, positive="exp")
    assert slope_at(theta, game) == pytest.approx(known(theta), rel=1e-6)


@pytest.mark.parametrize("name", ["pearson", "kl"])
def test_a_loss_of_f_of_the_ratio_goes_the_other_way(name):
    """Mutation: E f(r) with r as it is."""
    measured = slope_at(0.5, None, divergence(name).f)
    assert measured < 0.0 < slope_at(0.5, DensityRatio(name, positive="exp"))


@pytest.mark.slow
def test_learned_ratios_bring_the_generator_to_the_data(figure):
    keras.utils.set_random_seed(0)
    model = DensityRatioGAN(affine(1.0, 1.5), mlp(1, 1, (64, 64), "tanh"), 1, seed=0)
    rates = {"discriminator": 2e-3, "generator": 5e-4}
    model.compile({player: keras.optimizers.Adam(rate, 0.5) for player, rate in rates.items()})
    model.fit(normal(), batch_size=256, epochs=40, verbose=0)
    kernel, bias = model.generator.get_weights()
    figure("DensityRatioGAN from 1.5: place of the generator", float(bias[0]), "0 +- 0.1")
    assert bias[0] == pytest.approx(0.0, abs=0.1)
    assert abs(kernel[0, 0]) == pytest.approx(1.0, abs=0.1)
