"""InfoGAN on a ring of ten modes: every mode gets a code of its own, and the code is read."""

import functools

import keras
import numpy as np
import pytest

from zoo.gan_label.infogan import InfoGAN
from zoo.metrics.interpolation import traverse
from zoo.networks.features import with_head
from zoo.networks.mlp import mlp
from zoo.priors.codes import Codes
from zoo.training.data.planted import ring
from zoo.training.evaluate import matched_accuracy

MODES, MOST = 10, np.log(10.0)


@functools.cache
def trained(information_weight, seed, steps=3_000):
    """A model of the ring, and the modes."""
    x, planted = ring(10_000, modes=MODES)
    keras.utils.set_random_seed(seed)
    generator = mlp(8 + MODES, 2, (128, 128))
    judge = with_head(mlp(2, 1, (128, 128), "leaky_relu"), MODES)
    weight = {"information_weight": information_weight}
    model = InfoGAN(generator, judge, 8, codes=Codes((MODES,), 0), seed=seed, **weight)
    model.compile(steps_per_execution=75)
    model.fit(x, batch_size=128, epochs=steps // 75, steps_per_epoch=75, verbose=0)
    return model, planted["centres"]


def bound(information_weight, seed=0):
    """L_I in nats, its mean over ten thousand draws."""
    model, _ = trained(information_weight, seed)
    x, _ = ring(10_000, modes=MODES)
    return model.evaluate(x, batch_size=1000, return_dict=True, verbose=0)["generator_bound"]


def modes_of_codes(information_weight, seed=0):
    """The code of each of 2,000 examples, the mode nearest to it, and how far that is."""
    model, centres = trained(information_weight, seed)
    labels = np.arange(2_000) % MODES
    decoded = model.sample(2_000, np.eye(MODES)[labels], seed=0).numpy()
    apart = np.linalg.norm(decoded[:, None] - centres, axis=2)
    return labels, apart.argmin(axis=1), apart.min(axis=1)


def test_the_bound_reaches_the_entropy_of_the_code_and_never_exceeds_it(figure):
    measured = figure("InfoGAN: L_I of ten modes, nats", bound(1.0), "at least 0.9 ln 10 = 2.072")
    assert 0.9 * MOST <= measured <= MOST


def test_every_mode_has_a_code_of_its_own(figure):
    labels, modes, apart = modes_of_codes(1.0)
    share = matched_accuracy(modes, labels)
    assert figure("InfoGAN: examples in the mode of their code", share, "at least 0.9") >= 0.9
    assert np.mean(apart < 0.3) > 0.9 and len(set(modes)) == MODES


@pytest.mark.slow
def test_codes_are_read_off_the_data_by_their_own_head():
    model, _ = trained(1.0, 0)
    x, planted = ring(2_000, seed=1, modes=MODES)
    clusters = np.argmax(model.classify(x), axis=1)
    assert matched_accuracy(clusters, planted["mode"]) > 0.9
    np.testing.assert_allclose(np.sum(model.encode(x), axis=1), 1.0, atol=1e-5)


def test_codes_that_are_not_given_are_drawn():
    model, centres = trained(1.0, 0)
    decoded = model.sample(2_000, seed=3).numpy()
    modes = np.linalg.norm(decoded[:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(modes, minlength=MODES) / 2_000, 0.1, atol=0.03)
    none = np.zeros((2_000, MODES), np.float32)
    np.testing.assert_array_equal(decoded, model.sample(2_000, none, seed=3))


def test_a_traverse_changes_one_code_and_keeps_the_noise():
    model, _ = trained(1.0, 0)
    decoded = traverse(model, 0, count=3, seed=5)
    assert decoded.shape == (3, MODES, 2)
    same = model.sample(3, np.eye(MODES)[[4] * 3], seed=5)
    np.testing.assert_allclose(decoded[:, 4], same, atol=1e-6)


@pytest.mark.slow
def test_without_its_weight_the_code_says_nothing(figure):
    measured = figure("InfoGAN with lambda = 0: L_I, nats", bound(0.0), "at most 0.003")
    assert measured <= 0.003
    labels, modes, _ = modes_of_codes(0.0)
    assert matched_accuracy(modes, labels) < 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_read_their_codes_too(seed, figure):
    measured = figure(f"InfoGAN: L_I, seed {seed}", bound(1.0, seed), "at least 2.072")
    assert 0.9 * MOST <= measured <= MOST
    labels, modes, _ = modes_of_codes(1.0, seed)
    share = matched_accuracy(modes, labels)
    assert figure(f"InfoGAN: code and mode, seed {seed}", share, "at least 0.9") >= 0.9
