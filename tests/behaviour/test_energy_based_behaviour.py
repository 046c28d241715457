"""EBGAN: a margin beyond which samples are left alone, and codes of samples pulled apart."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan.ebgan import EBGAN
from zoo.losses.features import pulling_away
from zoo.networks.mlp import mlp
from zoo.training.data.planted import ring


def build(margin=10.0, weight=0.1, cls=EBGAN):
    keras.utils.set_random_seed(0)
    networks = mlp(8, 2, (64, 64)), mlp(2, 4, (64,), "tanh"), mlp(4, 2, (64,), "tanh")
    return cls(*networks, 8, margin=margin, pulling_away_weight=weight, seed=0)


def terms(model, player, x):
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        losses = getattr(model, f"{player}_loss")(tf.constant(x), None, True)
        total = tf.add_n([tf.reduce_mean(losses[name]) for name in model.terms[player]])
    own = [v.value for v in model.variables_of(player)]
    return losses, tape.gradient(total, own)


def test_the_energy_is_the_length_of_the_error():
    model, x = build(), ring(64)[0]
    expected = np.linalg.norm(x - model.reconstruct(x), axis=1)
    np.testing.assert_allclose(-model.score(x), expected, rtol=1e-5)


def test_samples_beyond_the_margin_move_the_discriminator_no_more():
    model, x = build(margin=1e-3), ring(64)[0]
    losses, _ = terms(model, "discriminator", x)
    assert (losses["fake"].numpy() == 0.0).all()
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.discriminator_loss(tf.constant(x), None, True)["fake"])
    own = [v.value for v in model.variables_of("discriminator")]
    slopes = tape.gradient(loss, own, unconnected_gradients="zero")
    assert all((slope.numpy() == 0.0).all() for slope in slopes)


def test_samples_within_the_margin_are_pushed_to_it():
    model, x = build(margin=10.0), ring(64)[0]
    losses, slopes = terms(model, "discriminator", x)
    assert (losses["fake"].numpy() > 0.0).all()
    assert all(np.any(slope.numpy() != 0.0) for slope in slopes)


def cosines_after(weight, steps=100):
    """The mean squared cosine of codes of samples after some moves of the generator alone."""
    model, x = build(weight=weight), tf.constant(ring(128)[0])
    model.compile(keras.optimizers.Adam(1e-2))
    move = tf.function(lambda: model.move(("generator",), (x, None), 1))
    for _ in range(steps):
        move()
    return float(pulling_away(model.encode(model.sample(500, seed=0))))


def test_codes_of_samples_are_pulled_apart(figure):
    without, with_it = cosines_after(0.0), cosines_after(10.0)
    figure("EBGAN: squared cosine of codes, with PT over without", with_it / without, "below 0.8")
    assert with_it < 0.8 * without


class Attracted(EBGAN):
    """Mutation: the sign of PT is turned."""

    def generator_loss(self, x, y, training):
        losses = super().generator_loss(x, y, training)
        return {**losses, "pulling_away": -losses["pulling_away"]}


def test_with_its_sign_turned_they_come_together():
    model, x = build(weight=10.0, cls=Attracted), tf.constant(ring(128)[0])
    model.compile(keras.optimizers.Adam(1e-2))
    for _ in range(30):
        model.move(("generator",), (x, None), 1)
    measured = float(pulling_away(model.encode(model.sample(500, seed=0))))
    assert measured > cosines_after(10.0)


@functools.cache
def diversity(weight, steps=3000):
    """The variance of samples over that of the ring after the game."""
    model, (x, _) = build(margin=1.0, weight=weight), ring()
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=50)
    model.fit(x, batch_size=128, epochs=steps // 50, steps_per_epoch=50, verbose=0)
    samples = model.sample(2000, seed=0).numpy()
    return samples.var(axis=0).sum() / x.var(axis=0).sum()


@pytest.mark.slow
def test_pulling_away_spreads_samples(figure):
    figure("EBGAN without PT, ring: variance of samples over data", diversity(0.0), "-")
    measured = figure("EBGAN, PT 1, ring: variance of samples over data", diversity(1.0), "more")
    assert measured > diversity(0.0)
