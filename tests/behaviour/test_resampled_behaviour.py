"""Resampled priors: a density that adds up to 1, and a ring that acceptance learns."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.density import gaussian_log_density
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.resampled import ResampledPrior
from zoo.training.data.planted import ring
from zoo.vae_prior.resampled_prior_vae import ResampledPriorVAE

AXIS = np.linspace(-7.0, 7.0, 281, dtype=np.float32)
PLANE = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
CELL = (AXIS[1] - AXIS[0]) ** 2


def normal(z):
    return gaussian_log_density(tf.constant(z), 0.0, tf.zeros_like(z))


def prior(truncation=20, scale=3.0, cls=ResampledPrior):
    """One with a random acceptance, and the Z that belongs to it."""
    keras.utils.set_random_seed(0)
    made = cls(mlp(2, 1, (16,), "tanh"), truncation)
    for weight in made.network.trainable_variables:
        weight.assign(scale * weight.value)
    made.acceptance.assign(np.sum(np.exp(made.log_accept(PLANE) + normal(PLANE))) * CELL)
    return made


@pytest.mark.parametrize("truncation", [1, 5, 100])
def test_the_density_adds_up_to_one(truncation, figure):
    total = np.sum(np.exp(prior(truncation).log_prob(PLANE))) * CELL
    assert figure(f"ResampledPrior, T = {truncation}: integral", total, "1 +- 0.001") == (
        pytest.approx(1.0, abs=1e-3)
    )


@pytest.mark.parametrize("truncation, scale", [(1, 3.0), (20, 0.0)])
def test_one_draw_or_a_constant_acceptance_is_the_normal_prior(truncation, scale):
    np.testing.assert_allclose(prior(truncation, scale).log_prob(PLANE), normal(PLANE), atol=1e-4)


def test_draws_have_the_density_and_the_number_of_proposals(figure):
    made, count = prior(5), 40_000
    acceptance = float(made.acceptance.numpy())
    with serving(0, count):
        z = made.sample(count).numpy()
    right = z[:, 0] > 0.0
    share = np.sum(np.exp(made.log_prob(PLANE))[PLANE[:, 0] > 0.0]) * CELL
    assert np.mean(right) == pytest.approx(share, abs=0.01)
    random = np.random.default_rng(0)
    proposals = random.normal(size=(count, 5, 2)).astype(np.float32).reshape(-1, 2)
    accepted = np.exp(made.log_accept(proposals)) > random.random(len(proposals))
    accepted = accepted.reshape(count, 5)
    accepted[:, -1] = True
    needed, expected = (
        np.mean(accepted.argmax(axis=1) + 1),
        (1 - (1 - acceptance) ** 5) / acceptance,
    )
    figure("ResampledPrior, T = 5: draws needed over (1 - (1 - Z)^T) / Z", needed / expected, "1")
    assert needed == pytest.approx(expected, rel=0.02)


# A ring of Gaussians: codes that a normal prior does not know.


class Unnormalized(ResampledPrior):
    """Mutation: the estimate of Z gives no gradient."""

    def learned_log_prob(self, z, log_q):
        super().learned_log_prob(z, log_q)
        return self.log_prob(z)


@functools.cache
def on_the_ring(cls=ResampledPrior):
    """A prior fitted to codes of the ring by `fit_prior`, and the nats that it gains on them."""
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    encoder.set_weights([np.eye(2, 4), np.array([0.0, 0.0, -6.0, -6.0])])  # z = x, sigma 0.05
    made = cls(mlp(2, 1, (64, 64), "tanh"), 50)
    model = ResampledPriorVAE(encoder, mlp(2, 2, ()), made, 2, seed=0)
    x, _ = ring(12_800, radius=1.5, sigma=0.1)
    model.fit_prior(x[:10_240], keras.optimizers.Adam(3e-3), epochs=10, batch_size=256)
    z = model.encode(x[10_240:], sample=True, seed=0)
    return model, float(np.mean(made.log_prob(z) - normal(z)))


def test_acceptance_learns_a_ring(figure):
    model, gain = on_the_ring()
    assert figure("ResampledPriorVAE, ring: nats above the normal prior", gain, "above 0.5") > 0.5
    with serving(0, 4_000):
        z = model.draw_codes(4_000).numpy()
    near = np.mean(np.abs(np.linalg.norm(z, axis=1) - 1.5) < 0.4)
    share = float(np.exp(-(1.1**2) / 2) - np.exp(-(1.9**2) / 2))  # of a normal prior
    figure("ResampledPriorVAE: draws near the ring", near, "above 0.6")
    assert near > 0.6 > share


def test_without_the_gradient_of_its_mean_everything_is_accepted(figure):
    model, gain = on_the_ring(Unnormalized)
    figure("ResampledPriorVAE, Z without gradient: nats gained", gain, "below 0.5")
    with serving(0, 4_000):
        z = model.draw_codes(4_000)
    assert float(np.mean(np.exp(model.prior.log_accept(z)))) > 0.9
    assert np.mean(np.abs(np.linalg.norm(z, axis=1) - 1.5) < 0.4) < 0.6


def test_the_autoencoder_stays_as_it_is_while_the_prior_is_fitted():
    model, _ = on_the_ring()
    np.testing.assert_array_equal(model.encoder.get_weights()[0], np.eye(2, 4))
