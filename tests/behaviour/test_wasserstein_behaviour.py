"""WGAN: clipped weights measure a distance up to a factor, which the slope of the critic gives."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from frozen import affine, normal, trained

from zoo.gan.wgan import WGAN
from zoo.metrics.wasserstein import wasserstein_estimate
from zoo.networks.mlp import mlp
from zoo.training.data.planted import ring


@functools.cache
def measured(clip, shift=3.0):
    """What a trained critic says of two unit Gaussians, `shift` apart."""
    settings = {"clip": clip, "discriminator_moves": 1}
    model = trained(WGAN, affine(1.0, 0.0), normal(shift), 600, 0.1 * clip, **settings)
    real, made = normal(shift, count=10_000, seed=1), normal(count=10_000, seed=2)
    return wasserstein_estimate(lambda x: model.judge(x, None, False), real, made)


@pytest.mark.parametrize("clip", [0.1, pytest.param(0.01, marks=pytest.mark.slow)])
def test_the_difference_over_the_slope_is_the_distance(clip, figure):
    largest = measured(clip)
    figure(f"WGAN, c = {clip}, d = 3: estimate", largest["wasserstein"], "3 +- 10 %")
    assert largest["wasserstein"] == pytest.approx(3.0, rel=0.1)
    assert largest["wasserstein_below"] <= 3.05


@pytest.mark.slow
def test_the_difference_itself_is_no_distance(figure):
    small, large = (measured(clip)["difference"] for clip in (0.01, 0.1))
    figure("WGAN, d = 3: raw difference at c = 0.1 over that at c = 0.01", large / small, "> 100")
    assert large / small > 100.0 and not 2.0 < small < 4.0


class Unclipped(WGAN):
    """Mutation: weights go where they like."""

    def after_move(self, movers, batch, terms):
        return None


def largest_weights(cls, steps=5, **settings):
    """The largest weight of the critic after each step on the ring, and the model."""
    keras.utils.set_random_seed(0)
    model = cls(mlp(4, 2, (32,)), mlp(2, 1, (32,)), 4, clip=0.03, seed=0, **settings)
    model.compile(keras.optimizers.RMSprop(0.01))
    x, largest = ring(64 * model.parts * steps)[0], []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: largest.append(
            max(np.abs(w).max() for w in model.discriminator.get_weights())
        )
    )
    model.fit(x, batch_size=64, verbose=0, callbacks=[note])
    return np.array(largest), model


def test_weights_of_the_critic_stay_within_the_clip_after_every_step():
    largest, model = largest_weights(WGAN)
    assert len(largest) == 5 and (largest <= 0.03).all() and (largest == np.float32(0.03)).any()
    counts = {player: int(o.iterations.numpy()) for player, o in model.optimizers.items()}
    assert counts == {"discriminator": 25, "generator": 5}


def test_without_the_clip_they_do_not():
    assert (largest_weights(Unclipped)[0] > 0.03).all()


def test_estimates_of_a_line_are_exact():
    largest = wasserstein_estimate(lambda x: tf.constant(7.0) * x[:, 0], normal(2.0), normal())
    assert largest["wasserstein"] == pytest.approx(2.0, abs=0.03)
    assert largest["mean_slope"] == pytest.approx(7.0, rel=1e-5)
