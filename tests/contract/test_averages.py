"""Averages that belong to a player: kept from a step on, saved, and what `sample` shows."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan.base import AdversarialModel
from zoo.networks.mlp import mlp
from zoo.registry import register

ROWS = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)


@register
class AveragedGAN(AdversarialModel):
    """A game whose generator keeps averages from the third step on."""

    averaged_players = ("generator",)
    average_decay, average_start = 0.9, 3


def made():
    """The model, always with the same weights."""
    keras.utils.set_random_seed(0)
    return AveragedGAN(mlp(3, 2, (8,)), mlp(2, 1, (8,)), 3, seed=1)


def trained(steps, scope=None, **options):
    """A model after so many steps, and the generator's weights after each."""
    with scope or tf.distribute.get_strategy().scope():
        model = made()
    model.compile(keras.optimizers.SGD(0.1), **options)
    seen = [[w.numpy() for w in model.averaged_weights]]
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: seen.append([w.numpy() for w in model.averaged_weights])
    )
    model.fit(ROWS[: 8 * steps], batch_size=8, verbose=0, callbacks=[note])
    return model, seen


def gap(ours, theirs):
    return max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True))


def test_only_the_weights_of_its_players_are_averaged():
    model = made()
    assert len(model.averages.kept) == len(model.generator.trainable_variables) == 4
    assert gap(model.averages.get_weights(), [w.numpy() for w in model.averaged_weights]) == 0


def test_averages_are_the_live_weights_until_they_start():
    model, seen = trained(3)
    assert gap(seen[0], seen[3]) > 1e-4
    assert gap(model.averages.get_weights(), seen[3]) == 0


def test_averages_follow_by_the_decay_from_then_on():
    model, seen = trained(6)
    expected = seen[3]
    for weights in seen[4:]:
        pairs = zip(expected, weights, strict=True)
        expected = [0.9 * average + 0.1 * weight for average, weight in pairs]
    assert gap(model.averages.get_weights(), expected) < 1e-6
    assert gap(model.averages.get_weights(), seen[6]) > 1e-4


def test_sample_and_decode_show_the_averages_and_change_nothing():
    model, _ = trained(6)
    z = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    live = model.generator(z).numpy()
    before = [w.numpy() for w in model.averaged_weights]
    averaged = model.decode(z).numpy()
    graph = tf.function(model.decode)(z).numpy()
    for weight, average in zip(model.averaged_weights, model.averages.kept, strict=True):
        weight.assign(average)
    np.testing.assert_allclose(averaged, model.generator(z), rtol=1e-6)
    np.testing.assert_allclose(graph, averaged, rtol=1e-6)
    assert np.abs(averaged - live).max() > 1e-4
    assert (
        gap(before, [w.numpy() for w in model.averaged_weights]) > 1e-4
    )  # only the test moved them


def test_averages_are_saved_with_the_model(tmp_path):
    model, _ = trained(6)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    assert gap(model.averages.get_weights(), twin.averages.get_weights()) == 0
    np.testing.assert_array_equal(model.sample(4, seed=0), twin.sample(4, seed=0))


def test_averages_are_the_same_on_replicas(two):
    ours, theirs = trained(6)[0], trained(6, two.scope())[0]
    assert gap(ours.averages.get_weights(), theirs.averages.get_weights()) < 1e-6


def test_second_averages_are_refused():
    with pytest.raises(ValueError, match="`ema` of AveragedGAN must be None: it keeps averages"):
        made().compile(ema=0.99)
