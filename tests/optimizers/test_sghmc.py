"""Hamiltonian Monte Carlo as an optimizer: the distribution of its draws, and it without noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.optimizers.sghmc import SGHMC


def walk(optimizer, steps, start=0.0, size=1, curvature=1.0):
    """`size` chains on curvature w^2 / 2, every place they were at, and all slots."""
    weights = keras.Variable(np.full(size, start, "float32"))
    optimizer.build([weights])

    @tf.function
    def step():
        optimizer.apply([curvature * weights.value], [weights])

    path = []
    for _ in range(steps):
        step()
        path.append(weights.numpy())
    return np.array(path)


@pytest.mark.parametrize("curvature, temperature", [(1.0, 1.0), (4.0, 1.0), (1.0, 0.25)])
def test_chains_draw_from_the_distribution_of_the_loss(curvature, temperature):
    """2,000 chains on a Gaussian of variance temperature / curvature."""
    optimizer = SGHMC(1e-3, friction=0.1, temperature=temperature)
    places = walk(optimizer, 600, size=2000, curvature=curvature)[-1]
    assert np.var(places) == pytest.approx(temperature / curvature, rel=0.15)
    assert abs(np.mean(places)) < 4.0 * np.sqrt(temperature / curvature / 2000)


def test_without_friction_in_its_noise_the_distribution_is_another():
    """Mutation: noise of variance 2 rate, as where the friction is forgotten."""
    optimizer = SGHMC(1e-3, friction=0.1, temperature=1.0 / 0.1)
    assert np.var(walk(optimizer, 600, size=2000)[-1]) > 1.15


def test_without_noise_it_is_descent_with_momentum():
    cold = walk(SGHMC(0.01, friction=0.1, temperature=0.0), 50, start=1.0)
    momentum = walk(keras.optimizers.SGD(0.01, momentum=0.9), 50, start=1.0)
    np.testing.assert_allclose(cold, momentum, rtol=1e-5, atol=1e-6)


def test_its_first_steps_are_adams_and_then_it_starts_at_rest():
    settings = {"beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-7}
    result = walk(SGHMC(0.01, burn_in=20, temperature=0.0, **settings), 25, start=1.0)
    adam = walk(keras.optimizers.Adam(0.01, **settings), 20, start=1.0)
    np.testing.assert_allclose(result[:20], adam, rtol=1e-5)
    rest = walk(SGHMC(0.01, temperature=0.0), 5, start=float(result[19, 0]))
    np.testing.assert_allclose(result[20:], rest, rtol=1e-5)


def test_there_is_no_noise_before_the_end_of_the_burn_in():
    pair = [walk(SGHMC(0.01, burn_in=5, temperature=1.0, seed=s), 7, start=1.0) for s in (1, 2)]
    np.testing.assert_array_equal(pair[0][:5], pair[1][:5])
    assert (pair[0][5:] != pair[1][5:]).all()


def test_noise_is_a_function_of_seed_step_and_weight():
    def drawn(seed, sizes):
        weights = [keras.Variable(np.zeros(size, "float32")) for size in sizes]
        optimizer = SGHMC(0.01, friction=1.0, seed=seed)
        optimizer.build(weights)
        result = []
        for _ in range(2):
            optimizer.apply([tf.zeros(w.shape) for w in weights], weights)
            result.append([w.numpy().ravel() for w in optimizer.velocities])
        return result

    shapes = [(3, 2), (6,), ()]
    first, again, other = (drawn(seed, shapes) for seed in (7, 7, 8))
    for step in (0, 1):
        for one, two, three in zip(first[step], again[step], other[step], strict=True):
            np.testing.assert_array_equal(one, two)
            assert (one != three).all()
    (a, b, _), (later, *_) = first
    assert (a != later).all() and (a != b).all()


def test_it_comes_back_from_its_config():
    optimizer = SGHMC(0.02, friction=0.3, temperature=0.5, burn_in=9, seed=4)
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == optimizer.get_config()
    assert (again.friction, again.temperature, again.burn_in, again.seed) == (0.3, 0.5, 9, 4)
