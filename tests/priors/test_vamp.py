"""The VampPrior: the mixture of posteriors it is, and where its pseudo-inputs start and stay."""

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.vamp import VampPrior
from zoo.vae_prior.vamp_prior_vae import VampPriorVAE

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
FAR = np.array([[-50.0, 0.0], [0.0, 0.0], [50.0, 0.0]], np.float32)  # means of three components


def build(**settings):
    keras.utils.set_random_seed(0)
    return VampPriorVAE(mlp(4, 4, (8,)), mlp(2, 4, (8,)), 2, seed=0, **settings)


def test_with_the_data_as_pseudo_inputs_the_prior_is_the_aggregated_posterior():
    model = build(components=20)
    model.prior.start_at(X)
    mean, log_var = np.split(model.encoder(X).numpy(), 2, axis=1)
    z = np.random.default_rng(1).normal(size=(7, 2)).astype("float32")
    each = scipy.stats.norm(mean, np.exp(0.5 * log_var)).logpdf(z[:, None]).sum(axis=2)
    expected = scipy.special.logsumexp(each, axis=1) - np.log(20)
    actual = model.prior.log_prob(z, model.posterior, model.posteriors())
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_the_divergence_is_the_log_ratio_of_the_posterior_and_the_mixture():
    model = build(components=3)
    output = model.encoder(X)
    with serving(0, 20):
        z, log_q = model.posterior.sample(output)
    prior = model.prior.log_prob(z, model.posterior, model.posteriors())
    np.testing.assert_allclose(model.divergence(output, z, log_q, False), log_q - prior, rtol=1e-6)


def test_every_component_is_drawn_as_often():
    prior = VampPrior((2,), components=3)
    outputs = tf.concat([FAR, tf.fill([3, 2], -4.0)], axis=1)
    with serving(0, 9000):
        z = prior.sample(9000, DiagonalGaussian(), outputs).numpy()
    nearest = np.argmin(np.linalg.norm(z[:, None] - FAR, axis=2), axis=1)
    np.testing.assert_allclose(np.bincount(nearest, minlength=3) / 9000, 1 / 3, atol=0.02)
    np.testing.assert_allclose((z - FAR[nearest]).std(axis=0), np.exp(-2.0), rtol=0.05)


def test_pseudo_inputs_of_images_stay_in_their_range():
    prior = VampPrior((2,), components=4, mean=0.5, deviation=2.0, bounded=True)
    start = prior.pseudo_inputs.numpy()
    assert 0.0 == start.min() < start.max() == 1.0
    descent = keras.optimizers.SGD(1.0)
    descent.apply([tf.constant([[9.0, -9.0]] * 4)], [prior.pseudo_inputs])
    np.testing.assert_array_equal(prior.pseudo_inputs.numpy(), [[0.0, 1.0]] * 4)


def test_the_start_is_the_papers_for_images_and_standard_for_vectors():
    keras.utils.set_random_seed(0)
    image = VampPrior((8, 8, 1), bounded=True).pseudo_inputs.numpy()
    vector = VampPrior((8,)).pseudo_inputs.numpy()
    assert image.mean() == pytest.approx(0.05, abs=1e-3) and image.std() == pytest.approx(0.01, 0.1)
    assert vector.mean() == pytest.approx(0.0, abs=0.1) and vector.std() == pytest.approx(1.0, 0.1)


def fitted(count, **settings):
    model = build(components=6, **settings)
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    model.fit(X[:count], batch_size=20, shuffle=False, verbose=0)
    return model.prior.pseudo_inputs.numpy()


def test_pseudo_inputs_start_from_data_where_asked():
    gap = fitted(20, start="data") - X[:6]
    assert 0.003 < gap.std() < 0.03
    assert np.abs(fitted(20) - X[:6]).max() > 0.5
    np.testing.assert_array_equal(fitted(20, start="data"), fitted(20, start="data"))


def test_a_dataset_that_is_too_small_to_start_from_is_refused():
    few = tf.data.Dataset.from_tensor_slices(X[:4]).batch(2)
    model = build(components=6, start="data")
    model.compile()
    with pytest.raises(ValueError, match="at least 6 examples to start from. Received: 4"):
        model.fit(few, verbose=0)


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="`components` must be at least 1. Received: 0"):
        VampPrior((2,), components=0)
    with pytest.raises(
        ValueError,
        match="`start` of VampPriorVAE must be one of 'noise', 'data'. Received: 'random'",
    ):
        build(start="random")


def test_the_weight_of_the_divergence_rises_while_training_and_is_one_in_evaluation():
    model = build(warm_up=10)
    model.compile(keras.optimizers.SGD(0.0))
    data = {"validation_data": X, "batch_size": 20, "verbose": 0}
    logs = model.fit(X, epochs=12, **data).history
    np.testing.assert_allclose(logs["kl_weight"], [*np.linspace(0.1, 1.0, 11), 1.0], rtol=1e-5)
    np.testing.assert_array_equal(logs["val_kl_weight"], 1.0)
