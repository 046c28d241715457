"""Inference against adversaries: ratios of densities, and a game of pairs."""

import functools

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.hybrid.ali import ALI
from zoo.hybrid.distribution_matching_vae import DistributionMatchingVAE
from zoo.likelihoods.laplace import Laplace
from zoo.losses.games import softplus
from zoo.networks.joint import joint
from zoo.networks.mlp import mlp
from zoo.vae.vae import VAE

# DistributionMatchingVAE without ratios: a VAE.


def pair(size=6, latent_dim=3):
    keras.utils.set_random_seed(0)
    return mlp(size, 2 * latent_dim, (8,)), mlp(latent_dim, size, (8,)), latent_dim


def rows(count=32, size=6):
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)


def gradients(model, player, *parts):
    """The loss of a player on one draw, and its gradients by the weights of these parts."""
    weights = [v.value for part in parts for v in getattr(model, part).trainable_variables]
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        tape.watch(weights)
        terms = getattr(model, f"{player}_loss")(tf.constant(rows()), None, True)
        loss = tf.add_n([tf.reduce_mean(term) for term in terms.values()])
    return float(loss), [slope.numpy() for slope in tape.gradient(loss, weights)]


def test_without_ratios_it_is_a_vae_with_a_laplace_likelihood():
    weight = 3.0
    vae = VAE(*pair(), likelihood=Laplace(1.0 / weight))
    free = {"latent": "kl", "recon_ratio": False, "sample_ratio": False}
    model = DistributionMatchingVAE(*pair(), error_weight=weight, **free)
    assert list(model.players) == ["encoder", "generator"]
    bound, slopes = gradients(vae, "autoencoder", "encoder", "decoder")
    loss, of_encoder = gradients(model, "encoder", "encoder")
    _, of_decoder = gradients(model, "generator", "decoder")
    assert loss + 6 * np.log(2.0 / weight) == pytest.approx(bound, rel=1e-5)
    for ours, theirs in zip([*of_encoder, *of_decoder], slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


# The ratio of codes, between two Gaussians that are known.


class Swapped(DistributionMatchingVAE):
    """Mutation: prior and posterior change places in the critic's loss, as in a first version."""

    def critic_loss(self, x, y, training):
        z, drawn = self.draw_of(x, training), self.prior.sample(tf.shape(x)[0])
        real, drawn = (self.judge_codes(x, code, training) for code in (z, drawn))
        return {"density_ratio": softplus(-real) + softplus(drawn)}


def shifted(cls=DistributionMatchingVAE, latent="marginal", shift=1.0):
    """A model with q(z|x) = N(shift, 1) of one dimension, whose critic is trained alone."""
    keras.utils.set_random_seed(0)
    encoder = mlp(2, 2, ())
    encoder.set_weights([np.zeros((2, 2)), np.array([shift, 0.0])])
    critic = mlp(1, 1, ()) if latent == "marginal" else joint((2,), 1, (16,))
    plain = {"recon_ratio": False, "sample_ratio": False}
    model = cls(encoder, mlp(1, 2, ()), 1, critic=critic, latent=latent, seed=0, **plain)
    model.compile({"critic": keras.optimizers.Adam(0.02)})
    x = tf.zeros([1000, 2])

    @tf.function
    def step():
        model.move(("critic",), (x, None), 0)
        model.steps.assign_add(1)

    for _ in range(400):
        step()
    return model


def test_the_critic_estimates_the_ratio_of_prior_to_posterior(figure):
    z = np.linspace(-1.0, 2.0, 7, dtype=np.float32)[:, None]
    normal = scipy.stats.norm.logpdf
    exact = normal(z[:, 0]) - normal(z[:, 0], 1.0)
    measured = shifted().judge_codes(np.zeros((7, 2), np.float32), z, False)
    off = np.abs(measured - exact).max()
    assert figure("DistributionMatchingVAE: t_z off ln p / q", off, "at most 0.15") <= 0.15


def test_a_critic_that_is_told_the_data_estimates_it_as_well(figure):
    z = np.linspace(-0.5, 1.5, 5, dtype=np.float32)[:, None]
    exact = 0.5 - z[:, 0]
    measured = shifted(latent="conditional").judge_codes(np.zeros((5, 2), np.float32), z, False)
    off = np.abs(measured - exact).max()
    assert figure("DistributionMatchingVAE, told x: t_z off ln p / q", off, "at most 0.3") <= 0.3


@pytest.mark.parametrize("cls, sign", [(DistributionMatchingVAE, 1), (Swapped, -1)])
def test_the_encoder_moves_towards_the_prior(cls, sign):
    """Plain descent lowers the mean of q, which lies above the prior's."""
    model = shifted(cls)
    with model.noise.training(0, 0, 0), tf.GradientTape() as tape:
        bias = model.encoder.trainable_variables[1].value
        tape.watch(bias)
        loss = tf.reduce_mean(model.encoder_loss(tf.zeros([1000, 2]), None, True)["divergence"])
    assert sign * tape.gradient(loss, bias).numpy()[0] > 0.5


@pytest.mark.parametrize(
    "latent, recon_ratio, sample_ratio, players",
    [
        ("kl", True, True, ["encoder", "generator", "discriminator"]),
        ("marginal", True, True, ["encoder", "generator", "discriminator", "critic"]),
        ("conditional", False, False, ["encoder", "generator", "critic"]),
    ],
)
def test_flags_say_who_plays(latent, recon_ratio, sample_ratio, players):
    flags = {"latent": latent, "recon_ratio": recon_ratio, "sample_ratio": sample_ratio}
    model = DistributionMatchingVAE.for_data((6,), 3, hidden=(8,), seed=0, **flags)
    assert list(model.players) == players
    model.compile()
    logs = model.fit(rows(64), batch_size=32, verbose=0).history
    assert all(np.isfinite(value).all() for value in logs.values())


# ALI: one dimension of data, one of the code.


class Unpaired(ALI):
    """Mutation: pairs are torn apart before they are judged."""

    def judge(self, x, z, training=False):
        return super().judge(x, tf.roll(z, 1, axis=0), training)


@functools.cache
def explained(cls=ALI, seed=0):
    """R^2 of G(E(x)) for x ~ N(1, 1), after 2,400 steps."""
    x = np.random.default_rng(seed).normal(1.0, 1.0, size=(5000, 1)).astype(np.float32)
    keras.utils.set_random_seed(seed)
    networks = mlp(1, 2, (32,)), mlp(1, 1, (32,)), joint((1,), 1, (64, 64), name="discriminator")
    model = cls(*networks, 1, seed=seed)
    rates = {p: keras.optimizers.Adam(1e-3, beta_1=0.5) for p in ALI.players}
    model.compile(rates, steps_per_execution=40)
    model.fit(x[:4000], batch_size=100, steps_per_epoch=40, epochs=60, verbose=0)
    held_out = x[4000:]
    error = np.mean((model.reconstruct(held_out) - held_out) ** 2)
    return 1.0 - error / held_out.var()


def test_the_decoder_inverts_the_encoder(figure):
    assert figure("ALI, one dimension: R^2 of G(E(x))", explained(), "above 0.8") > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_decoder_inverts_the_encoder_for_every_seed(seed, figure):
    what = f"ALI, one dimension: R^2 of G(E(x)), seed {seed}"
    assert figure(what, explained(seed=seed), "above 0.8") > 0.8


@pytest.mark.slow
def test_without_pairs_it_does_not(figure):
    assert figure("ALI, pairs torn apart: R^2 of G(E(x))", explained(Unpaired), "below 0") < 0
