"""BEGAN: the balance of two errors is kept by a number that is saved with the model."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan.began import BEGAN
from zoo.networks.mlp import mlp
from zoo.training.data.planted import manifold


def build(size=64, hidden=(64, 64), latent_dim=8, **settings):
    keras.utils.set_random_seed(0)
    networks = (
        mlp(latent_dim, size, hidden, "elu", "sigmoid"),
        mlp(size, latent_dim, hidden, "elu"),
        mlp(latent_dim, size, hidden, "elu", "sigmoid"),
    )
    return BEGAN(*networks, latent_dim, seed=0, **settings)


# How k moves.


@pytest.mark.parametrize("k, real, fake", [(0.4, 0.3, 0.1), (0.4, 0.1, 0.3), (0.0, 0.1, 0.3)])
def test_k_moves_by_the_rate_times_the_balance_and_stays_in_its_range(k, real, fake):
    model = build(6, (8,), 3, balance_rate=0.5, diversity_ratio=0.7)
    model.k.assign(k)
    terms = {"discriminator": {"balance": tf.constant(0.7 * real - fake)}}
    moved = float(model.after_move(("discriminator", "generator"), None, terms)["k"])
    assert moved == pytest.approx(np.clip(k + 0.5 * (0.7 * real - fake), 0.0, 1.0), abs=1e-6)
    assert np.sign(moved - k) == (np.sign(0.7 * real - fake) if k > 0 else 0.0)


def test_one_step_moves_both_players_and_then_k():
    model = build(6, (8,), 3, balance_rate=0.5)
    model.k.assign(0.25)
    model.compile(keras.optimizers.SGD(0.0))
    x = np.random.default_rng(0).random((16, 6), np.float32)
    logs = {key: float(value) for key, value in model.train_step((tf.constant(x),)).items()}
    real, fake = logs["discriminator_real"], logs["generator_energy"]
    assert logs["discriminator_fake"] == pytest.approx(-0.25 * fake, rel=1e-6)
    assert logs["discriminator_measure"] == pytest.approx(real + abs(0.5 * real - fake), rel=1e-6)
    assert real == pytest.approx(-np.mean(model.score(x)), rel=1e-6)
    assert float(model.k) == pytest.approx(0.25 + 0.5 * (0.5 * real - fake), abs=1e-6)


def test_k_is_saved_with_the_model(tmp_path):
    model = build(6, (8,), 3)
    model.k.assign(0.125)
    model.save(tmp_path / "model.keras")
    assert float(keras.saving.load_model(tmp_path / "model.keras").k) == 0.125


# What it is for: the ratio of the errors.


@functools.cache
def ratio(steps=6000, **settings):
    """L(G(z)) / L(x), mean over the last 2,000 steps, and the values of k at their ends."""
    model, (x, _) = build(**settings), manifold(8, count=3200)
    model.compile(keras.optimizers.Adam(5e-4), steps_per_execution=100)
    result = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: result.append(float(model.k)))
    epochs = steps // 200
    logs = model.fit(x, batch_size=16, epochs=epochs, verbose=0, callbacks=[keep]).history
    last = slice(-2000 // 200, None)
    each = np.divide(logs["generator_energy"], logs["discriminator_real"])
    return np.mean(each[last]), np.array(result)[last]


@pytest.mark.parametrize(
    "diversity_ratio, balance_rate",
    [(0.5, 0.001), pytest.param(0.8, 0.01, marks=pytest.mark.slow)],
)
def test_the_errors_come_to_the_ratio_that_was_asked_for(diversity_ratio, balance_rate, figure):
    measured, k = ratio(diversity_ratio=diversity_ratio, balance_rate=balance_rate)
    what = f"BEGAN, gamma = {diversity_ratio}: L(G(z)) / L(x) over the last 2,000 of 6,000 steps"
    figure(what, measured, f"{diversity_ratio} +- 0.15")
    assert measured == pytest.approx(diversity_ratio, abs=0.15)
    assert (k > 0).all() and (k < 1).all()


@pytest.mark.slow
def test_without_its_balance_the_generator_goes_where_the_error_is_least(figure):
    measured, _ = ratio(balance_rate=0.0)
    assert figure("BEGAN, k = 0: L(G(z)) / L(x)", measured, "below 0.35") < 0.35
