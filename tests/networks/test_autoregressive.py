"""Networks that read an entry from those before it: triangular Jacobians, orders, draws."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.layers.masked_dense import MaskedDense, filled
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.autoregressive import Autoregressive, in_turn


def jacobian(network, x, order=0, **inputs):
    """d output / d input, absolute, the largest over rows and channels: `(size, size)`."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = network(x, order=order, **inputs)
    slopes = np.abs(tape.batch_jacobian(result, x)).max(axis=(0, 2))
    return slopes.reshape(network.size, network.size)


def random(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


@pytest.mark.parametrize("settings", [{}, {"reverse": True}, {"orders": 3, "seed": 5}])
@pytest.mark.parametrize("hidden", [(), (16,), (32, 32)])
def test_an_output_depends_on_every_entry_before_it_and_on_no_other(settings, hidden):
    network = Autoregressive(6, 2, hidden, "tanh", **settings)
    for order in range(network.orders):
        slopes, ranks = jacobian(network, random(5, 6), order), network.ranks[order]
        before = ranks[:, None] > ranks[None]
        assert (slopes[~before] == 0).all()
        assert network.orders > 1 or (slopes[before] > 0).all()  # drawn degrees may miss some
        assert sorted(ranks) == list(range(1, 7))


def test_ranks_are_natural_reversed_or_shuffled_by_the_seed():
    assert Autoregressive(4, 1).ranks.tolist() == [[1, 2, 3, 4]]
    assert Autoregressive(4, 1, reverse=True).ranks.tolist() == [[4, 3, 2, 1]]
    first, again, other = (Autoregressive(9, 1, orders=4, seed=s) for s in (0, 0, 1))
    assert (first.ranks == again.ranks).all() and (first.ranks != other.ranks).any()
    assert len({tuple(ranks) for ranks in first.ranks}) == 4


def test_a_context_reaches_every_output_and_leaves_the_order_alone():
    network = Autoregressive(4, 2, (16,), "tanh", context=3)
    x, h = random(5, 4), random(5, 3, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(h)
        result = network(x, context=h)
    assert (np.abs(tape.batch_jacobian(result, h)).max(axis=(0, 2, 3)) > 0).all()
    assert (np.triu(jacobian(network, x, context=h)) == 0).all()


def test_images_are_read_pixel_after_pixel():
    network = Autoregressive((2, 3, 1), 1, (16,), "tanh")
    assert network.input_shape == (None, 2, 3, 1) and network.output_shape == (None, 6, 1)
    result = network(random(5, 2, 3, 1))
    np.testing.assert_array_equal(result, network(tf.reshape(random(5, 2, 3, 1), [5, 6])))


def test_one_entry_has_no_other_to_depend_on():
    network = Autoregressive(1, 2, (4,))
    np.testing.assert_array_equal(network(random(3, 1)), np.zeros((3, 1, 2)))


def test_a_network_comes_back_from_its_config():
    network = Autoregressive((4,), 2, (8,), orders=3, seed=7, context=2)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    again.set_weights(network.get_weights())
    inputs = {"order": 2, "context": random(5, 2)}
    np.testing.assert_array_equal(again(random(5, 4), **inputs), network(random(5, 4), **inputs))


def test_masks_let_degrees_up_to_their_own_pass_or_below_it():
    degrees = [[1, 2, 3]], [[1, 2, 2]]
    assert MaskedDense(*degrees).mask().numpy().tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 0]]
    strict = MaskedDense(*degrees, strict=True)
    assert strict.mask().numpy().tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    strict.kernel.assign(np.arange(9.0).reshape(3, 3))
    strict.bias.assign([10.0, 0.0, 0.0])
    np.testing.assert_array_equal(strict(tf.constant([[1.0, 5.0, 5.0]])), [[10.0, 1.0, 2.0]])


def test_entries_are_filled_in_the_order_of_their_ranks():
    total = filled(lambda x: 1.0 + tf.reduce_sum(x, 1, keepdims=True) + 0.0 * x, [2, 3, 1], 2)
    np.testing.assert_array_equal(total, [[2.0, 4.0, 1.0]] * 2)


@pytest.mark.parametrize("settings", [{}, {"reverse": True}, {"orders": 2}])
def test_draws_in_turn_have_the_quantiles_they_were_asked_for(settings):
    network, distribution = (
        Autoregressive(5, 2, (16,), "tanh", **settings),
        Gaussian(variance="output"),
    )
    uniform = np.random.default_rng(0).uniform(0.01, 0.99, size=(7, 5, 1)).astype("float32")
    for order in range(network.orders):
        x = in_turn(network, distribution, tf.constant(uniform), order)
        mean, log_var = distribution.parameters(network(x, order=order))
        below = scipy.stats.norm(mean, np.exp(0.5 * log_var)).cdf(x[..., None])
        np.testing.assert_allclose(below, uniform, atol=1e-5)
