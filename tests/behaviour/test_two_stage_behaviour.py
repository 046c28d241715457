"""TwoStageVAE: the second stage finds how the codes of the first are really spread."""

import contextlib
import functools

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.discrepancy import mmd
from zoo.metrics.likelihood import importance_likelihood
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.vae_prior.two_stage_vae import SecondStage, TwoStageVAE


class FirstOnly(TwoStageVAE):
    """Mutation: the second stage is trained and not used."""

    def draw_codes(self, count):
        return self.first_prior.sample(count)


class OfMeans(TwoStageVAE):
    """Mutation: the second stage is trained on means of q(z|x), not on draws."""

    def redrawn(self, step, output):
        return self.posterior.mean(output)


def helix(count=20_000, seed=0):
    """A curve in eight dimensions, most of it in one place and the rest in another."""
    rng = np.random.default_rng(seed)
    most = rng.random(count) < 0.8
    t = np.where(most, 0.25 + 0.05 * rng.normal(size=count), 0.75 + 0.03 * rng.normal(size=count))
    turns = [f(k * np.pi * t) for k in (1, 2, 4) for f in (np.cos, np.sin)]
    return np.stack([*turns, t, t**2], axis=1).astype(np.float32)


def build(cls=TwoStageVAE, latent_dim=1, gamma=1.0, seed=0, hidden=(64, 64)):
    keras.utils.set_random_seed(seed)
    inner = mlp(latent_dim, 2 * latent_dim, hidden), mlp(latent_dim, latent_dim, hidden)
    distribution = Gaussian(gamma, variance="learned")
    prior = SecondStage(*inner, latent_dim, likelihood=distribution, seed=seed)
    outer = mlp(8, 2 * latent_dim, hidden), mlp(latent_dim, 8, hidden)
    return cls(*outer, prior, latent_dim, seed=seed)


@functools.cache
def trained(cls=TwoStageVAE, latent_dim=1, gamma=1.0, seed=0):
    """The model after 6,000 steps of its first stage and 8,000 of its second."""
    model, x = build(cls, latent_dim, gamma, seed), helix()
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=78)
    model.fit(x, batch_size=256, epochs=77, verbose=0)
    return model.fit_sampler(x, batch_size=256, epochs=103)


def distance(samples):
    """MMD^2 of samples to unseen data."""
    x = helix(2000, seed=1)
    return float(mmd(x, samples, variance=x.var()))


def ratio_of_distances(cls, seed):
    """The distance of samples of the second stage over that of the first."""
    model = trained(cls, 1, np.exp(-3.0), seed)
    with serving(5, 2000):
        first = model.decode(model.first_prior.sample(2000)).numpy()
    return distance(model.sample(2000, seed=6).numpy()) / distance(first)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_samples_of_the_second_stage_are_closer_to_the_data(figure, seed):
    measured = ratio_of_distances(TwoStageVAE, seed)
    what = f"TwoStage, helix, seed {seed}: MMD^2 over that of the first stage"
    assert figure(what, measured, "at most 0.5") <= 0.5


@pytest.mark.slow
def test_without_the_second_stage_samples_are_as_far_as_before(figure):
    measured = ratio_of_distances(FirstOnly, 0)
    assert figure("TwoStage, second stage not used: ratio of MMD^2", measured, "above 0.5") > 0.5


def spread(cls):
    """The deviation of codes of the second stage over that of q(z), in each dimension."""
    model = trained(cls, latent_dim=4)
    with serving(6, 5000):
        drawn = model.draw_codes(5000).numpy()
    return drawn.std(axis=0) / model.encode(helix(), sample=True, seed=3).numpy().std(axis=0)


@pytest.mark.slow
def test_codes_of_the_second_stage_spread_as_those_of_the_first(figure):
    measured = spread(TwoStageVAE)
    figure("TwoStage, m = 4: least spread of codes over q(z)'s", measured.min(), "0.9 to 1.1")
    figure("TwoStage, m = 4: most spread of codes over q(z)'s", measured.max(), "0.9 to 1.1")
    assert (np.abs(measured - 1.0) < 0.1).all()


@pytest.mark.slow
def test_a_second_stage_of_means_loses_the_dimensions_of_noise(figure):
    measured = spread(OfMeans).min()
    assert figure("TwoStage of means, m = 4: least spread", measured, "below 0.1") < 0.1


# Linear stages, whose likelihood is known.


def linear(loading, sigma):
    """Encoder, decoder and likelihood of x = loading z + sigma eps; q(z|x) a little too wide."""
    size, latent_dim = loading.shape
    encoder, decoder = mlp(size, 2 * latent_dim, ()), mlp(latent_dim, size, ())
    covariance = np.linalg.inv(np.eye(latent_dim) + loading.T @ loading / sigma**2)
    kernel = np.concatenate([loading @ covariance / sigma**2, np.zeros((size, latent_dim))], 1)
    width = np.log(1.3 * np.diag(covariance))
    encoder.set_weights([kernel, np.concatenate([np.zeros(latent_dim), width])])
    decoder.set_weights([loading.T, np.zeros(size)])
    return encoder, decoder, Gaussian(sigma, variance="learned")


def test_the_likelihood_is_that_of_both_stages_once_both_are_fitted():
    rng = np.random.default_rng(0)
    loading, inner = rng.normal(size=(5, 2)), np.diag([0.3, 0.6])
    encoder, decoder, likelihood = linear(inner, 0.2)
    prior = SecondStage(encoder, decoder, 2, likelihood=likelihood, seed=0)
    encoder, decoder, likelihood = linear(loading, 0.5)
    model = TwoStageVAE(encoder, decoder, prior, 2, likelihood=likelihood, seed=0)
    codes = inner @ inner.T + 0.04 * np.eye(2)
    for fitted, covariance in ((False, np.eye(2)), (True, codes)):
        prior.steps.assign(fitted)
        distribution = multivariate_normal(
            np.zeros(5), loading @ covariance @ loading.T + 0.25 * np.eye(5)
        )
        x = distribution.rvs(200, random_state=0).astype(np.float32)
        result = importance_likelihood(model, x, draws=400)
        assert result["log_likelihood"] == pytest.approx(distribution.logpdf(x).mean(), abs=0.03)


# What the acts do, quickly.


def shortly(cls=TwoStageVAE, epochs=3):
    """A small model, both stages trained for a few steps."""
    model, x = build(cls, 2, hidden=(16,)), helix(512)
    model.compile(keras.optimizers.Adam(1e-2), run_eagerly=True)
    model.fit(x, batch_size=256, verbose=0)
    before = [v.numpy() for v in (*model.moved_weights, *model.optimizers["autoencoder"].variables)]
    model.fit_sampler(x, batch_size=256, epochs=epochs)
    return model, before


def test_the_second_stage_leaves_the_first_as_it_is_bit_for_bit():
    model, before = shortly()
    after = [v.numpy() for v in (*model.moved_weights, *model.optimizers["autoencoder"].variables)]
    assert [v.tobytes() for v in before] == [v.tobytes() for v in after]
    assert int(model.steps.numpy()) == 2 and int(model.prior.steps.numpy()) == 6


def test_sampling_waits_for_the_second_stage():
    model = build()
    assert "sample" not in model.offered() and "score" in model.offered()
    with pytest.raises(
        ValueError, match=r"`sample` of TwoStageVAE needs .*`model.fit_sampler\(x\)`"
    ):
        model.sample(3, seed=0)
    ready, _ = shortly(epochs=1)
    assert "sample" in ready.offered() and ready.sample(3, seed=0).shape == (3, 8)


def test_codes_are_drawn_anew_in_every_epoch_and_the_same_in_every_run():
    model, _ = shortly(epochs=1)
    output = model.encoder(helix(5))
    draws = [model.redrawn(np.int64(step), output).numpy() for step in (0, 1, 1)]
    assert np.abs(draws[0] - draws[1]).min() > 0
    np.testing.assert_array_equal(draws[1], draws[2])
    again, _ = shortly(epochs=1)
    for one, other in zip(model.prior.get_weights(), again.prior.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_second_stage_continues_from_a_file_as_if_never_stopped(tmp_path):
    model, _ = shortly(epochs=1)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, twin):
        each.fit_sampler(helix(512), batch_size=256, epochs=3, initial_epoch=1)
    straight, _ = shortly(epochs=3)
    for each in (twin, straight):
        pairs = zip(each.prior.get_weights(), model.prior.get_weights(), strict=True)
        assert all(one.tobytes() == other.tobytes() for one, other in pairs)


def test_two_replicas_train_the_second_stage_of_one_process(two):
    result = []
    for scope in (contextlib.nullcontext(), two.scope()):
        with scope:
            model = build(latent_dim=2, hidden=(16,))
        model.compile(keras.optimizers.SGD(1e-2, momentum=0.5))
        model.fit_sampler(helix(512), batch_size=256, epochs=2)
        result.append(model.prior.get_weights())
    assert int(model.prior.steps.numpy()) == 4
    assert max(np.abs(a - b).max() for a, b in zip(*result, strict=True)) < 1e-6


def test_a_prior_of_codes_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"`prior` .* vectors of 3. Received: .*shape \(2,\)"):
        TwoStageVAE(mlp(8, 6, ()), mlp(3, 8, ()), build(latent_dim=2).prior, 3)
