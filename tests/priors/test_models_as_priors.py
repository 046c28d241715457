"""Laws of codes that are models: maps of indices learned, sampled by row seeds, saved."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import Autoencoder, GenerativeModel, MAFDensity
from zoo.density.index_density import IndexDensity
from zoo.likelihoods.categorical import Categorical
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.flow import masked_autoregressive_flow

MAPS = np.array([*itertools.product(range(3), repeat=4)], np.int32).reshape(-1, 2, 2)


@keras.saving.register_keras_serializable("tests")
class Bearer(GenerativeModel):
    """A model that holds a prior."""

    frozen = ("prior",)


def planted(count=4000):
    """Maps of three values: the second row repeats the first, but for one in ten entries."""
    draw = np.random.default_rng(0)
    first = draw.choice(3, p=[0.6, 0.3, 0.1], size=(count, 1, 2))
    other = draw.integers(3, size=(count, 1, 2))
    second = np.where(draw.random((count, 1, 2)) < 0.1, other, first)
    return np.concatenate([first, second], axis=1).astype(np.int32)


@pytest.fixture(scope="module")
def fitted():
    keras.utils.set_random_seed(0)
    prior = IndexDensity.of((2, 2), 3, hidden=(32,), seed=0)
    prior.compile(keras.optimizers.Adam(1e-2), steps_per_execution=31)
    assert not prior.is_fitted
    prior.fit(np.float32(planted()), batch_size=128, epochs=12, verbose=0)
    assert prior.is_fitted
    return prior


def drawn(prior, count=20_000, seed=0):
    with serving(seed, count):
        return np.asarray(prior.draw(count))


def test_the_distribution_of_maps_is_learned_and_adds_up_to_one(fitted):
    probability = np.exp(fitted.log_prob(MAPS))
    assert probability.sum() == pytest.approx(1.0, abs=1e-4)
    number = planted().reshape(-1, 4) @ 3 ** np.arange(3, -1, -1)
    result = np.bincount(number, minlength=81) / len(number)
    assert 0.5 * np.abs(result - probability).sum() < 0.05


def test_maps_are_drawn_as_often_as_the_distribution_says(fitted):
    maps = drawn(fitted)
    assert set(np.unique(maps)) <= {0.0, 1.0, 2.0}
    result = np.bincount(np.int32(maps.reshape(-1, 4) @ 3.0 ** np.arange(3, -1, -1)), minlength=81)
    assert 0.5 * np.abs(result / len(maps) - np.exp(fitted.log_prob(MAPS))).sum() < 0.05


def test_a_row_is_a_function_of_its_own_seed(fitted):
    whole = drawn(fitted, 6, seed=np.arange(6))
    np.testing.assert_array_equal(drawn(fitted, 2, seed=np.arange(4, 6)), whole[4:])
    assert (drawn(fitted, 50, seed=1) != drawn(fitted, 50, seed=2)).any()


def test_a_fit_is_saved_with_its_optimizer_and_goes_on(fitted, tmp_path):
    Bearer(prior=fitted, seed=0).save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").prior
    assert again.is_fitted
    np.testing.assert_array_equal(drawn(again, 10), drawn(fitted, 10))
    steps = fitted.steps.numpy()
    assert again.optimizers["density"].iterations.numpy() == steps
    again.fit(np.float32(planted()), batch_size=128, verbose=0)
    assert again.steps.numpy() == steps + 31


def test_samples_are_the_draws_of_their_seeds(fitted):
    np.testing.assert_array_equal(fitted.sample(6, seed=3), drawn(fitted, 6, seed=3))


def test_a_density_is_the_distribution_of_the_codes_of_another_model(tmp_path):
    keras.utils.set_random_seed(0)
    prior = MAFDensity(masked_autoregressive_flow(2, 2, (8,)), seed=0)
    model = Autoencoder(mlp(4, 2, (8,)), mlp(2, 4, (8,)), 2, prior=prior, seed=0)
    x = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
    with pytest.raises(ValueError, match=r"call `model.fit_sampler\(x\)`"):
        model.sample(4, seed=0)
    saved = model.encoder.get_weights() + model.decoder.get_weights()
    model.fit_sampler(x, epochs=3)
    assert prior.steps.numpy() == 6 and model.steps.numpy() == 0
    after = model.encoder.get_weights() + model.decoder.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(saved, after, strict=True))
    np.testing.assert_array_equal(model.sample(4, seed=0), model.decode(prior.sample(4, seed=0)))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.sample(4, seed=0), model.sample(4, seed=0))


def test_a_categorical_distribution_is_that_of_its_softmax():
    distribution, draw = Categorical(4), np.random.default_rng(0)
    output = draw.normal(size=(6, 3, 4)).astype("float32")
    x = draw.integers(4, size=(6, 3, 1))
    chances = np.exp(output) / np.exp(output).sum(axis=-1, keepdims=True)
    expected = -np.log(np.take_along_axis(chances, x, axis=-1)).sum(axis=(1, 2))
    np.testing.assert_allclose(distribution.nll(x.astype("float32"), output), expected, rtol=1e-5)
    np.testing.assert_array_equal(distribution.mean(output)[..., 0], output.argmax(axis=-1))
    one = tf.repeat(output[:1, :1], 20_000, axis=0)
    with serving(0, 20_000):
        actual = np.bincount(np.int32(distribution.sample(one)).ravel(), minlength=4) / 20_000
    np.testing.assert_allclose(actual, chances[0, 0], atol=0.02)
