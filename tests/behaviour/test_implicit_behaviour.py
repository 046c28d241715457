"""An implicit prior: the ratio that its critic learns, the bound it gains, and both samplers."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.mlp import mlp
from zoo.vae_prior.implicit_prior_vae import ImplicitPriorVAE


class CriticOnly(ImplicitPriorVAE):
    """Moves the critic and nothing else."""

    players = {"critic": ("critic",)}
    terms = {"critic": ("density_ratio",)}
    watched = {}
    frozen = ("prior", "posterior", "encoder", "decoder", "likelihood")


class Swapped(CriticOnly):
    """Mutation: codes and draws of the prior change places."""

    def critic_loss(self, x, y, training):
        z, _ = self.posterior.sample(self.codes(x, training))
        drawn = self.reference.sample(tf.shape(x)[0])
        sides = self.judge(drawn, training), self.judge(z, training)
        return {"density_ratio": self.game.discriminator(*sides)}


@functools.cache
def ratio(cls=CriticOnly, dropout=0.0):
    """The largest error of T(z) as ln N(z; 1, 1) / N(z; 0, 1) = z - 1/2, on [-2, 3]."""
    keras.utils.set_random_seed(0)
    encoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    encoder.set_weights([np.zeros((1, 2)), np.array([1.0, 0.0])])  # q(z|x) = N(1, 1)
    critic = mlp(1, 1, (64, 64), "tanh", dropout=dropout)
    model = cls(encoder, mlp(1, 1, ()), critic, 1, critic_moves=1, seed=0)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, 2_000, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=100)
    x = np.zeros((51_200, 1), np.float32)
    model.fit(x, batch_size=512, epochs=20, verbose=0)
    place = np.linspace(-2.0, 3.0, 51, dtype=np.float32)[:, None]
    return float(np.max(np.abs(model.judge(place) - (place[:, 0] - 0.5))))


def test_the_critic_learns_the_ratio_of_two_gaussians(figure):
    assert figure("ImplicitPriorVAE: error of T on [-2, 3]", ratio(), "below 0.15") < 0.15


@pytest.mark.slow
def test_with_dropout_it_learns_it_less_well(figure):
    found = ratio(dropout=0.5)
    assert figure("ImplicitPriorVAE with dropout: error of T", found, "below 0.4") < 0.4


def test_a_critic_whose_sides_are_swapped_learns_the_inverse(figure):
    found = ratio(Swapped)
    assert figure("ImplicitPriorVAE, sides swapped: error of T", found, "above 0.4") > 0.4


# Data of two modes: codes leave the middle of the prior empty.


@functools.cache
def rows():
    random = np.random.default_rng(0)
    side = random.choice([-2.0, 2.0], size=(6_400, 1))
    x = side * np.ones((1, 5)) + 0.2 * random.normal(size=(6_400, 5))
    return x.astype(np.float32)


@functools.cache
def trained():
    keras.utils.set_random_seed(0)
    critic = mlp(1, 1, (64, 64), "tanh")
    networks = mlp(5, 2, (32,)), mlp(1, 5, (32,)), critic
    options = {"likelihood": Gaussian(0.2), "warm_up": 100, "seed": 0, "critic_moves": 3}
    model = ImplicitPriorVAE(*networks, 1, **options)
    optimizers = {player: keras.optimizers.Adam(2e-3) for player in model.players}
    model.compile(optimizers, steps_per_execution=40)
    model.fit(rows()[:5_120], batch_size=128, epochs=15, verbose=0)
    return model


def test_its_bound_is_above_that_of_the_normal_prior_with_the_same_networks(figure):
    model, x = trained(), tf.constant(rows()[5_120:])
    with model.noise.serving(0, len(x)):
        _, nll, divergence = model.elbo_parts(x, training=False)
    gain = float(np.mean(model.score(x) + nll + divergence))
    assert figure("ImplicitPriorVAE: nats above the bound of VAE", gain, "above 0") > 0.0


def between(model):
    """The share of samples that lie between the modes."""
    place = np.mean(model.sample(2_000, seed=0), axis=1)
    return np.mean(np.abs(place) < 1.0)


def test_both_samplers_leave_the_middle_empty(figure):
    model = trained()
    model.candidates = 500  # codes lie where few draws of N(0, I) are: of 100 some see none
    weighed = between(model)
    model.fit_sampler(rows()[:5_120])
    kept = between(model)
    model.prior.count.assign(0.0)
    model.candidates = 1
    plain = between(model)
    model.candidates = 100
    figure("ImplicitPriorVAE, draws weighed by T: between the modes", weighed, "below 0.1")
    figure("ImplicitPriorVAE, codes that were kept: between the modes", kept, "below 0.1")
    figure("ImplicitPriorVAE, draws as they come: between the modes", plain, "above 0.1")
    assert max(weighed, kept) < 0.1 < plain


def test_kept_codes_are_saved_with_the_model(tmp_path):
    model = trained()
    model.fit_sampler(rows()[:5_120])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.sample(8, seed=1), model.sample(8, seed=1))
    model.prior.count.assign(0.0)
