"""Inverse autoregressive posteriors: triangular steps, densities by change of variables."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.iaf_step import IAFStep
from zoo.networks.autoregressive import Autoregressive
from zoo.noise import serving
from zoo.posteriors.flow import FlowPosterior, inverse_autoregressive_flow
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal

DRAW = np.random.default_rng(0)
Z, H = (DRAW.normal(size=(6, 4)).astype("float32") for _ in range(2))
OUTPUT = DRAW.normal(size=(6, 12)).astype("float32")


def step(**order):
    keras.utils.set_random_seed(0)
    return IAFStep(Autoregressive(4, 2, (16,), "elu", context=4, **order))


def jacobian(function, z):
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        result = function(z)
    return tape.batch_jacobian(result, z).numpy()


@pytest.mark.parametrize("reverse", [False, True])
def test_the_jacobian_is_triangular_in_its_order_with_the_gates_on_its_diagonal(reverse):
    flow_step = step(reverse=reverse)
    slopes = jacobian(lambda z: flow_step.forward(z, H)[0], Z)
    ordered = slopes[:, ::-1, ::-1] if reverse else slopes
    assert (np.triu(ordered, 1) == 0).all() and (np.abs(np.tril(ordered, -1)) > 0).any()
    s = flow_step.network(Z, context=H)[..., 1].numpy()
    gates = 1.0 / (1.0 + np.exp(-s - 1.5))
    np.testing.assert_allclose(np.diagonal(slopes, axis1=1, axis2=2), gates, rtol=1e-5)
    np.testing.assert_allclose(flow_step.forward(Z, H)[1], np.log(gates).sum(axis=1), rtol=1e-4)


def test_the_gate_is_open_at_the_start():
    flow_step = step()
    for v in flow_step.variables:
        v.assign(tf.zeros_like(v.value))
    gate = 1.0 / (1.0 + np.exp(-1.5))
    np.testing.assert_allclose(flow_step.forward(Z, H)[0], gate * Z, rtol=1e-5)


def test_the_density_of_a_draw_is_that_of_its_noise_and_the_determinant_of_autodiff():
    keras.utils.set_random_seed(0)
    posterior = inverse_autoregressive_flow(4, 3, (16,))
    with serving(0, 6):
        z, log_q = posterior.sample(OUTPUT)
    with serving(0, 6):
        first, base = DiagonalGaussian().sample(OUTPUT[:, :8])
    slopes = jacobian(lambda z: posterior.flown(z, OUTPUT[:, 8:])[0], first)
    np.testing.assert_allclose(log_q, base - np.linalg.slogdet(slopes)[1], atol=1e-4)
    np.testing.assert_allclose(posterior.flown(first, OUTPUT[:, 8:])[0], z, atol=1e-6)
    prior = StandardNormal(4)
    result = posterior.divergence(OUTPUT, z, log_q, prior)
    np.testing.assert_allclose(result, log_q - prior.log_prob(z), atol=1e-5)


def test_every_dimension_and_the_context_reach_every_other_after_two_steps():
    keras.utils.set_random_seed(0)
    posterior = inverse_autoregressive_flow(4, 2, (16,))
    slopes = jacobian(lambda z: posterior.flown(z, H)[0], Z)
    assert (np.abs(slopes).max(axis=0) > 0).all()
    slopes = jacobian(lambda h: posterior.flown(tf.constant(Z), h)[0], H)
    assert (np.abs(slopes).max(axis=0) > 0).all()


def test_without_steps_it_is_the_gaussian():
    posterior, gaussian = FlowPosterior(context=0), DiagonalGaussian()
    assert posterior.width(4) == gaussian.width(4)
    result = []
    for distribution in (posterior, gaussian):
        with serving(0, 6):
            z, log_q = distribution.sample(OUTPUT[:, :8])
        mean = distribution.mean(OUTPUT[:, :8])
        result.append(
            (z, log_q, mean, distribution.divergence(OUTPUT[:, :8], z, log_q, StandardNormal(4)))
        )
    for ours, theirs in zip(*result, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_posterior_comes_back_from_its_config():
    posterior = inverse_autoregressive_flow(4, 2, (8,), context=2)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(posterior))
    again.set_weights(posterior.get_weights())
    output = DRAW.normal(size=(6, 16)).astype("float32")
    np.testing.assert_array_equal(again.mean(output), posterior.mean(output))
