"""Evidence bounds with a penalty: a capacity that is met, codes that match, codes that are near."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.discrepancy import inverse_multiquadric, mmd
from zoo.metrics.likelihood import elbo_surgery
from zoo.networks.mlp import mlp
from zoo.training.data.planted import blobs, linear_gaussian, manifold
from zoo.vae.beta_vae import BetaVAE
from zoo.vae.capacity_vae import CapacityVAE
from zoo.vae.info_vae import InfoVAE
from zoo.vae.latent_distance_vae import LatentDistanceVAE
from zoo.vae.vae import VAE


def networks(data_dim, latent_dim, hidden=(), seed=0):
    keras.utils.set_random_seed(seed)
    return mlp(data_dim, 2 * latent_dim, hidden), mlp(latent_dim, data_dim, hidden), latent_dim


def trained(model, x, steps, rate=3e-3, batch_size=128):
    """The model after so many steps."""
    execution = len(x) // batch_size
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=execution)
    model.fit(x, batch_size=batch_size, epochs=-(-steps // execution), verbose=0)
    return model


# CapacityVAE: the divergence is where it is asked to be, while it rises and at the end.


def capacity_model(capacity_weight=1000.0, capacity=5.0, warm_up=600):
    settings = {"capacity": capacity, "capacity_weight": capacity_weight, "warm_up": warm_up}
    return CapacityVAE(*networks(5, 2), likelihood=Gaussian(0.1), seed=0, **settings)


@functools.cache
def gaps(capacity_weight):
    """|KL - C| / C of held-out rows, half way up and at the end."""
    x, _ = linear_gaussian(count=6_400, sigma=0.1)
    model, found = capacity_model(capacity_weight), []
    for steps in (300, 450):
        trained(model, x[:5_120], steps)
        logs = model.evaluate(x[5_120:], batch_size=1_280, return_dict=True, verbose=0)
        found.append(abs(logs["kl"] - logs["capacity"]) / logs["capacity"])
    return found


def test_the_divergence_follows_the_capacity(figure):
    middle, end = gaps(1000.0)
    figure("CapacityVAE: |KL - C_t| / C_t half way up", middle, "below 0.05")
    assert figure("CapacityVAE: |KL - C| / C at the end", end, "below 0.05") < 0.05
    assert middle < 0.05


def test_without_its_weight_the_divergence_is_elsewhere(figure):
    _, end = gaps(0.0)
    assert figure("CapacityVAE, gamma = 0: |KL - C| / C", end, "above 0.05") > 0.05


def test_the_capacity_is_a_function_of_the_saved_step(tmp_path):
    model = trained(capacity_model(), linear_gaussian(count=1_280)[0], 20)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = linear_gaussian(count=128)[0]
    first, second = (m.evaluate(x, return_dict=True, verbose=0) for m in (model, again))
    assert first["capacity"] == second["capacity"] == pytest.approx(5.0 * 21 / 600, rel=0.05)


# InfoVAE: two corners that are other models, and one where codes match the prior and still inform.


def after_five_steps(cls, **settings):
    model = cls(*networks(5, 2, (16,)), seed=3, **settings)
    trained(model, linear_gaussian(count=640)[0], 5, 1e-2)
    return model.get_weights()


@pytest.mark.parametrize(
    "other, settings, same",
    [
        ((VAE, {}), {"alpha": 0.0, "marginal_weight": 1.0}, True),
        ((BetaVAE, {"beta": 4.0}), {"alpha": -3.0, "marginal_weight": 4.0}, True),
        ((VAE, {}), {"alpha": 0.1, "marginal_weight": 1.0}, False),
        ((VAE, {}), {"alpha": 0.0, "marginal_weight": 2.0}, False),
    ],
)
def test_at_its_corners_it_is_the_vae_and_the_beta_vae_bit_for_bit(other, settings, same):
    cls, own = other
    pairs = zip(after_five_steps(cls, **own), after_five_steps(InfoVAE, **settings), strict=True)
    assert all(np.array_equal(one, another) for one, another in pairs) == same


def test_a_negative_weight_of_the_discrepancy_is_refused():
    with pytest.raises(ValueError, match="`marginal_weight` of InfoVAE must be at least 1 - `al"):
        InfoVAE(*networks(5, 2), alpha=0.0, marginal_weight=1e-3)


def is_matched(codes, drawn, seed, rounds=200):
    """Whether MMD^2 lies below 95 % of what it is between random halves of all rows."""
    both, count = np.concatenate([codes, drawn]), len(codes)
    kernel, random = np.float64(inverse_multiquadric(both, both)), np.random.default_rng(seed)
    orders = [np.arange(2 * count)] + [random.permutation(2 * count) for _ in range(rounds)]
    first = np.array([np.isin(np.arange(2 * count), order[:count]) for order in orders], float)
    halves, same = (first, 1.0 - first), kernel.trace() / 2.0
    within = [np.einsum("ri,ri->r", half @ kernel, half) - same for half in halves]
    across = np.einsum("ri,ri->r", first @ kernel, 1.0 - first) / count**2
    found = sum(within) / (count * (count - 1.0)) - 2.0 * across
    assert found[0] == pytest.approx(float(mmd(codes, drawn)), abs=1e-4)
    return found[0] < np.quantile(found[1:], 0.95)


def matched_draws(model, x, seed):
    """In how many of five draws of 200 rows the codes match N(0, I)."""
    codes, random = np.asarray(model.encode(x, sample=True, seed=seed)), np.random.default_rng(seed)
    pairs = [(rows, random.normal(size=rows.shape)) for rows in np.split(codes, 5)]
    return sum(is_matched(z, drawn.astype(np.float32), seed) for z, drawn in pairs)


@functools.cache
def matches(marginal_weight, kernel="inverse_multiquadric"):
    """In how many of five draws the codes match N(0, I), the median of five times; I_q(x; z), nats.

    Data have mean 0 and variance 1: else codes say nothing of x for thousands of steps, where
    their variance alone makes them match.
    """
    x, _ = manifold(4, d=16, count=6_400)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    settings = {"marginal_weight": marginal_weight, "kernel": kernel}
    model = InfoVAE(*networks(16, 2, (64,)), likelihood=Gaussian(0.5), seed=0, **settings)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 600, alpha=0.01)
    trained(model, x[:5_120], 600, rate, 256)
    draws = np.median([matched_draws(model, x[5_120:6_120], seed) for seed in range(5)])
    return draws, elbo_surgery(model, x[5_120:])["information"]


@pytest.mark.parametrize("kernel", ["inverse_multiquadric", "gaussian"])
def test_codes_match_the_prior_and_inform(kernel, figure):
    draws, nats = matches(1000.0, kernel)
    figure(f"InfoVAE, {kernel}: draws of codes that match", draws, "at least 4 of 5")
    assert figure(f"InfoVAE, {kernel}: I_q(x; z), nats", nats, "above 1") > 1.0
    assert draws >= 4


def test_without_the_discrepancy_codes_match_nothing(figure):
    draws, _ = matches(0.0)
    assert figure("InfoVAE, lambda = 0: draws of codes that match", draws, "0 of 5") == 0


# LatentDistanceVAE: the ratio of distances, the clip, and what the penalty does to both.


@pytest.mark.parametrize("a", [0.5, 2.0])
def test_omega_of_a_linear_encoder_is_its_square(a):
    encoder, decoder, latent_dim = networks(3, 3)
    encoder.set_weights([np.concatenate([a * np.eye(3), np.zeros((3, 3))], 1), np.zeros(6)])
    model = LatentDistanceVAE(encoder, decoder, latent_dim, seed=0)
    x1, x2 = np.random.default_rng(0).normal(size=(2, 20, 3)).astype(np.float32)
    np.testing.assert_allclose(model.omega(x1, x2), a**2, rtol=1e-4)


def test_the_term_is_that_of_the_pairs_of_both_halves():
    model = LatentDistanceVAE(*networks(5, 2), seed=0)
    x = linear_gaussian(count=7)[0]
    with model.noise.training(0, 0, 0):
        term = model.autoencoder_loss(tf.constant(x), None, True)["distance"]
    pairs = np.asarray(model.omega(x[:3], x[3:6]))  # the seventh has no partner
    assert float(term) == pytest.approx(30.0 * pairs.sum() / 7, rel=1e-5)


@pytest.mark.parametrize("clipped, bound", [("encoder", False), ("all", True)])
def test_weights_are_clipped_after_a_step(clipped, bound):
    model = LatentDistanceVAE(*networks(5, 2, (8,)), clipped=clipped, seed=0)
    for network in (model.encoder, model.decoder):
        network.trainable_variables[0].assign(tf.ones_like(network.trainable_variables[0].value))
    trained(model, linear_gaussian(count=128)[0], 1)
    largest = [
        max(float(tf.reduce_max(tf.abs(v.value))) for v in network.trainable_variables)
        for network in (model.encoder, model.decoder)
    ]
    limit = float(np.float32(0.3))  # what 0.3 is as a weight
    assert largest[0] <= limit and (largest[1] <= limit) == bound


@functools.cache
def four_classes():
    x, planted = blobs(6_400, modes=4, size=64, radius=2.0, sigma=0.25)
    return x, planted["centres"].astype(np.float32)


@functools.cache
def near(distance_weight):
    """The mean omega of held-out pairs, and the model.

    Data are as near to each other as codes of N(0, I): the prior alone cannot keep omega low.
    """
    x, _ = four_classes()
    settings = {"likelihood": Gaussian(0.25), "distance_weight": distance_weight}
    model = LatentDistanceVAE(*networks(64, 4, (64,)), seed=0, **settings)
    trained(model, x[:5_120], 400)
    return float(np.mean(model.omega(x[5_120:5_760], x[5_760:]))), model


def test_the_penalty_brings_codes_nearer_than_their_data(figure):
    ratio = near(30.0)[0] / near(0.0)[0]
    assert (
        figure("LatentDistanceVAE: omega over that without the penalty", ratio, "below 0.5") < 0.5
    )


@pytest.mark.slow
def test_the_class_radius_does_not_grow(figure):
    _, centres = four_classes()

    def logits(x):
        return -tf.reduce_sum(tf.square(x[:, None] - centres), axis=2)

    found = {w: near(w)[1].class_radius(logits, 400, neighbours=2) for w in (0.0, 30.0)}
    for weight, row in found.items():
        words = f"LatentDistanceVAE, lambda = {weight:g}"
        figure(f"{words}: class radius", row["class_radius"], "")
        figure(f"{words}: largest class", max(row["masses"]), "")
    assert found[30.0]["class_radius"] <= 1.05 * found[0.0]["class_radius"]
