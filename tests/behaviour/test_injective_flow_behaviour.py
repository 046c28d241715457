"""Siblings of RAE: a decayed decoder, and a decoder that is trained as an injective flow."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import noise
from zoo.autoencoder.ae_l2_gmm import AEL2GMM
from zoo.autoencoder.injflow_ae import InjFlowAE
from zoo.autoencoder.rae import RAE
from zoo.losses.jacobian import log_volume
from zoo.losses.weight_norm import kernel_norm
from zoo.networks.mlp import mlp
from zoo.training.data.planted import linear_gaussian, manifold


def trained(model, x, steps, batch_size=128):
    epoch = len(x) // batch_size
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=epoch)
    model.fit(x, batch_size=batch_size, epochs=-(-steps // epoch), verbose=0)
    return model


# AEL2GMM: RAE without a weight on its codes.


def decayed(cls, **settings):
    """A model after 160 steps on a plane in five dimensions."""
    keras.utils.set_random_seed(0)
    model = cls(mlp(5, 2, (16,)), mlp(2, 5, (16,)), 2, seed=0, **settings)
    return trained(model, linear_gaussian(count=2560)[0], 160)


def test_it_is_rae_without_a_weight_on_codes():
    model = decayed(AEL2GMM, decay_weight=0.01)
    free, bound = (decayed(RAE, penalty_weight=0.01, code_norm_weight=w) for w in (0.0, 0.1))
    assert all(map(np.array_equal, model.get_weights(), free.get_weights()))
    assert not all(map(np.array_equal, model.get_weights(), bound.get_weights()))


def test_without_the_decay_the_decoder_has_larger_weights(figure):
    decayed_norm, free_norm = (
        float(kernel_norm(decayed(AEL2GMM, decay_weight=w).decoder)) for w in (0.1, 0.0)
    )
    what = "AEL2GMM: kernels of the decoder, decayed over free"
    assert figure(what, decayed_norm / free_norm, "below 1") < 1


# InjFlowAE: its bound against the determinant of a linear decoder.


def linear_model(matrix, **settings):
    """A model whose decoder is z -> z A."""
    size, width = matrix.shape
    decoder = mlp(size, width, ())
    decoder.set_weights([matrix, np.zeros(width)])
    return InjFlowAE(mlp(width, size, ()), decoder, size, seed=0, **settings)


def slopes(matrix, directions, count=20_000):
    """What the loss takes for the volume, of `count` rows: mean |J u|^2."""
    model = linear_model(matrix, directions=directions)
    with noise.training(0, 0, 0):
        z = tf.zeros([count, len(matrix)])
        return model.decode_with_slope(z, True)[1].numpy()


def random_matrix():
    return np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32) * [[3], [1], [1], [0.5]]


def test_the_mean_slope_is_the_norm_of_the_jacobian_over_its_dimensions():
    matrix = random_matrix()
    expected = np.sum(matrix**2) / 4
    assert slopes(matrix, 1).mean() == pytest.approx(expected, rel=0.03)


def test_the_volume_term_lies_between_the_determinant_and_the_bound_of_means():
    matrix = random_matrix()
    singular = np.linalg.svd(matrix, compute_uv=False)
    exact, bound = np.log(singular).sum(), 2.0 * np.log(np.mean(singular**2))
    terms = [2.0 * np.log(slopes(matrix, count)).mean() for count in (1, 2, 8)]
    assert exact < terms[0] < terms[1] < terms[2] < bound  # one direction is the tightest
    np.testing.assert_allclose(
        log_volume(linear_model(matrix).decoder, tf.zeros([1, 4])), exact, 1e-4
    )


def test_with_equal_singular_values_all_three_are_the_same():
    matrix = 1.7 * np.linalg.qr(np.random.default_rng(0).normal(size=(7, 4)))[0].T
    np.testing.assert_allclose(slopes(matrix, 1, 100), 1.7**2, rtol=1e-4)
    volume = log_volume(linear_model(matrix).decoder, tf.zeros([1, 4]))
    np.testing.assert_allclose(volume, 4.0 * np.log(1.7), rtol=1e-4)


def test_the_score_is_the_density_on_the_surface():
    matrix = random_matrix()
    model, x = linear_model(matrix, prior="normal"), np.eye(5, 7, dtype=np.float32)
    z = model.encode(x).numpy()
    expected = (
        scipy.stats.norm.logpdf(z).sum(axis=1) - 0.5 * np.linalg.slogdet(matrix @ matrix.T)[1]
    )
    np.testing.assert_allclose(model.score(x), expected, rtol=1e-4)


# On a manifold of eight dimensions: the scale of codes, and what the loss lowers.


class Shrunk(InjFlowAE):
    """Mutation: volumes cost nothing, so that codes shrink."""

    def autoencoder_loss(self, x, y, training):
        terms = super().autoencoder_loss(x, y, training)
        return {**terms, "volume": 0.0 * terms["volume"]}


@functools.cache
def flow(cls=InjFlowAE, weight=0.1):
    """Mean square of a code's entry, and R = |h|^2 / 2 + m/2 ln(|J|^2 / m), after 1,000 steps."""
    x, _ = manifold(8, count=2560)
    keras.utils.set_random_seed(0)
    networks = mlp(64, 8, (64, 64), "elu"), mlp(8, 64, (64, 64), "elu", "sigmoid")
    model = trained(cls(*networks, 8, likelihood_weight=weight, seed=0), x, 1000)
    z = model.encode(x[:256])
    with noise.training(1, 0, 0):
        draws = [model.decode_with_slope(z, False)[1].numpy() for _ in range(64)]
    square = float(tf.reduce_mean(tf.square(z)))
    return square, 4.0 * square + 4.0 * np.log(np.mean(draws, axis=0)).mean()


def test_codes_have_the_scale_of_the_standard_normal(figure):
    square = flow()[0]
    assert figure("InjFlowAE, beta = 0.1: E|h|^2 / m", square, "1 +- 0.15") == pytest.approx(
        1, abs=0.15
    )


def test_without_the_volume_codes_shrink(figure):
    assert figure("InjFlowAE, no volume: E|h|^2 / m", flow(Shrunk)[0], "below 0.5") < 0.5


def test_the_weight_lowers_what_it_weighs(figure):
    free, weighed = flow(weight=0.0), flow(weight=0.1)
    assert figure("InjFlowAE, beta = 0: E|h|^2 / m", free[0], "above 1.5") > 1.5
    what = "InjFlowAE: R at beta = 0.1 less R at beta = 0"
    assert figure(what, weighed[1] - free[1], "below -2") < -2
