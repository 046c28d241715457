"""Inverse autoregressive posteriors: a banana that no Gaussian fits, its evidence known."""

import functools

import keras
import numpy as np
import pytest
from banana import SIGMA, banana, bend, evidence

from zoo.layers.iaf_step import IAFStep
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.autoregressive import Autoregressive
from zoo.networks.mlp import mlp
from zoo.posteriors.flow import FlowPosterior
from zoo.vae.iaf_vae import IAFVAE
from zoo.vae.vae import VAE


class Undetermined(IAFStep):
    """Mutation: the determinant is forgotten."""

    def forward(self, z, context=None):
        z, log_det = super().forward(z, context)
        return z, 0.0 * log_det


@functools.cache
def fitted(depth, step=IAFStep):
    """The model of a posterior of `depth` steps, on data that are always 0."""
    keras.utils.set_random_seed(0)
    order = {"activation": "elu", "context": 2}
    steps = [
        step(Autoregressive(2, 2, (32, 32), reverse=number % 2 == 1, **order))
        for number in range(depth)
    ]
    networks = mlp(1, 6, ()), banana(), 2
    posterior = FlowPosterior(steps)
    model = IAFVAE(*networks, likelihood=Gaussian(SIGMA), posterior=posterior, seed=0)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 1000, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=100)
    model.fit(np.zeros((25_600, 1), np.float32), batch_size=256, epochs=10, verbose=0)
    return model


def missing(depth, step=IAFStep):
    """How many nats the bound lies below ln p(x)."""
    return evidence() - np.mean(fitted(depth, step).score(np.zeros((20_000, 1), np.float32)))


def test_a_flow_gains_the_nats_that_a_gaussian_misses_on_a_banana(figure):
    gaussian, flown = missing(0), missing(4)
    figure("IAF, no step: nats below ln p(x) on a banana", gaussian, "")
    figure("IAF, four steps: nats below ln p(x)", flown, "0 to 0.15")
    assert figure("IAF: nats gained on a banana", gaussian - flown, "above 0.1") > 0.1
    assert -0.02 < flown < 0.15


@pytest.mark.slow
def test_draws_of_the_posterior_lie_on_the_banana(figure):
    z = np.asarray(fitted(4).encode(np.zeros((5000, 1), np.float32), sample=True, seed=0))
    along = np.corrcoef(bend(z[:, 0]), z[:, 1])[0, 1]
    assert figure("IAF: correlation of draws with the banana", along, "above 0.8") > 0.8
    straight = np.asarray(fitted(0).encode(np.zeros((5000, 1), np.float32), sample=True, seed=0))
    assert np.corrcoef(bend(straight[:, 0]), straight[:, 1])[0, 1] < 0.5


@pytest.mark.slow
def test_a_forgotten_determinant_claims_more_than_the_evidence(figure):
    excess = -missing(4, Undetermined)
    figure("IAF without its determinant: nats above ln p(x)", excess, "above 0.1")
    assert not excess < 0.1  # it may not even be a number


def test_without_steps_it_is_the_vae_bit_for_bit():
    result = []
    for cls, own in ((VAE, {}), (IAFVAE, {"posterior": FlowPosterior(context=0)})):
        keras.utils.set_random_seed(0)
        model = cls(mlp(5, 4, (16,)), mlp(2, 5, (16,)), 2, seed=3, **own)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(np.random.default_rng(0).random((320, 5), np.float32), batch_size=64, verbose=0)
        result.append(model.get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(*result, strict=True))
