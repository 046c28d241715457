"""Games played differently: on the bilinear game every map is known; on the ring, modes count."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from points import bilinear, place

from zoo.gan.gan import GAN
from zoo.gan_dynamics.consensus_gan import ConsensusGAN
from zoo.gan_dynamics.unrolled_gan import UnrolledGAN
from zoo.networks.mlp import mlp
from zoo.training.data.planted import ring


def walked(model, rate, steps, x=0.0):
    """The places of the model before and after each of `steps` steps of plain descent."""
    model.compile(keras.optimizers.SGD(rate))
    path, batch = [place(model)], tf.fill([4, 1], x)
    step = tf.function(model.train_step)
    for _ in range(steps):
        step((batch,))
        path.append(place(model))
    return np.array(path)


# Consensus: the map of one step is linear, and its eigenvalues are known.


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
def test_a_step_on_the_bilinear_game_is_the_damped_turn(weight):
    u, v = walked(bilinear(ConsensusGAN, 1.0, 0.5, consensus_weight=weight), 0.1, 1)[1]
    assert u == pytest.approx(1.0 - 0.1 * (0.5 + weight * 1.0), abs=1e-6)
    assert v == pytest.approx(0.5 - 0.1 * (-1.0 + weight * 0.5), abs=1e-6)


def growth(weight, rate=0.1, steps=20):
    """By what factor the distance to the equilibrium changes in a step."""
    path = walked(bilinear(ConsensusGAN, 1.0, 0.5, consensus_weight=weight), rate, steps)
    return (np.linalg.norm(path[-1]) / np.linalg.norm(path[0])) ** (1.0 / steps)


@pytest.mark.parametrize("weight", [0.0, 1.0, 10.0])
def test_consensus_turns_the_spiral_of_descent_inwards(weight, figure):
    expected = np.sqrt((1.0 - 0.1 * weight) ** 2 + 0.1**2)
    actual = growth(weight)
    figure(f"ConsensusGAN, f = uv, gamma = {weight}: growth", actual, f"{expected:.5f} +- 1e-4")
    assert actual == pytest.approx(expected, abs=1e-4)
    assert (actual < 1.0) == (2.0 * weight > 0.1 * (1.0 + weight**2))


class OnlyOwn(ConsensusGAN):
    """Mutation: each player shortens its own gradient alone, so that nothing is shared."""

    def joint_loss(self, x, y, training):
        result = super().joint_loss(x, y, training)
        for player in result:
            with tf.GradientTape() as tape:
                mean = tf.reduce_mean(super().joint_loss(x, y, training)[player]["adversarial"])
            own = tape.gradient(mean, [w.value for w in self.variables_of(player)])
            length = tf.add_n([tf.reduce_sum(g**2) for g in own])
            result[player]["consensus"] = 0.5 * self.consensus_weight * length
        return result


def test_a_player_that_shortens_its_own_gradient_alone_is_not_damped():
    model = bilinear(OnlyOwn, 1.0, 0.5, consensus_weight=1.0)
    path = walked(model, 0.1, 60)
    assert np.linalg.norm(path[-1]) > np.linalg.norm(path[0])


# Unrolled: the generator's gradient through K inner steps has a closed form.


def slope_of_the_generator(x=0.0, cls=UnrolledGAN, **settings):
    """By what the generator's v moves in a unit step, reversed, at u = 1 and v = 0.5."""
    model = bilinear(cls, 1.0, 0.5, **settings)
    model.compile({"generator": keras.optimizers.SGD(1.0), "discriminator": "sgd"})
    before = place(model)
    model.move(("generator",), (tf.fill([4, 1], x), None), 0)
    after = place(model)
    assert after[0] == before[0], "the discriminator stays"
    return before[1] - after[1]


@pytest.mark.parametrize("steps", [0, 1, 5])
@pytest.mark.parametrize("x", [0.0, 2.0])
def test_the_gradient_goes_through_the_inner_steps(steps, x, figure):
    """G loses -u_K (v - x) with u_K = u - K eta (v - x)."""
    actual = slope_of_the_generator(x, unrolled_steps=steps, inner_rate=0.1)
    expected = -1.0 + 2.0 * steps * 0.1 * (0.5 - x)
    figure(f"UnrolledGAN, f = u (v - {x:g}), K = {steps}: gradient", actual, f"{expected:.3f}")
    assert actual == pytest.approx(expected, abs=1e-5)


class Cut(UnrolledGAN):
    """Mutation: the inner steps are taken, but no gradient goes through them."""

    def unrolled_weights(self, x, samples, training):
        weights = super().unrolled_weights(x, samples, training)
        return [tf.stop_gradient(weight) for weight in weights]


def test_inner_steps_without_their_gradient_are_another_game():
    result = slope_of_the_generator(cls=Cut, unrolled_steps=5, inner_rate=0.1)
    assert result == pytest.approx(-(1.0 - 5 * 0.1 * 0.5), abs=1e-5)


def test_without_inner_steps_it_is_the_gan_bit_for_bit():
    x = ring(count=256)[0]

    def weights(cls, **settings):
        keras.utils.set_random_seed(0)
        model = cls(mlp(3, 2, (8,)), mlp(2, 1, (8,)), 3, seed=1, **settings)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x, batch_size=64, verbose=0)
        return model.get_weights()

    pairs = zip(weights(GAN), weights(UnrolledGAN, unrolled_steps=0), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


# Unrolled on the ring of eight.


@functools.cache
def played(steps=3000, **settings):
    """The game on the ring as in the paper's toy."""
    keras.utils.set_random_seed(0)
    model = UnrolledGAN(mlp(256, 2, (128, 128)), mlp(2, 1, (128, 128)), 256, seed=0, **settings)
    model.compile(steps_per_execution=39)
    model.fit(ring()[0], batch_size=512, epochs=-(-steps // 39), verbose=0)
    return model


def slopes(model, **settings):
    """The gradient of the generator's loss, with other settings of the inner steps."""
    saved = {name: getattr(model, name) for name in settings}
    own = [v.value for v in model.variables_of("generator")]
    for name, value in settings.items():
        setattr(model, name, value)
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.generator_loss(ring(512)[0], None, True)["adversarial"])
    for name, value in saved.items():
        setattr(model, name, value)
    return np.concatenate([g.numpy().ravel() for g in tape.gradient(loss, own)])


def change_by_unrolling(inner_rate):
    """How far five inner steps move the gradient, relative to its length."""
    model = played(steps=100, unrolled_steps=0)
    plain, ahead = slopes(model), slopes(model, unrolled_steps=5, inner_rate=inner_rate)
    return np.linalg.norm(ahead - plain) / np.linalg.norm(plain)


@pytest.mark.parametrize("inner_rate, rule", [(None, "Adam as it is"), (0.1, "descent at 0.1")])
def test_unrolling_changes_the_gradient(inner_rate, rule, figure):
    change = change_by_unrolling(inner_rate)
    figure(f"UnrolledGAN, ring, K = 5, {rule}: change of the gradient", change, "above 0.05")
    assert change > 0.05


def test_descent_at_the_rate_of_the_discriminator_unrolls_next_to_nothing(figure):
    change = change_by_unrolling(1e-4)
    figure("UnrolledGAN, ring, K = 5, descent at 1e-4", change, "below 0.05")
    assert change < 0.05


def covered(model):
    """On how many of eight modes at least 1 % of 2,000 examples lie, within 0.2."""
    decoded, centres = model.sample(2000, seed=0).numpy(), ring(count=1)[1]["centres"]
    distance = np.linalg.norm(decoded[:, None] - centres, axis=-1)
    return np.sum((distance < 0.2).sum(axis=0) >= 20)


@pytest.mark.slow
def test_unrolling_covers_the_ring(figure):
    measured = figure("UnrolledGAN, K = 5: modes of the ring covered", covered(played()), "8 of 8")
    assert measured == 8 >= covered(played(unrolled_steps=0))


@pytest.mark.slow
def test_without_unrolling_modes_are_missed(figure):
    measured = covered(played(unrolled_steps=0))
    assert figure("UnrolledGAN, K = 0: modes covered", measured, "below 8") < 8
