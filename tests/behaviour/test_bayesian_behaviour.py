"""A Bayesian GAN draws its weights from posteriors: the prior alone, then the ring and labels."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.gan_dynamics.bayesian_gan import BayesianGAN
from zoo.networks.mlp import mlp
from zoo.optimizers.sghmc import SGHMC
from zoo.training.data.planted import gaussians, ring

# Without data a posterior is its prior.


class Muted(keras.layers.Layer):
    """Weights that nothing depends on."""

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=shape[1:])

    def call(self, x):
        return 0.0 * self.kernel * x


class Undivided(BayesianGAN):
    """Mutation: the prior counts once for each example, as the likelihood does."""

    def weight_prior(self, player):
        return super().weight_prior(player) * self.data_size


def spread(cls, data_size, deviation=0.5, size=2000):
    """The variance of weights that the data say nothing about, over that of their prior."""
    generator = keras.Sequential([keras.Input((size,)), Muted()])
    judge = keras.Sequential(
        [keras.Input((size,)), Muted(), keras.layers.Dense(1, trainable=False)]
    )
    settings = {"data_size": data_size, "prior_deviation": deviation, "burn_in": 0, "seed": 0}
    model = cls([generator], [judge], size, **settings)
    rate = 2e-3 * data_size * deviation**2
    model.compile(
        {
            player: SGHMC(rate, friction=0.1, temperature=1.0 / data_size, seed=seed)
            for seed, player in enumerate(model.players)
        }
    )
    step, x = tf.function(model.train_step), tf.zeros([1, size])
    for _ in range(150):  # of two moves
        step((x,))
    return np.var(
        np.concatenate([generator.get_weights()[0], judge.layers[0].get_weights()[0]])
    ) / (deviation**2)


@pytest.mark.parametrize("data_size", [1, 1000])
def test_weights_that_the_data_say_nothing_about_follow_their_prior(data_size, figure):
    ratio = spread(BayesianGAN, data_size)
    what = f"BayesianGAN, N = {data_size}, no data: variance of weights over the prior's"
    assert figure(what, ratio, "1 +- 15 %") == pytest.approx(1.0, rel=0.15)


@pytest.mark.slow
def test_a_prior_that_counts_once_an_example_is_another():
    assert spread(Undivided, 10) < 0.2


def test_the_prior_is_minus_the_log_density_over_the_number_of_examples():
    model = BayesianGAN([mlp(3, 2, (4,))], [mlp(2, 1, (4,))], 3, data_size=50, prior_deviation=2.0)
    squares = sum(np.sum(w**2) for w in model.generators[0].get_weights())
    assert float(model.weight_prior("generators")) == pytest.approx(
        squares / (2 * 4 * 50), rel=1e-5
    )


def test_the_default_sampler_is_at_the_temperature_of_the_data():
    model = BayesianGAN([mlp(3, 2, (4,))], [mlp(2, 1, (4,))], 3, data_size=50, burn_in=7, seed=0)
    first, second = (model.default_optimizer(player) for player in model.players)
    assert first.temperature == second.temperature == 1 / 50 and first.burn_in == 7
    assert first.seed != second.seed


# Players of several networks.


def test_losses_are_means_over_the_networks_of_the_other_player():
    keras.utils.set_random_seed(0)
    generators, judges = [mlp(3, 2, (4,)) for _ in "123"], [mlp(2, 1, (4,)) for _ in "12"]
    model, x = BayesianGAN(generators, judges, 3, seed=0), tf.constant(ring(count=8)[0])
    with model.noise.training(0, 0, 0):
        actual = {p: getattr(model, f"{p}_loss")(x, None, False) for p in model.players}
    with model.noise.training(0, 0, 0):
        fakes, again = ([g(model.draw_codes(8)) for g in generators] for _ in "12")
    softplus = tf.math.softplus
    expected = {
        "discriminators": sum(
            softplus(-d(x)) + sum(softplus(d(fake)) for fake in fakes) / 3 for d in judges
        ),
        "generators": sum(sum(softplus(-d(fake)) for d in judges) / 2 for fake in again),
    }
    for player, loss in expected.items():
        np.testing.assert_allclose(actual[player]["adversarial"], loss[:, 0], rtol=1e-5)


def test_samples_come_from_all_generators_alike():
    generators = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]) for _ in "1234"]
    for number, network in enumerate(generators):
        network.set_weights([np.zeros((1, 1)), np.array([number])])
    model = BayesianGAN(generators, [mlp(1, 1, (4,))], 1, seed=0)
    counts = np.bincount(model.sample(4000, seed=0).numpy().astype(int)[:, 0], minlength=4)
    assert (np.abs(counts / 4000 - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)).all()


# Labels, where some are known.


@functools.cache
def classified(known=5):
    """The share of right classes after training with a few labels of each of three."""
    keras.utils.set_random_seed(0)
    centres = 2.0 * np.array([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    x, planted = gaussians(centres, 0.3, 1280, seed=0)
    labels = np.full(len(x), -1, np.int32)
    for kind in range(3):
        labels[np.flatnonzero(planted["mode"] == kind)[:known]] = kind
    generators, judges = [mlp(4, 2, (32,)) for _ in "12"], [mlp(2, 3, (32,), "leaky_relu")]
    model = BayesianGAN(generators, judges, 4, num_classes=3, seed=0, data_size=1280)
    model.compile(keras.optimizers.Adam(3e-3, 0.5), steps_per_execution=20)
    model.fit(x, labels, batch_size=64, epochs=10, verbose=0)
    stated = model.classify(x).numpy()
    np.testing.assert_allclose(stated.sum(axis=1), 1.0, rtol=1e-5)
    return np.mean(stated.argmax(axis=1) == planted["mode"])


def test_a_few_labels_teach_the_classes(figure):
    right = classified()
    assert figure("BayesianGAN, 5 labels of each of 3 classes: right", right, "above 0.9") > 0.9


@pytest.mark.slow
def test_without_labels_classes_are_guesses():
    assert classified(known=0) < 0.9


def test_classes_are_a_verb_only_where_there_are_classes():
    model = BayesianGAN([mlp(3, 2, (4,))], [mlp(2, 3, (4,))], 3, num_classes=3)
    assert model.targets == "some_labels" and "classify" in model.offered()
    assert "classification" in model.terms["discriminators"]
    plain = BayesianGAN([mlp(3, 2, (4,))], [mlp(2, 1, (4,))], 3)
    assert plain.targets == "none" and "classify" not in plain.offered()


# The ring of eight: several generators cover more of it than one.


@functools.cache
def played(members):
    """The game on the ring after 1,200 steps, of which the first 1,000 are Adam's."""
    keras.utils.set_random_seed(0)
    generators = [mlp(16, 2, (64, 64)) for _ in range(members)]
    judges, settings = [mlp(2, 1, (64, 64), "leaky_relu")], {"data_size": 20_000, "friction": 0.1}
    model = BayesianGAN(generators, judges, 16, burn_in=2000, seed=0, **settings)
    model.compile(steps_per_execution=50)
    model.fit(ring()[0][:12_800], batch_size=256, epochs=24, verbose=0)
    return model


def covered(decoded):
    """On how many of eight modes at least 1 % of examples lie, within 0.2."""
    distance = np.linalg.norm(decoded[:, None] - ring(count=1)[1]["centres"], axis=-1)
    return np.sum((distance < 0.2).sum(axis=0) >= len(decoded) // 100)


@pytest.mark.slow
def test_several_generators_cover_more_of_the_ring_than_one(figure):
    several, one = (covered(played(m).sample(2000, seed=0).numpy()) for m in (5, 1))
    figure("BayesianGAN, 5 generators: modes of the ring covered", several, "more than 1 covers")
    figure("BayesianGAN, 1 generator: modes of the ring covered", one, "fewer than 5 cover")
    assert several > one


@pytest.mark.slow
def test_the_generators_differ(figure):
    model, z = played(5), np.random.default_rng(0).uniform(-1, 1, (500, 16)).astype("float32")
    places = np.array([network(z).numpy() for network in model.generators])
    apart = [np.linalg.norm(a - b, axis=1).mean() for i, a in enumerate(places) for b in places[:i]]
    figure("BayesianGAN, 5 generators: least mean distance of two", min(apart), "above 0.1")
    assert min(apart) > 0.1
