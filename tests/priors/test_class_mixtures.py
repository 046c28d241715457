"""Mixtures of classes and of clusters that end: places, densities, draws and starts."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.noise import serving
from zoo.priors.class_mixture import ClassMixture, places
from zoo.priors.mixture import MixturePrior
from zoo.priors.truncated_mixture import TruncatedMixture

AXIS = np.linspace(-60.0, 60.0, 1201, dtype=np.float32)
PLANE = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
CELL = float((AXIS[1] - AXIS[0]) ** 2)


def again(layer):
    return keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))


@pytest.mark.parametrize("count, size", [(10, 16), (10, 10), (10, 2), (5, 1), (3, 2)])
def test_places_are_at_least_one_apart_and_around_zero(count, size):
    found = places(count, size)
    gaps = np.linalg.norm(found[:, None] - found, axis=2)[~np.eye(count, dtype=bool)]
    assert found.shape == (count, size) and gaps.min() > 1.0 - 1e-6
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-9)


def test_nothing_of_a_mixture_of_classes_is_trained():
    prior = ClassMixture(4, 3, separation=8.0, sigma=0.5)
    assert prior.trainable_variables == []
    gaps = np.linalg.norm(prior.means.numpy()[0] - prior.means.numpy()[1:], axis=1)
    np.testing.assert_allclose(gaps, 4.0, rtol=1e-5)
    np.testing.assert_allclose(np.exp(prior.log_vars.numpy()), 0.25, rtol=1e-5)
    np.testing.assert_allclose(prior.nearest(prior.means.numpy() + 0.5), 4.0, rtol=1e-4)
    np.testing.assert_array_equal(again(prior).means.numpy(), prior.means.numpy())


def truncated(cls=TruncatedMixture, **settings):
    prior = cls(2, 3, **settings)
    prior.means.assign([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    prior.log_vars.assign(np.log([[1.0, 2.0], [0.5, 1.0], [2.0, 2.0]]))
    prior.log_radius.assign(np.log(12.0))
    return prior


def test_the_truncated_density_adds_up_to_one():
    total = np.sum(np.exp(truncated().log_prob(PLANE))) * CELL
    assert total == pytest.approx(1.0, abs=5e-3)


def test_without_an_edge_and_without_outliers_it_is_the_plain_mixture():
    prior = truncated(inside=1.0, outliers=1e-9)
    z = np.random.default_rng(0).normal(2.0, 3.0, (50, 2)).astype(np.float32)
    np.testing.assert_allclose(prior.log_prob(z), MixturePrior.log_prob(prior, z), atol=1e-3)


def test_beyond_every_edge_there_are_outliers_alone_and_the_density_is_finite():
    prior = truncated()
    edge = np.sqrt(prior.limit)
    assert edge == pytest.approx(np.sqrt(scipy.stats.chi2.ppf(0.95, 2)))
    z = np.array([[0.99 * edge, 0.0], [1.01 * edge, 0.0], [1e4, 1e4]], np.float32)
    shares = prior.responsibilities(z).numpy()
    assert shares[0, 0] < 0.5 < shares[1, 0] == pytest.approx(1.0)
    assert np.isfinite(prior.log_prob(z)).all()


def test_draws_lie_within_the_edge_of_their_component():
    prior, count = truncated(), 5_000
    with serving(0, count):
        z = prior.sample(count, tf.fill([count], 1)).numpy()
    gaps = (z - prior.means.numpy()[1]) / np.exp(prior.log_vars.numpy()[1] / 2)
    assert (np.square(gaps).sum(axis=1) <= prior.limit + 1e-4).all()
    np.testing.assert_allclose(gaps.mean(axis=0), 0.0, atol=0.05)


def test_the_start_leaves_out_what_is_far():
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    near = centres[random.integers(3, size=900)] + random.normal(size=(900, 2))
    codes = np.concatenate([near, random.uniform(-60.0, 60.0, (60, 2))]).astype(np.float32)
    prior = TruncatedMixture(2, 3)
    prior.start(codes, seed=0)
    order = np.linalg.norm(prior.means.numpy()[:, None] - centres, axis=2).argmin(axis=0)
    assert sorted(order) == [0, 1, 2]
    np.testing.assert_allclose(prior.means.numpy()[order], centres, atol=0.3)
    assert np.exp(prior.log_radius.numpy()) > 40.0
    assert np.exp(prior.log_all_shares.numpy()[0]) == pytest.approx(0.1, abs=1e-3)


def test_configs_keep_the_settings():
    prior = again(truncated(inside=0.9, outliers=0.2, variance="fixed"))
    assert (prior.inside, prior.outliers, prior.variance) == (0.9, 0.2, "fixed")
