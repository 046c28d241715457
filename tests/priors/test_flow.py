"""Flows invert, their determinants are those of autodiff, and densities add up to one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import VAE
from zoo.layers.flow_batch_norm import FlowBatchNorm
from zoo.layers.maf_step import MAFStep
from zoo.networks.autoregressive import Autoregressive
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.flow import FlowPrior, masked_autoregressive_flow

Z = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def flow(batch_norm=True, seed=0):
    """A flow of three steps, its weights and averages no longer those of the start."""
    keras.utils.set_random_seed(seed)
    model, draw = masked_autoregressive_flow(4, 3, (16,), batch_norm), np.random.default_rng(seed)
    for v in model.variables:
        v.assign(v.numpy() + 0.2 * np.abs(draw.normal(size=v.shape)))
    return model


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_flow_inverts_and_its_determinant_is_that_of_autodiff(batch_norm):
    model, z = flow(batch_norm), tf.constant(Z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        u, log_det = model.forward(z)
    _, expected = np.linalg.slogdet(tape.batch_jacobian(u, z).numpy())
    np.testing.assert_allclose(log_det, expected, atol=1e-5)
    np.testing.assert_allclose(model.inverse(u), Z, atol=1e-4)
    assert np.abs(u - Z).min() > 0


def test_a_step_is_that_of_tfp():
    from tensorflow_probability import bijectors

    network = Autoregressive(4, 2, (16,), "tanh", reverse=True)
    step = MAFStep(network)
    theirs = bijectors.MaskedAutoregressiveFlow(step.parameters)
    u, log_det = step.forward(tf.constant(Z))
    np.testing.assert_allclose(u, theirs.inverse(Z), atol=1e-5)
    np.testing.assert_allclose(log_det, theirs.inverse_log_det_jacobian(Z, 1), atol=1e-5)
    np.testing.assert_allclose(step.inverse(tf.constant(Z)), theirs.forward(Z), atol=1e-5)


def test_orders_alternate_so_that_every_dimension_depends_on_every_other():
    model, z = flow(batch_norm=False), tf.constant(Z)
    ranks = [step.network.ranks[0].tolist() for step in model.steps]
    assert ranks == [[1, 2, 3, 4], [4, 3, 2, 1], [1, 2, 3, 4]]
    with tf.GradientTape() as tape:
        tape.watch(z)
        u, _ = model.forward(z)
    assert (np.abs(tape.batch_jacobian(u, z)).max(axis=0) > 0).all()


def test_draws_have_the_density_that_the_flow_says():
    model, count = flow(), 20_000
    with serving(0, count):
        drawn = model.sample(count)
    u = model.forward(drawn)[0].numpy()
    np.testing.assert_allclose(u.mean(axis=0), 0.0, atol=0.04)
    np.testing.assert_allclose(np.cov(u.T), np.eye(4), atol=0.05)


def test_batch_normalization_gives_rows_of_mean_0_and_variance_1_in_training_alone():
    layer, x = FlowBatchNorm(4, momentum=0.5), 3.0 + 2.0 * Z
    u, log_det = layer.forward(tf.constant(x), training=True)
    np.testing.assert_allclose(u.numpy().mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(u.numpy().var(axis=0), 1.0, atol=1e-4)
    np.testing.assert_allclose(log_det, [-0.5 * np.log(x.var(axis=0)).sum()] * 6, atol=1e-4)
    np.testing.assert_allclose(layer.moving_mean, 0.5 * x.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(layer.moving_var, 0.5 + 0.5 * x.var(axis=0), atol=1e-5)
    saved = layer.moving_mean.numpy()
    np.testing.assert_allclose(layer.inverse(layer.forward(x)[0]), x, atol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, saved)


def test_a_flow_comes_back_from_its_config():
    model = flow()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.log_prob(tf.constant(Z)), model.log_prob(tf.constant(Z)))


def test_a_flow_is_a_prior_of_a_vae(tmp_path):
    keras.utils.set_random_seed(0)
    prior = masked_autoregressive_flow(2, 2, (8,))
    model = VAE(mlp(4, 4, (8,)), mlp(2, 4, (8,)), 2, prior=prior, seed=0)
    model.compile(keras.optimizers.Adam(1e-2))
    start, x = prior.get_weights(), np.tile(Z, (10, 1))
    model.fit(x, batch_size=20, epochs=1, verbose=0)
    moved = [np.abs(a - b).max() > 0 for a, b in zip(start, prior.get_weights(), strict=True)]
    assert all(moved) and isinstance(prior, FlowPrior)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.sample(5, seed=0), model.sample(5, seed=0))
    z = model.encode(x, sample=True, seed=0)
    with serving(0, 60):
        _, log_q = model.posterior.sample(model.encoder(x))
        result = model.posterior.divergence(model.encoder(x), z, log_q, prior)
    np.testing.assert_allclose(result, log_q - prior.log_prob(z), atol=1e-5)
