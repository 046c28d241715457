"""Mixtures of data without a decoder: their densities, draws and steps of EM."""

import keras
import numpy as np
import pytest
import scipy.stats

from zoo.likelihoods.components import KINDS, BernoulliComponents, GaussianComponents
from zoo.noise import serving

RANDOM = np.random.default_rng(0)
MEANS = RANDOM.normal(size=(3, 4)).astype(np.float32)
LOG_VARS = RANDOM.normal(size=(3, 4)).astype(np.float32)
SHARES = np.array([0.5, 0.3, 0.2], np.float32)


def gaussian():
    made = GaussianComponents((4,), 3)
    made.set_weights([np.log(SHARES), MEANS, LOG_VARS])
    return made


def bernoulli():
    made = BernoulliComponents((2, 2, 1), 3)
    made.set_weights([np.log(SHARES), MEANS])
    return made


def test_gaussian_densities_are_those_of_scipy():
    x = RANDOM.normal(size=(6, 4)).astype(np.float32)
    each = scipy.stats.norm(MEANS, np.exp(LOG_VARS / 2)).logpdf(x[:, None]).sum(axis=2)
    np.testing.assert_allclose(gaussian().log_prob(x), each, rtol=1e-4)
    np.testing.assert_allclose(gaussian().joint_log_prob(x), each + np.log(SHARES), rtol=1e-4)


def test_bernoulli_probabilities_of_all_images_add_up_to_one():
    every = np.array(np.meshgrid(*[[0.0, 1.0]] * 4)).reshape(4, -1).T.reshape(-1, 2, 2, 1)
    total = np.exp(bernoulli().log_prob(every.astype(np.float32))).sum(axis=0)
    np.testing.assert_allclose(total, 1.0, rtol=1e-5)


@pytest.mark.parametrize("make", [gaussian, bernoulli])
def test_draws_have_the_means_of_their_component(make):
    made = make()
    with serving(0, 20_000):
        x = made.sample(np.full(20_000, 1, np.int32)).numpy()
    np.testing.assert_allclose(x.mean(axis=0), made.means()[1], atol=0.06)
    assert x.shape[1:] == made.data_shape


@pytest.mark.parametrize("kind", KINDS)
def test_the_m_step_gives_weighted_means_and_empty_components_stay(kind):
    made = KINDS[kind]((4,), 3)
    before = made.means().numpy()
    x = RANDOM.random((50, 4)).astype(np.float32)
    r = RANDOM.random((50, 3)).astype(np.float32)
    r[:, 2] = 0.0
    r /= r.sum(axis=1, keepdims=True)
    made.maximize(*made.moments(x, r))
    expected = (r.T @ x)[:2] / r.sum(axis=0)[:2, None]
    np.testing.assert_allclose(made.means()[:2], expected, rtol=1e-4)
    np.testing.assert_allclose(made.means()[2], before[2], rtol=1e-5)
    np.testing.assert_allclose(np.exp(made.log_shares)[:2], r.mean(axis=0)[:2], atol=1e-4)


def test_probabilities_and_variances_keep_off_the_edge():
    x, r = np.zeros((5, 4), np.float32), np.full((5, 1), 1.0, np.float32)
    for cls in KINDS.values():
        made = cls((4,), 1)
        made.maximize(*made.moments(x, r))
        assert np.isfinite(made.log_prob(np.ones((1, 4), np.float32))).all()


@pytest.mark.parametrize("make", [gaussian, bernoulli])
def test_a_config_makes_a_twin(make):
    made = make()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert (again.data_shape, again.count) == (made.data_shape, made.count)
