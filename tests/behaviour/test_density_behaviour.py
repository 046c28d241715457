"""Exact densities: they add up to one, and samplers draw what they say."""

import functools
import itertools

import keras
import numpy as np
import pytest
import scipy.stats

from zoo.density.made import MADE
from zoo.density.maf import MAFDensity
from zoo.layers.maf_step import MAFStep
from zoo.likelihoods.mixture import GaussianMixture
from zoo.networks.autoregressive import Autoregressive
from zoo.priors.flow import FlowPrior
from zoo.training.data.planted import moons

STATES = np.array([*itertools.product([0.0, 1.0], repeat=8)], np.float32)


def trained(model, x, epochs, rate=1e-2, batch_size=100):
    """The model after `epochs` with a rate that falls to a hundredth."""
    epoch = len(x) // batch_size
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * epoch, alpha=0.01)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=epoch)
    model.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
    return model


# MADE: binary data.


class Unmasked(Autoregressive):
    """Mutation: the last layer shows every entry to itself."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.stack[-1].strict = False


def binary(network=Autoregressive, **settings):
    keras.utils.set_random_seed(0)
    bernoulli = MADE.conditional(binary=True)
    return MADE(network((8,), 1, (64,), **settings), likelihood=bernoulli, seed=0)


@functools.cache
def chain(count=10_000, flip=0.1):
    """Bits that are their left neighbour but for one in ten, and their entropy in nats."""
    random = np.random.default_rng(0)
    turns = np.concatenate(
        [random.integers(2, size=(count, 1)), random.random((count, 7)) < flip], axis=1
    )
    entropy = np.log(2.0) - 7.0 * (flip * np.log(flip) + (1 - flip) * np.log(1 - flip))
    return (np.cumsum(turns, axis=1) % 2).astype(np.float32), entropy


@functools.cache
def fitted(network=Autoregressive, orders=1):
    return trained(binary(network, orders=orders), chain()[0], 15 * orders)


def mass(model):
    """The sum of p(x) over every x."""
    return float(np.exp(model.score(STATES)).sum())


@pytest.mark.parametrize("orders", [1, 3])
def test_the_probabilities_of_all_states_add_up_to_one(orders, figure):
    total = mass(fitted(orders=orders))
    figure(f"MADE, {orders} order(s): sum of p(x)", total, "1 +- 1e-4")
    assert total == pytest.approx(1.0, abs=1e-4)


def test_without_its_last_mask_they_do_not(figure):
    total = figure("MADE that sees what it predicts: sum of p(x)", mass(fitted(Unmasked)), "not 1")
    assert not total == pytest.approx(1.0, abs=1e-2)


@pytest.mark.parametrize("orders", [1, 3])
def test_bits_are_predicted_from_their_neighbours(orders, figure):
    x, entropy = chain()
    excess = -np.mean(fitted(orders=orders).score(x)) - entropy
    figure(f"MADE, {orders} order(s): nats above the entropy of a chain", excess, "0 +- 0.05")
    assert abs(excess) < 0.05


@pytest.mark.parametrize("orders", [1, 3])
def test_states_are_sampled_as_often_as_their_probability_says(orders, figure):
    model, count = fitted(orders=orders), 20_000
    drawn = np.asarray(model.sample(count, seed=0))
    measured = np.bincount(np.int32(drawn @ 2.0 ** np.arange(7, -1, -1)), minlength=256) / count
    distance = 0.5 * np.abs(measured - np.exp(model.score(STATES))).sum()
    figure(f"MADE, {orders} order(s): total variation of 20,000 samples", distance, "below 0.05")
    assert distance < 0.05


def test_grey_images_are_probabilities_of_binary_ones():
    grey = np.tile(np.float32([0.2, 0.9, 0.0, 1.0, 0.5, 0.5, 0.7, 0.3]), (10_000, 1))
    model = trained(binary(), grey, 10)
    np.testing.assert_allclose(np.mean(model.sample(20_000, seed=0), axis=0), grey[0], atol=0.03)


# MADE: real data.


def two_curves(count=10_000):
    """Points of a plane near two parabolas, one below the other."""
    random = np.random.default_rng(0)
    first = random.uniform(-2.0, 2.0, size=count)
    side = random.choice([-1.0, 1.0], size=count)
    second = 0.5 * first**2 - 1.0 + side + 0.1 * random.normal(size=count)
    return np.stack([first, second], axis=1).astype(np.float32)


def integral(model, low=-8.0, high=8.0, ticks=401):
    """The integral of the density of a plane."""
    axis = np.linspace(low, high, ticks, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return float(np.exp(model.score(points)).sum() * (axis[1] - axis[0]) ** 2)


def real(components):
    keras.utils.set_random_seed(0)
    distribution = MADE.conditional(binary=False, components=components)
    return MADE(
        Autoregressive((2,), distribution.channels, (64, 64)), likelihood=distribution, seed=0
    )


def test_a_mixture_of_two_follows_two_curves_and_one_gaussian_does_not(figure):
    x, logs = two_curves(), {}
    for components in (1, 2):
        model = trained(real(components), x, 20)
        logs[components] = -np.mean(model.score(x))
        total = figure(f"MADE, {components} component(s): integral", integral(model), "1 +- 0.01")
        assert total == pytest.approx(1.0, abs=0.01)
        again = -np.mean(model.score(model.sample(10_000, seed=0)))
        assert again == pytest.approx(logs[components], abs=0.15)  # its own entropy
    assert isinstance(model.likelihood, GaussianMixture)
    gain = figure("MADE: nats that a second component gains", logs[1] - logs[2], "above 0.5")
    assert gain > 0.5


def test_a_network_of_other_channels_than_its_distribution_reads_is_refused():
    with pytest.raises(ValueError, match="`network` of MADE must give shape .*Received: "):
        MADE(Autoregressive((2,), 3), likelihood=MADE.conditional(binary=True))


# MAF: two half moons.


def test_default_flows_are_normalized_and_regularized_as_released():
    """1e-6 of half the squares of weights."""
    model = MAFDensity.for_data((3,), depth=2, hidden=(4,), seed=0)
    kinds = [type(step).__name__ for step in model.flow.steps]
    assert kinds == ["MAFStep", "FlowBatchNorm"] * 2
    kernels = [w.numpy() for w in model.flow.trainable_variables if w.name == "kernel"]
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    term = model.density_loss(x, None, training=False)["weight_norm"]
    expected = 0.5 * 1e-6 * sum(np.sum(kernel**2) for kernel in kernels)
    assert float(term) == pytest.approx(expected, rel=1e-5)


class Undetermined(MAFStep):
    """Mutation: the determinant is forgotten."""

    def forward(self, x, training=False):
        u, log_det = super().forward(x, training)
        return u, 0.0 * log_det


def flow(step=MAFStep, network=Autoregressive, depth=5):
    keras.utils.set_random_seed(0)
    steps = [step(network(2, 2, (32,), reverse=number % 2 == 1)) for number in range(depth)]
    return MAFDensity(FlowPrior(2, steps), seed=0)


@functools.cache
def on_moons(step=MAFStep, network=Autoregressive, epochs=20):
    return trained(flow(step, network), moons(10_000)[0], epochs, rate=3e-3)


def test_the_density_of_a_flow_integrates_to_one(figure):
    total = figure("MAF: integral of the density of moons", integral(on_moons()), "1 +- 0.01")
    assert total == pytest.approx(1.0, abs=0.01)


def test_noise_and_back_is_the_data(figure):
    x, _ = moons(1000, seed=1)
    error = np.abs(on_moons().decode(on_moons().encode(x)) - x).max()
    assert figure("MAF: error of data to noise to data", error, "below 1e-4") < 1e-4


def nats_gained(model):
    """How far the mean log-density of new points lies above that of one Gaussian."""
    train, test = moons(10_000)[0], moons(5000, seed=1)[0]
    distribution = scipy.stats.multivariate_normal(train.mean(axis=0), np.cov(train.T))
    return np.mean(model.score(test)) - distribution.logpdf(test).mean()


def test_a_flow_knows_moons_better_than_one_gaussian_does(figure):
    gain = figure("MAF: nats above a Gaussian on moons", nats_gained(on_moons()), "above 0.3")
    assert gain > 0.3


def test_what_is_sampled_is_as_likely_as_the_data(figure):
    model = on_moons()
    apart = np.mean(model.score(model.sample(5000, seed=0))) - np.mean(model.score(moons(5000)[0]))
    assert abs(figure("MAF: nats between samples and data", apart, "0 +- 0.15")) < 0.15


def test_without_its_determinant_a_density_does_not_integrate_to_one(figure):
    total = integral(on_moons(Undetermined, epochs=2))
    figure("MAF without its determinant: integral", total, "not 1")
    assert not total == pytest.approx(1.0, abs=0.05)


def test_a_flow_that_sees_what_it_changes_does_not_invert(figure):
    model, x = on_moons(network=Unmasked, epochs=2), moons(1000, seed=1)[0]
    error = np.abs(model.decode(model.encode(x)) - x).max()
    figure("MAF that sees what it changes: error and back", error, "above 1e-2")
    assert not error < 1e-2
