"""FactorVAE: its critic measures how dependent codes are, and its encoder makes them less so."""

import functools

import keras
import numpy as np
import pytest

from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.mlp import mlp
from zoo.vae.factor_vae import FactorVAE


class Unpermuted(FactorVAE):
    """Mutation: the critic is shown draws of q(z) on both sides."""

    def critic_loss(self, x, y, training):
        logit = self.judge(self.posterior.sample(self.encoder(x, training=training))[0], training)
        return {"density_ratio": 0.5 * self.game.discriminator(logit, logit)}


# The critic alone, on codes whose total correlation is known.


def critic_only(cls):
    """A class that moves its critic and nothing else."""
    tables = {"players": {"critic": ("critic",)}, "terms": {"critic": ("density_ratio",)}}
    tables |= {"fresh_batches": ("critic",), "frozen": ("encoder", "decoder")}
    return type(f"Frozen{cls.__name__}", (cls,), tables)


def identity():
    """An encoder of two numbers to themselves, with next to no variance."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    kernel = np.concatenate([np.eye(2), np.zeros((2, 2))], axis=1)
    network.set_weights([kernel, np.array([0.0, 0.0, -20.0, -20.0])])
    return network


def measured(cls, correlation=0.8, steps=1000):
    """What the trained critic says of Gaussian codes with this correlation, in nats."""
    keras.utils.set_random_seed(0)
    distribution = np.zeros(2), [[1.0, correlation], [correlation, 1.0]]
    rng = np.random.default_rng(0)
    x = rng.multivariate_normal(*distribution, 51_200).astype(np.float32)
    critic = mlp(2, 1, (64, 64), "leaky_relu")
    model = critic_only(cls)(identity(), mlp(2, 2, ()), critic, 2, seed=0)
    falling = keras.optimizers.schedules.CosineDecay(3e-3, steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(falling, 0.5, 0.9), steps_per_execution=100)
    model.fit(x, batch_size=512, epochs=steps // 100, verbose=0)
    held_out = rng.multivariate_normal(*distribution, 50_000).astype(np.float32)
    return float(model.total_correlation(held_out))


def test_the_critic_measures_the_total_correlation_of_correlated_codes(figure):
    result = measured(FactorVAE)  # -1/2 ln(1 - 0.64)
    figure("FactorVAE: total correlation of a Gaussian, rho = 0.8", result, "0.511 +- 0.08")
    assert result == pytest.approx(0.511, abs=0.08)


def test_a_critic_of_the_same_codes_twice_measures_nothing(figure):
    result = measured(Unpermuted, steps=300)
    figure("FactorVAE, columns not permuted: total correlation", result, "0 +- 0.08")
    assert result == pytest.approx(0.0, abs=0.08)


# Data of two independent factors that a VAE codes by dependent dimensions.


def planted(count=20_000):
    """tanh(1.5 v A) B of two uniform factors v."""
    rng = np.random.default_rng(0)
    factors = rng.uniform(-1.0, 1.0, (count, 2))
    first, second = rng.normal(size=(2, 16)), rng.normal(size=(16, 10)) / 4.0
    return (np.tanh(1.5 * factors @ first) @ second).astype(np.float32)


def dependence(z, bins=20):
    """The mutual information of two columns, from a histogram of their ranks, in nats."""
    ranks = [np.argsort(np.argsort(column)) * bins // len(z) for column in z.T]
    share = np.histogram2d(*ranks, bins=bins)[0] / len(z)
    observed = share[share > 0]
    return np.sum(observed * np.log(observed * bins**2)) - (bins - 1) ** 2 / (2 * len(z))


@functools.cache
def dependence_after_training(weight, cls=FactorVAE, seed=1):
    keras.utils.set_random_seed(seed)
    networks = mlp(10, 4, (64, 64)), mlp(2, 10, (64, 64)), mlp(2, 1, (64, 64), "leaky_relu")
    settings = {"likelihood": Gaussian(0.1), "total_correlation_weight": weight}
    model, x = cls(*networks, 2, seed=seed, **settings), planted()
    adam = keras.optimizers.Adam
    rates = {"autoencoder": adam(1e-3), "critic": adam(1e-3, 0.5, 0.9)}
    model.compile(rates, steps_per_execution=39)
    model.fit(x, batch_size=256, epochs=77, verbose=0)  # 3,000 steps of two batches
    return dependence(model.encode(x, sample=True, seed=0).numpy())


@pytest.mark.slow
def test_the_weight_on_total_correlation_makes_codes_independent(figure):
    free = figure("FactorVAE, gamma = 0: dependence of codes", dependence_after_training(0.0), "-")
    result = dependence_after_training(35.0)
    figure("FactorVAE, gamma = 35: dependence of codes", result, "below a tenth of gamma = 0")
    assert result < 0.1 * free


@pytest.mark.slow
def test_without_permuted_columns_codes_stay_dependent(figure):
    result = dependence_after_training(35.0, Unpermuted)
    figure("FactorVAE, columns not permuted: dependence", result, "above half of gamma = 0")
    assert result > 0.5 * dependence_after_training(0.0)
