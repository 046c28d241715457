"""Autoencoders matched to a prior: what they find on planted manifolds, and what breaks it."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.discrepancy import inverse_multiquadric, mmd
from zoo.losses.schedules import Doubling
from zoo.matching.flex_ae import FlexAE
from zoo.matching.mask_aae import MaskAAE
from zoo.matching.wae_gan import WAEGAN
from zoo.matching.wae_mmd import WAEMMD
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.optimizers.rmsprop_tf1 import RMSpropTF1
from zoo.priors.fitted_mixture import FittedMixture
from zoo.priors.generator import PriorGenerator
from zoo.priors.normal import StandardNormal
from zoo.training.data.planted import manifold

WIDTHS = (128, 128)


def autoencoder(latent_dim, final="sigmoid", seed=0):
    """Encoder and decoder of data of 64 dimensions."""
    keras.utils.set_random_seed(seed)
    return mlp(64, latent_dim, WIDTHS), mlp(latent_dim, 64, WIDTHS, final=final)


# MaskAAE: how many dimensions the data have.


class Flipped(MaskAAE):
    """Mutation: the mask raises the distance of codes and prior."""

    def mask_loss(self, x, y, training):
        z, p = self.codes(x, training)
        gap = self.batch_mean(self.judge(z) - self.judge(p))
        return {**super().mask_loss(x, y, training), "matching": (1.0 + gap) ** 2}


class Unmasked(MaskAAE):
    """Mutation: codes are masked, draws of the prior are not."""

    def codes(self, x, training):
        p = self.prior.sample(tf.shape(x)[0])
        return self.mask(self.encoder(x, training=training)), p


@functools.cache
def alphas(cls=MaskAAE, seed=0, **settings):
    """The mask after 6,000 steps on the 8-dimensional manifold, from 32 dimensions."""
    networks = *autoencoder(32, "linear", seed), mlp(32, 1, WIDTHS)
    polarization = Doubling(2 / 32, 1200, cap=2048.0)
    model = cls(*networks, 32, seed=seed, polarization_weight=polarization, **settings)
    slow, fast = RMSpropTF1(3e-4), RMSpropTF1(1.5e-3)
    players = {"autoencoder": fast, "critic": slow, "encoder": slow, "mask": fast}
    model.compile(players, steps_per_execution=19)
    x, _ = manifold(8, seed=seed)
    model.fit(x, batch_size=128, epochs=316, verbose=0)  # an epoch is 19 steps of 8 batches
    return model.mask.alpha.numpy()


def median_of_active(cls=MaskAAE, seeds=(0, 1, 2), **settings):
    return np.median([np.sum(alphas(cls, seed, **settings) >= 0.1) for seed in seeds])


@pytest.mark.slow
def test_the_mask_keeps_as_many_dimensions_as_the_manifold_has(figure):
    what = "MaskAAE, n = 8, m = 32: active dimensions, median of 3 seeds"
    assert 8 <= figure(what, median_of_active(), "8 to 12") <= 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mask_is_decided(seed):
    result = alphas(MaskAAE, seed)
    assert ((result < 0.05) | (result > 0.8)).all()


@pytest.mark.slow
def test_a_mask_that_raises_the_distance_keeps_more(figure):
    what = "MaskAAE, the mask raises the distance"
    assert figure(what, median_of_active(Flipped), "at least 13") >= 13


@pytest.mark.slow
def test_a_prior_without_the_mask_keeps_far_more(figure):
    measured = median_of_active(Unmasked, seeds=(0,))
    assert figure("MaskAAE, the prior is not masked", measured, "at least 20") >= 20


@pytest.mark.slow
def test_without_the_penalty_on_hidden_variance_more_are_kept(figure):
    measured = median_of_active(variance_weight=0.0)
    assert figure("MaskAAE, no penalty on hidden variance", measured, "at least 13") >= 13


@pytest.mark.slow
def test_without_reconstruction_the_mask_keeps_too_few(figure):
    measured = median_of_active(seeds=(0,), reconstruction_weight=0.0)
    assert figure("MaskAAE, the mask without reconstruction", measured, "at most 6") <= 6


# FlexAE: the prior learns four modes, and the encoder comes to meet it.


class Fleeing(FlexAE):
    """Mutation: the encoder raises what the critic says of its codes."""

    def encoder_loss(self, x, y, training):
        return {"adversarial": -super().encoder_loss(x, y, training)["adversarial"]}


def flexible(cls):
    networks = *autoencoder(32), mlp(32, 1, WIDTHS)
    model = cls(*networks, 32, prior=PriorGenerator(mlp(32, 32, WIDTHS)), seed=0)
    adam = keras.optimizers.Adam
    fast = adam(5e-4, 0.0, 0.9)
    players = {"critic": fast, "prior": fast, "encoder": adam(5e-5, 0.0, 0.9)}
    model.compile({"autoencoder": adam(1e-3), **players}, steps_per_execution=26)
    return model


@functools.cache
def flexed(cls):
    """The model after 5,000 steps on the manifold of four modes, and the critic's last gap."""
    model, (x, _) = flexible(cls), manifold(8, modes=True)
    logs = model.fit(x, batch_size=128, epochs=193, verbose=0).history
    return model, x, -logs["critic_adversarial"][-1]


@pytest.mark.slow
def test_the_learned_prior_is_closer_to_the_codes_than_a_fitted_gaussian(figure):
    model, x, _ = flexed(FlexAE)
    z = model.encode(x[:1500]).numpy()
    with serving(0, 1500):
        learned = model.prior.sample(1500).numpy()
    rng = np.random.default_rng(0)
    fitted = rng.multivariate_normal(z.mean(axis=0), np.cov(z.T), 1500).astype(np.float32)
    variance = z.var()
    ratio = mmd(z, learned, variance=variance) / mmd(z, fitted, variance=variance)
    assert figure("FlexAE, four modes: MMD over a fitted Gaussian's", ratio, "below 0.5") < 0.5


@pytest.mark.slow
def test_the_critic_hardly_tells_codes_from_the_learned_prior(figure):
    assert figure("FlexAE, four modes: gap of the critic", flexed(FlexAE)[2], "below 0.5") < 0.5


@pytest.mark.slow
def test_an_encoder_that_flees_is_told_from_the_prior(figure):
    assert figure("FlexAE, the encoder flees: gap", flexed(Fleeing)[2], "above 0.5") > 0.5


def change_of_judgement(cls):
    """What one move of the encoder changes of E C(E(x))."""
    model, (x, _) = flexible(cls), manifold(8, modes=True, count=128)
    weights = model.critic.get_weights()
    before = np.mean(model.judge(model.encode(x)))
    model.move(("encoder",), (x, None), 0)
    assert all(map(np.array_equal, weights, model.critic.get_weights()))
    return np.mean(model.judge(model.encode(x))) - before


def test_a_move_of_the_encoder_lowers_what_the_critic_says_of_its_codes():
    assert change_of_judgement(FlexAE) < 0
    assert change_of_judgement(Fleeing) > 0


# WAE: codes follow the prior, as far as a deterministic code can.


@functools.cache
def matched(weight):
    """Codes of unseen data after 5,000 steps of WAE-MMD with m = n = 8, and prior draws."""
    x, _ = manifold(8, count=25_000)
    model = WAEMMD(*autoencoder(8), 8, discrepancy_weight=weight, seed=0)
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([3500, 4500], [1e-3, 3e-4, 1e-4])
    model.compile(keras.optimizers.Adam(rate, beta_1=0.5), steps_per_execution=50)
    model.fit(x[:20_000], batch_size=100, epochs=25, verbose=0)
    z = model.encode(x[20_000:]).numpy()
    return z, np.random.default_rng(0).normal(size=z.shape).astype(np.float32)


def test_a_prior_without_a_deviation_is_refused_by_name():
    networks = *autoencoder(8), 8
    with pytest.raises(ValueError, match="`prior` of WAEMMD must have a `sigma`.* FittedMixture"):
        WAEMMD(*networks, prior=FittedMixture(8))
    assert WAEMMD(*networks, prior=StandardNormal(8, 2.0)).prior.sigma == 2.0


def looks_like_the_prior(z, p, draws=200):
    """Whether their MMD^2 lies below its 95 % quantile over permutations of both samples."""
    both, rng = np.concatenate([z, p]), np.random.default_rng(0)
    kernel = inverse_multiquadric(both, both).numpy()
    sides = np.repeat([1.0, -1.0], len(z))
    orders = [sides, *(rng.permutation(sides) for _ in range(draws))]
    result, *permuted = [side @ kernel @ side for side in orders]
    return result < np.quantile(permuted, 0.95)


def accepted(weight):
    """In how many of five draws 200 codes look like 200 draws of the prior."""
    z, p = matched(weight)
    blocks = [slice(200 * i, 200 * (i + 1)) for i in range(5)]
    return sum(looks_like_the_prior(z[block], p[block]) for block in blocks)


def test_codes_are_taken_for_draws_of_the_prior(figure):
    z, p = matched(10.0)
    assert (
        figure("WAE-MMD, m = n = 8: MMD of codes", mmd(z[:1000], p[:1000]), "at most 0.02") <= 0.02
    )
    assert figure("WAE-MMD: permutation tests passed of 5", accepted(10.0), "at least 4") >= 4


@pytest.mark.slow
def test_without_the_discrepancy_codes_are_told_from_the_prior(figure):
    z, p = matched(0.0)
    assert figure("WAE-MMD, lambda = 0: MMD", mmd(z[:1000], p[:1000]), "above 0.02") > 0.02
    assert figure("WAE-MMD, lambda = 0: permutation tests passed", accepted(0.0), "0") == 0


class Accurate(WAEGAN):
    """Logs how often the critic is right, before each of its moves."""

    watched = {"critic": ("accuracy",)}

    def critic_loss(self, x, y, training):
        codes = self.judge(self.encoder(x, training=training), training)
        drawn = self.judge(self.prior.sample(tf.shape(x)[0]), training)
        right = tf.cast(tf.stack([codes < 0.0, drawn > 0.0]), tf.float32)
        terms = super().critic_loss(x, y, training)
        return {**terms, "accuracy": tf.reduce_mean(right, axis=0)}


@functools.cache
def played(latent_dim, weight=1.0, critic=(512, 512, 512, 512)):
    """The critic's accuracy over the last 1,000 of 5,000 steps; the codes' largest mean."""
    x, _ = manifold(8)
    networks = *autoencoder(latent_dim), mlp(latent_dim, 1, critic)
    model = Accurate(*networks, latent_dim, adversarial_weight=weight, seed=0)
    model.compile(steps_per_execution=50)
    logs = model.fit(x, batch_size=100, epochs=25, verbose=0).history
    accuracy = np.mean(logs["critic_accuracy"][-5:])
    return accuracy, np.abs(np.mean(model.encode(x), axis=0)).max()


@pytest.mark.slow
def test_codes_of_the_true_dimension_fool_the_critic(figure):
    accuracy, largest_mean = played(8)
    assert figure("WAE-GAN, m = n = 8: accuracy of the critic", accuracy, "below 0.60") < 0.60
    assert largest_mean < 0.5


@pytest.mark.slow
def test_codes_of_too_many_dimensions_cannot_fool_it(figure):
    assert figure("WAE-GAN, m = 32: accuracy of the critic", played(32)[0], "above 0.68") > 0.68


@pytest.mark.slow
def test_without_the_game_codes_drift_from_the_prior():
    assert played(8, weight=0.0, critic=(8,))[1] > 0.5
