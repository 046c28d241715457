"""FlexAESR: who moves when midpoints are smoothed, and that without it the model is FlexAE."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import noise
from zoo.matching.flex_ae import FlexAE
from zoo.matching.flex_ae_sr import FlexAESR
from zoo.networks.mlp import mlp
from zoo.priors.generator import PriorGenerator
from zoo.training.data.planted import moons

LATENT, BATCH = 2, 256


class Rough(FlexAESR):
    """Mutation: encoder and decoder lower what the discriminator says of midpoints."""

    def smoothing_loss(self, x, y, training):
        return {"adversarial": -super().smoothing_loss(x, y, training)["adversarial"]}


class Unpaired(FlexAESR):
    """Mutation: the partner of a code is the code itself, so that midpoints are reconstructions."""

    def gather(self, x):
        return tf.roll(x, 1, axis=0)


def build(cls, **settings):
    keras.utils.set_random_seed(0)
    networks = {"encoder": mlp(2, LATENT, (32,)), "decoder": mlp(LATENT, 2, (32,))}
    networks |= {
        "critic": mlp(LATENT, 1, (32,)),
        "prior": PriorGenerator(mlp(LATENT, LATENT, (32,))),
    }
    if cls is not FlexAE:
        networks["discriminator"] = mlp(2, 1, (32,))
    model = cls(**networks, latent_dim=LATENT, seed=0, **settings)
    model.compile()
    return model


def data(number=0):
    return tf.constant(moons(BATCH, seed=number)[0])


def said_of_midpoints(model):
    with noise.training(0, 0, 0):
        return float(tf.reduce_mean(model.judge_data(model.midpoints(data(), False), False)))


def after(cls, *movers):
    """A model after twenty moves of some players, and what was said of midpoints before."""
    model = build(cls)
    before, weights = said_of_midpoints(model), snapshot(model)
    for _ in range(20):
        model.move(movers, (data(), None), 0)
    return model, before, {name for name, old in weights.items() if moved(model, name, old)}


def snapshot(model):
    parts = ("encoder", "decoder", "critic", "discriminator", "prior")
    return {name: getattr(model, name).get_weights() for name in parts if hasattr(model, name)}


def moved(model, name, old):
    return not all(map(np.array_equal, getattr(model, name).get_weights(), old))


@pytest.mark.parametrize("cls, sign", [(FlexAESR, 1), (Rough, -1)])
def test_smoothing_raises_what_the_discriminator_says_of_midpoints(cls, sign):
    model, before, who = after(cls, "smoothing")
    assert sign * (said_of_midpoints(model) - before) > 1e-3
    assert who == {"encoder", "decoder"}


def test_a_move_of_the_discriminator_lowers_its_loss():
    def loss(model):
        with noise.training(0, 0, 0):
            terms = model.discriminator_loss(data(), None, False)
        return float(tf.reduce_mean(tf.add_n(list(terms.values()))))

    model, _, who = after(FlexAESR, "critic", "discriminator")
    assert loss(model) < loss(build(FlexAESR)) - 1e-3
    assert who == {"critic", "discriminator"}


def test_midpoints_lie_between_the_codes_of_two_rows():
    """The decoder is the identity, so that midpoints are codes."""
    for cls, apart in ((FlexAESR, True), (Unpaired, False)):
        model = build(cls)
        model.decoder = lambda z, training: z
        z, x = model.encode(data()).numpy(), data()
        with noise.training(0, 0, 0):
            shown = model.midpoints(x, False).numpy()
        with noise.training(0, 0, 0):
            share = model.noise.uniform([BATCH, 1]).numpy()
        expected = share * z + (1.0 - share) * np.roll(z, -1, axis=0)
        assert np.allclose(shown, expected, atol=1e-6) == apart


def played(cls, **settings):
    """The weights of what both models have, after three steps of the same moves."""
    model = build(cls, **settings)
    for step in range(3):
        model.steps.assign(step)
        model.move(("autoencoder",), (data(7 * step), None), 0)
        for number in range(1, 6):
            movers = ("critic",) if cls is FlexAE else ("critic", "discriminator")
            model.move(movers, (data(7 * step + number), None), number)
        if cls is not FlexAE:
            model.move(("smoothing",), (data(7 * step + 5), None), 6)
        model.move(("prior",), (data(7 * step + 5), None), 7)
        model.move(("encoder",), (data(7 * step + 5), None), 8)
    return [w for name in ("encoder", "decoder", "critic", "prior") for w in snapshot(model)[name]]


def test_without_its_weight_the_model_is_flex_ae():
    plain = played(FlexAE)
    assert all(map(np.array_equal, played(FlexAESR, smoothing_weight=0.0), plain))
    assert not all(map(np.array_equal, played(FlexAESR), plain))


def test_the_order_of_a_step_is_that_of_the_released_code():
    once = ["autoencoder", *["critic"] * 5, "smoothing", "prior", "encoder"]
    assert [movers[0] for movers in build(FlexAESR).play] == once
