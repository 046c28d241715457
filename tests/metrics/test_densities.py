"""Likelihoods, divergences and Lipschitz constants against what is known exactly."""

import functools
import math
import types

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import zoo
from zoo import noise
from zoo.likelihoods.gaussian import Gaussian
from zoo.losses.games import LeastSquares, Minimax, NonSaturating, Wasserstein
from zoo.losses.lipschitz import gradient_penalty
from zoo.metrics import jensen_shannon, lipschitz
from zoo.metrics.likelihood import (
    dimension_wise_divergence,
    elbo_surgery,
    importance_likelihood,
    log_weights,
)
from zoo.networks.mlp import mlp
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal
from zoo.training.data.planted import linear_gaussian
from zoo.training.measures.codes import likelihood
from zoo.vae.vae import VAE
from zoo.vae_prior.vamp_prior_vae import VampPriorVAE


@pytest.fixture(scope="module")
def exact():
    """A VAE whose decoder is the law of the data, its posterior too wide, and data."""
    x, planted = linear_gaussian(count=400)
    loading, sigma = planted["W"], planted["sigma"]
    encoder, decoder = mlp(5, 4, ()), mlp(2, 5, ())
    covariance = np.linalg.inv(np.eye(2) + loading.T @ loading / sigma**2)
    gain = covariance @ loading.T / sigma**2
    width = np.log(1.5 * np.diag(covariance))
    encoder.set_weights(
        [
            np.concatenate([gain.T, np.zeros((5, 2))], 1),
            np.concatenate([-gain @ planted["b"], width]),
        ]
    )
    decoder.set_weights([loading.T, planted["b"]])
    model = VAE(encoder, decoder, 2, likelihood=Gaussian(sigma), seed=0)
    return model, tf.constant(x), planted["log_likelihood"](x).mean()


def test_importance_weights_reach_the_exact_likelihood(exact):
    model, x, truth = exact
    found = importance_likelihood(model, x, draws=2000)
    assert found["log_likelihood"] == pytest.approx(truth, abs=0.01)
    assert found["elbo"] < truth - 0.05
    assert 1.0 < found["effective_draws"] < 2000
    assert (found["draws"], found["count"]) == (2000, 400)


def test_more_draws_bring_the_bound_closer(exact):
    model, x, truth = exact
    values = [importance_likelihood(model, x, draws)["log_likelihood"] for draws in (1, 10, 200)]
    assert values == sorted(values) and values[-1] <= truth + 0.02
    one = importance_likelihood(model, x, 1)
    assert one["log_likelihood"] == pytest.approx(one["elbo"]) and one["effective_draws"] == 1.0


def test_draws_of_the_prior_reach_the_likelihood_with_fewer_effective_draws(exact):
    model, x, _ = exact
    x, truth = x[:100], linear_gaussian(count=400)[1]["log_likelihood"](x[:100]).mean()
    blind = mlp(5, 4, ())
    blind.set_weights([np.zeros((5, 4)), np.zeros(4)])  # q(z|x) = p(z)
    prior = VAE(blind, model.decoder, 2, likelihood=Gaussian(0.5), seed=0)
    found = importance_likelihood(prior, x, draws=500)
    assert found["log_likelihood"] == pytest.approx(truth, abs=0.1)
    assert found["effective_draws"] < importance_likelihood(model, x, 100)["effective_draws"]


def test_a_gradient_through_the_draw_varies_less_than_one_of_its_score():
    posterior, output = DiagonalGaussian(), tf.constant([[1.0, 0.0]] * 50_000)  # N(1, 1)
    with noise.serving(0, 50_000), tf.GradientTape(persistent=True) as tape:
        tape.watch(output)
        z, _ = posterior.sample(output)
        value, log_q = z**2, posterior.log_prob(tf.stop_gradient(z), output)
    through = tape.gradient(value, output)[:, 0]
    scored = tape.gradient(log_q, output)[:, 0] * value[:, 0]
    for gradient, variance in ((through, 4.0), (scored, 30.0)):
        assert np.mean(gradient) == pytest.approx(2.0, abs=0.1)
        assert np.var(gradient) == pytest.approx(variance, rel=0.05)


def test_the_likelihood_of_a_learned_prior_is_that_of_its_own_law(exact):
    own, x, _ = exact
    model = VampPriorVAE(own.encoder, own.decoder, 2, components=1, likelihood=own.likelihood)
    model.prior.start_at(own.decoder.get_weights()[1][None])  # its posterior's mean is 0
    loading, mean = own.decoder.get_weights()
    wide = np.exp(own.encoder(mean[None]).numpy()[0, 2:])
    covariance = (loading.T * wide) @ loading + 0.25 * np.eye(5)
    truth = scipy.stats.multivariate_normal(mean, covariance).logpdf(x).mean()
    found = importance_likelihood(model, x, draws=1000)["log_likelihood"]
    assert found == pytest.approx(truth, abs=0.02)
    assert abs(truth - importance_likelihood(own, x, draws=1000)["log_likelihood"]) > 0.1


@pytest.mark.parametrize("name", ["hierarchical_prior_vae", "vamp_prior_vae", "iaf_vae"])
def test_a_weight_is_the_bound_that_its_model_scores(exact, name):
    model = zoo.create(name, (5,), 2, hidden=(8,), seed=0)
    if name == "hierarchical_prior_vae":
        model.beta.assign(0.3)  # of what its likelihood allows
    weights = log_weights(model, exact[1], 3)[:, 0]
    np.testing.assert_allclose(weights, model.score(exact[1], 3), rtol=1e-5)


def test_a_model_without_a_density_of_pixels_has_no_likelihood():
    model = zoo.create("vae_gan", (16, 16, 1), 2, channels=(4, 8), seed=0)
    assert likelihood(types.SimpleNamespace(model=model)) == {}


def test_leaving_the_weights_out_is_no_likelihood(exact):
    model, x, truth = exact

    def unweighted(model, x, seed):
        from zoo import noise

        with noise.serving(seed, tf.shape(x)[0]):
            z, _ = model.posterior.sample(model.encoder(x))
            return -model.likelihood.nll(x, model.decoder(z))[:, None]

    assert importance_likelihood(model, x, 500, weights=unweighted)["log_likelihood"] > truth + 1.0


def test_surgery_adds_up_to_the_bound(exact):
    model, x, _ = exact
    found = elbo_surgery(model, x, draws=20)
    assert found["elbo"] == pytest.approx(importance_likelihood(model, x, 500)["elbo"], abs=0.05)
    assert 0.5 < found["information"] < math.log(400)
    assert -0.02 < found["marginal_divergence_bound"] < 0.4


def test_an_encoder_that_ignores_the_data_carries_no_information(exact):
    model, x, _ = exact
    blind = mlp(5, 4, ())
    blind.set_weights([np.zeros((5, 4)), np.zeros(4)])
    found = elbo_surgery(VAE(blind, model.decoder, 2, likelihood=Gaussian(0.5), seed=0), x)
    assert found["information"] == pytest.approx(0.0, abs=1e-5)
    assert found["marginal_divergence_bound"] == pytest.approx(0.0, abs=1e-5)


def told(variance, size=12, count=400):
    """A VAE of data N(0, I) whose code is x scaled, with noise: q(z) is N(0, I) for every
    variance of q(z|x), however much of x the codes tell."""
    encoder, decoder = mlp(size, 2 * size, ()), mlp(size, size, ())
    scaled = np.concatenate(
        [np.eye(size) * (1.0 - variance) ** 0.5, np.zeros((size, size))], axis=1
    )
    encoder.set_weights([scaled, np.repeat([0.0, np.log(variance)], size)])
    x = np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)
    return VAE(encoder, decoder, size, likelihood=Gaussian(), seed=0), x


def test_the_bound_of_the_divergence_exceeds_it_by_the_information_that_rows_cannot_show():
    model, x = told(0.01)
    found = elbo_surgery(model, x, draws=3)
    information = -0.5 * 12 * np.log(0.01)  # 27.6 nats, far more than ln 400
    assert found["information"] == pytest.approx(math.log(400), abs=0.01)
    excess = information - found["information"]
    assert found["marginal_divergence_bound"] == pytest.approx(excess, abs=1.0)  # the truth is 0
    exact = dimension_wise_divergence(model, x, draws=3)
    assert exact["dimension_wise_divergence"] < 0.1 * 12
    assert exact["code_deviation"] == pytest.approx(1.0, abs=0.02)
    assert exact["code_deviation_error"] == pytest.approx((2 * 400 * 12) ** -0.5, rel=0.3)


def test_the_divergence_by_dimensions_is_that_of_narrow_codes():
    """q(z_j) = N(0, 1/16): each dimension is ln 4 + 1/32 - 1/2 from N(0, 1)."""
    model, x = told(0.5, size=3)
    kernel, bias = model.encoder.get_weights()
    model.encoder.set_weights([kernel / 4.0, bias - np.repeat([0.0, np.log(16.0)], 3)])
    found = dimension_wise_divergence(model, x)
    exact = 3 * (np.log(4.0) + 1 / 32 - 0.5)
    assert found["dimension_wise_divergence"] == pytest.approx(exact, abs=0.1)
    assert found["code_deviation"] == pytest.approx(0.25, abs=0.01)
    wide = VAE(model.encoder, model.decoder, 3, prior=StandardNormal(3, 0.25), seed=0)
    found = dimension_wise_divergence(wide, x)
    assert found["dimension_wise_divergence"] == pytest.approx(0.0, abs=0.1)
    assert found["code_deviation"] == pytest.approx(1.0, abs=0.04)


# Jensen-Shannon: N(0, 1) against N(1, 1.5^2) is 0.0992901 nats.


def log_p(x):
    return -0.5 * x**2 - 0.5 * math.log(2.0 * math.pi)


def log_q(x):
    return -0.5 * ((x - 1.0) / 1.5) ** 2 - math.log(1.5) - 0.5 * math.log(2.0 * math.pi)


def test_the_divergence_of_two_gaussians_in_three_ways():
    random = np.random.default_rng(0)
    p, q = random.normal(size=200_000), 1.0 + 1.5 * random.normal(size=200_000)
    best = (log_p(p) - log_q(p), log_p(q) - log_q(q))  # the best discriminator's logits
    assert jensen_shannon.from_discriminator(*best)["jensen_shannon"] == pytest.approx(
        0.09929, abs=2e-3
    )
    found = jensen_shannon.from_densities(log_p, log_q, p, q)["jensen_shannon"]
    assert found == pytest.approx(0.09929, abs=2e-3)
    grid = np.linspace(-12, 12, 4001)
    exact = jensen_shannon.from_histograms(np.exp(log_p(grid)), np.exp(log_q(grid)))
    assert exact == pytest.approx(0.0992901, abs=1e-5)


def test_a_worse_discriminator_gives_a_lower_bound():
    random = np.random.default_rng(0)
    p, q = random.normal(size=50_000), 1.0 + 1.5 * random.normal(size=50_000)
    best = jensen_shannon.from_discriminator(log_p(p) - log_q(p), log_p(q) - log_q(q))
    worse = jensen_shannon.from_discriminator(-p, -q)
    assert worse["jensen_shannon"] < best["jensen_shannon"]
    fooled = jensen_shannon.from_discriminator(np.zeros(10), np.zeros(10))
    assert fooled["jensen_shannon"] == pytest.approx(0.0, abs=1e-12)


def test_separate_laws_are_ln_two_apart():
    assert jensen_shannon.from_histograms([1, 1, 0, 0], [0, 0, 1, 1]) == pytest.approx(math.log(2))
    assert jensen_shannon.from_histograms([1, 2], [10, 20]) == 0.0


def test_a_sure_discriminator_starves_the_saturating_game_alone():
    fakes = np.random.default_rng(0).normal(3.0, 0.1, size=(100, 1))

    def sure(x):  # the best discriminator of N(0, .1^2) and N(3, .1^2)
        return (-300.0 * x + 450.0)[:, 0]

    def slope(game):
        return jensen_shannon.generator_slope(game.generator, sure, fakes)["slope"]

    assert slope(Minimax()) == 0.0  # underflows
    assert slope(NonSaturating()) == pytest.approx(300.0)
    assert slope(Wasserstein()) == pytest.approx(300.0)


def trained(game, real, fake, penalty_weight=0.0, steps=300, rate=1e-2):
    """A critic of two laws of numbers, each mean and standard deviation, after so many steps."""
    keras.utils.set_random_seed(0)
    critic, optimizer = mlp(1, 1, (32, 32), "tanh"), keras.optimizers.Adam(rate)
    optimizer.build(critic.trainable_variables)

    @tf.function(autograph=False)
    def step(key):
        with noise.serving(key, 256), tf.GradientTape() as tape:
            x, made = (mean + sigma * noise.normal([256, 1]) for mean, sigma in (real, fake))
            loss = game.discriminator(critic(x)[:, 0], critic(made)[:, 0])
            if penalty_weight:
                loss += penalty_weight * gradient_penalty(critic, x, made)
            loss = tf.reduce_mean(loss)
        slopes = tape.gradient(loss, critic.trainable_variables)
        optimizer.apply_gradients(zip(slopes, critic.trainable_variables, strict=True))

    for number in range(steps):
        step(tf.constant(number, tf.int64))
    return lambda x: critic(x)[:, 0]


def test_a_trained_discriminator_starves_the_saturating_game_alone():
    fakes = np.random.default_rng(0).normal(3.0, 0.1, size=(500, 1))
    apart = {"real": (0.0, 0.1), "fake": (3.0, 0.1)}
    sure, even = trained(Minimax(), **apart), trained(LeastSquares(), **apart)
    steady = trained(Wasserstein(), **apart, penalty_weight=10.0)

    def slope(game, critic, points=fakes):
        return jensen_shannon.generator_slope(game.generator, critic, points)["slope"]

    assert slope(Wasserstein(), steady) == pytest.approx(1.0, abs=0.3)  # held there by the penalty
    assert slope(Minimax(), sure) < 1e-4 * slope(Wasserstein(), steady)
    assert slope(NonSaturating(), sure) > 0.5
    assert slope(LeastSquares(), even) > 0.02
    noisy = {side: (mean, math.hypot(0.1, 1.0)) for side, (mean, _) in apart.items()}
    blurred = fakes + np.random.default_rng(1).normal(size=fakes.shape)  # instance noise
    assert slope(Minimax(), trained(Minimax(), **noisy), blurred) > 0.1


def test_a_discriminator_of_one_law_against_itself_cannot_tell():
    law = (0.0, 1.0)
    critic = trained(Minimax(), law, law, rate=1e-3)
    real, fake = (critic(x) for x in np.random.default_rng(0).normal(size=(2, 4_000, 1)))
    assert np.abs(tf.sigmoid(tf.concat([real, fake], 0)) - 0.5).max() < 0.05
    assert jensen_shannon.from_discriminator(real, fake)["jensen_shannon"] < 0.005
    other = (1.0, 1.0)
    critic = trained(Minimax(), law, other, rate=1e-3)  # and tells another from it
    real, fake = (critic(tf.constant([[x]])) for x in (0.0, 1.0))
    assert float(tf.sigmoid(real)[0]) > 0.55 and float(tf.sigmoid(fake)[0]) < 0.45


# Lipschitz constants.


def chain(*layers):
    keras.utils.set_random_seed(0)
    return keras.Sequential(layers)


def test_a_linear_map_has_its_largest_singular_value_everywhere():
    network = chain(keras.Input((4,)), keras.layers.Dense(3))
    exact = np.linalg.svd(network.layers[-1].kernel.numpy(), compute_uv=False)[0]
    points = tf.random.stateless_normal((6, 4), (0, 0))
    assert lipschitz.upper(network)["lipschitz_upper"] == pytest.approx(exact, rel=1e-5)
    np.testing.assert_allclose(lipschitz.local(network, points), exact, rtol=1e-4)
    lower = lipschitz.lower(network, points[:3], points[3:])["lipschitz_lower"]
    assert lower <= exact * (1 + 1e-6)


def test_bounds_are_ordered_and_compose():
    network = chain(
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(3, 4, 2, "same", activation="relu"),
        keras.layers.Conv2DTranspose(2, 3, 2, "same", activation="leaky_relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(5, "sigmoid"),
        keras.layers.Dense(2),
    )
    above = lipschitz.upper(network)["lipschitz_upper"]
    points = tf.random.stateless_uniform((10, 8, 8, 1), (0, 0))
    assert float(tf.reduce_max(lipschitz.local(network, points))) <= above
    assert lipschitz.lower(network, points[:5], points[5:])["lipschitz_lower"] <= above
    gains = [lipschitz.gain(layer) for layer in network.layers]
    assert math.prod(gains) == pytest.approx(above)


def test_the_gain_of_a_convolution_is_that_of_its_matrix():
    network = chain(keras.Input((5, 5, 2)), keras.layers.Conv2D(3, 3, padding="same"))
    basis = np.eye(50, dtype=np.float32).reshape(50, 5, 5, 2)
    matrix = (network(basis) - network(np.zeros_like(basis))).numpy().reshape(50, -1)
    exact = np.linalg.svd(matrix, compute_uv=False)[0]
    network.layers[-1].bias.assign([1.0, 2.0, 3.0])
    assert lipschitz.gain(network.layers[-1], 300) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_the_gain_of_a_strided_convolution_is_that_of_its_matrix(kind):
    network = chain(keras.Input((6, 6, 2)), kind(3, 4, 2, "same"))
    kernel = network.layers[-1].kernel  # positive, so that one singular value stands apart
    kernel.assign(tf.random.stateless_uniform(kernel.shape, (0, 0)))
    basis = np.eye(72, dtype=np.float32).reshape(72, 6, 6, 2)
    exact = np.linalg.svd(network(basis).numpy().reshape(72, -1), compute_uv=False)[0]
    assert lipschitz.gain(network.layers[-1]) == pytest.approx(exact, rel=1e-5)


BENT = {  # layer, its slope
    "ReLU": (keras.layers.ReLU(), 1.0),
    "ReLU of slope": (keras.layers.ReLU(negative_slope=3.0), 3.0),
    "ReLU of slope and top": (keras.layers.ReLU(max_value=2.0, negative_slope=3.0), 3.0),
    "ReLU of top": (keras.layers.ReLU(max_value=2.0), 1.0),
    "LeakyReLU": (keras.layers.LeakyReLU(0.2), 1.0),
    "LeakyReLU of slope": (keras.layers.LeakyReLU(negative_slope=3.0), 3.0),
    "ELU": (keras.layers.ELU(), 1.0),
    "ELU of alpha": (keras.layers.ELU(alpha=3.0), 3.0),
    "of a dense layer": (keras.layers.Dense(1, keras.layers.LeakyReLU(3.0)), 3.0),
}


@pytest.mark.parametrize("name", BENT)
def test_the_gain_of_a_bend_is_its_steepest_slope(name):
    layer, slope = BENT[name]
    network = chain(keras.Input((1,)), layer)
    if layer.weights:
        layer.set_weights([np.ones((1, 1)), np.zeros(1)])
    assert lipschitz.gain(layer) == pytest.approx(slope)
    x = tf.linspace([-0.02], [0.02], 41)
    lower = lipschitz.lower(network, x[:-1], x[1:])["lipschitz_lower"]
    assert 0.97 * slope < lower <= lipschitz.upper(network)["lipschitz_upper"] + 1e-4


def test_a_bend_that_jumps_has_no_bound():
    assert lipschitz.gain(keras.layers.ReLU(threshold=0.5)) == math.inf


def test_maps_in_a_row_stretch_by_no_more_than_the_product_of_theirs():
    first = chain(keras.Input((4,)), keras.layers.Dense(6))
    second = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    both = keras.Sequential([first, second])
    point = tf.zeros((1, 4))
    apart = [lipschitz.upper(part)["lipschitz_upper"] for part in (first, second)]
    matrix = first.layers[0].kernel.numpy() @ second.layers[0].kernel.numpy()
    exact = np.linalg.svd(matrix, compute_uv=False)[0]
    assert float(lipschitz.local(both, point)[0]) == pytest.approx(exact, rel=1e-4)
    assert exact < math.prod(apart)
    row = keras.Sequential([keras.Input((4,)), *first.layers, *second.layers])
    assert lipschitz.upper(row)["lipschitz_upper"] == pytest.approx(math.prod(apart))


def test_a_line_is_as_steep_somewhere_as_between_its_ends():
    network = chain(keras.Input((3,)), *(keras.layers.Dense(16, "tanh") for _ in range(2)))
    first, second = 2.0 * tf.random.stateless_normal((2, 5, 3), (0, 1))
    t = tf.linspace(0.0, 1.0, 200)[:, None]
    for a, b in zip(first, second, strict=True):
        steepest = tf.reduce_max(lipschitz.local(network, (1.0 - t) * a + t * b))
        lower = lipschitz.lower(network, a[None], b[None])["lipschitz_lower"]
        assert lower <= float(steepest) <= lipschitz.upper(network)["lipschitz_upper"]


def test_a_steep_step_between_flat_points_is_seen_from_above_alone():
    def steep(x):
        return tf.tanh(50.0 * x)

    points = tf.constant([[-1.0], [-0.5], [0.5], [1.0]])
    assert lipschitz.lower(steep, points[1:2], points[2:3])["lipschitz_lower"] == pytest.approx(2.0)
    assert float(tf.reduce_max(lipschitz.local(steep, points))) == pytest.approx(0.0, abs=1e-6)
    network = chain(keras.Input((1,)), keras.layers.Dense(1, "tanh"))
    network.set_weights([np.full((1, 1), 50.0), np.zeros(1)])
    assert lipschitz.upper(network)["lipschitz_upper"] == pytest.approx(50.0)
    between = tf.linspace([-0.5], [0.5], 101)
    assert float(tf.reduce_max(lipschitz.local(steep, between))) == pytest.approx(50.0)


def test_unknown_layers_and_activations_are_refused():
    with pytest.raises(ValueError, match="No bound is known for a layer of class LayerNorm"):
        lipschitz.upper(chain(keras.Input((3,)), keras.layers.LayerNormalization()))
    with pytest.raises(ValueError, match="No slope is known for the activation 'gelu'"):
        lipschitz.upper(chain(keras.Input((3,)), keras.layers.Dense(2, "gelu")))
    steep = functools.partial(keras.activations.leaky_relu, negative_slope=3.0)
    with pytest.raises(ValueError, match="No slope is known for the activation 'functools.partial"):
        lipschitz.upper(chain(keras.Input((3,)), keras.layers.Dense(2, steep)))
