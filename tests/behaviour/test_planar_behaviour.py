"""Planar posteriors: their determinants, their inverses, and a banana of known evidence."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from banana import SIGMA, banana, evidence

from zoo.layers.planar_step import PlanarStep
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.mlp import mlp
from zoo.posteriors.flow import FlowPosterior
from zoo.vae.planar_flow_vae import PlanarFlowVAE


class Undetermined(PlanarStep):
    """Mutation: the determinant is forgotten."""

    def forward(self, z, context=None):
        z, log_det = super().forward(z, context)
        return z, 0.0 * log_det


class Folding(PlanarStep):
    """Mutation: u as it is, without what makes a step invertible."""

    def plane(self, context=None):
        u, w, b = tf.split(self.bias.value[None], [self.latent_dim, self.latent_dim, 1], axis=1)
        return u, w, b, tf.reduce_sum(w * u, axis=1, keepdims=True)


def planes(cls=PlanarStep, count=200):
    """Steps of two dimensions with large random planes."""
    random, found = np.random.default_rng(0), []
    for _ in range(count):
        step = cls(2)
        step.bias.assign(random.normal(scale=2.0, size=5))
        found.append(step)
    return found


def along(step):
    """w'v, from v and w."""
    v, w, _, _ = step.plane()
    return float(tf.reduce_sum(v * w))


def test_every_step_can_be_inverted(figure):
    least = min(map(along, planes()))
    assert figure("PlanarFlowVAE: least w'v of 200 steps", least, "above -1") > -1.0
    assert min(map(along, planes(Folding))) < -1.0


def test_the_determinant_is_that_of_autodiff(figure):
    worst = 0.0
    for step in planes(count=20):
        z = tf.constant(np.random.default_rng(1).normal(size=(8, 2)).astype(np.float32))
        with tf.GradientTape() as tape:
            tape.watch(z)
            moved, log_det = step.forward(z)
        exact = np.linalg.slogdet(tape.batch_jacobian(moved, z).numpy())[1]
        worst = max(worst, float(np.max(np.abs(log_det - exact))))
    assert figure("PlanarFlowVAE: error of the log-determinant", worst, "below 1e-3") < 1e-3


@functools.cache
def fitted(depth, step=PlanarStep):
    """A model of a posterior of `depth` steps, on data that are always 0."""
    keras.utils.set_random_seed(0)
    posterior = FlowPosterior([step(2) for _ in range(depth)], context=0)
    options = {"likelihood": Gaussian(SIGMA), "posterior": posterior, "seed": 0}
    model = PlanarFlowVAE(mlp(1, 4, ()), banana(), 2, **options)
    rate = keras.optimizers.schedules.CosineDecay(2e-2, 1500, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=100)
    model.fit(np.zeros((25_600, 1), np.float32), batch_size=256, epochs=15, verbose=0)
    return model


def missing(depth, step=PlanarStep):
    """How many nats the bound lies below ln p(x)."""
    return evidence() - np.mean(fitted(depth, step).score(np.zeros((20_000, 1), np.float32)))


def test_a_flow_gains_the_nats_that_a_gaussian_misses_on_a_banana(figure):
    gaussian, flown = missing(0), missing(8)
    figure("PlanarFlowVAE, eight steps: nats below ln p(x) on a banana", flown, "above 0")
    gain = figure("PlanarFlowVAE: nats gained on a banana", gaussian - flown, "above 0.1")
    assert gain > 0.1 and flown > -0.02


@pytest.mark.slow
def test_a_forgotten_determinant_claims_more_than_the_evidence(figure):
    excess = -missing(8, Undetermined)
    figure("PlanarFlowVAE without its determinant: nats above ln p(x)", excess, "above 0.1")
    assert not excess < 0.1  # it may not even be a number
