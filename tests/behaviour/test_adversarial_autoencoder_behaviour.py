"""Adversarial autoencoders: codes that follow a prior of any shape, style apart from class."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from zoo.losses.discrepancy import mmd
from zoo.matching.aae import AAE
from zoo.matching.supervised_aae import SupervisedAAE
from zoo.networks.labelled import labelled
from zoo.networks.mlp import mlp
from zoo.noise import serving
from zoo.priors.wheel import GaussianWheel
from zoo.training.data.planted import manifold


def adam(rate=1e-3):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def fitted(model, *data, epochs, optimizers=None):
    """The model after 40 steps an epoch, and the means of its last epoch."""
    model.compile(optimizers, steps_per_execution=40)
    logs = model.fit(*data, batch_size=100, steps_per_epoch=40, epochs=epochs, verbose=0).history
    return model, {name: values[-1] for name, values in logs.items()}


# AAE: two true dimensions, two of the code.


class Accurate(AAE):
    """Logs how often the critic is right, before each of its moves."""

    watched = {"critic": ("accuracy",)}

    def critic_loss(self, x, y, training):
        codes = self.judge(self.codes(x, training), training)
        drawn = self.judge(self.prior.sample(tf.shape(x)[0]), training)
        right = tf.cast(tf.stack([codes < 0.0, drawn > 0.0]), tf.float32)
        terms = super().critic_loss(x, y, training)
        return {**terms, "accuracy": tf.reduce_mean(right, axis=0)}


class Fleeing(Accurate):
    """Mutation: the encoder helps the critic."""

    def encoder_loss(self, x, y, training):
        return {"adversarial": -super().encoder_loss(x, y, training)["adversarial"]}


class Plain(Accurate):
    """Mutation: without the phases of regularization."""

    rounds = ("autoencoder", "critic")
    players = {p: parts for p, parts in AAE.players.items() if p != "encoder"}
    terms = {p: AAE.terms[p] for p in players}


def cooled(rate):
    """A rate that falls in the later part of 3,840 steps."""
    values = [rate, rate / 3, rate / 10, rate / 30]
    return keras.optimizers.schedules.PiecewiseConstantDecay([1500, 2500, 3500], values)


@functools.cache
def matched(cls=Accurate, prior="normal", epochs=96):
    """The critic's accuracy in the last epoch, and the MMD of held-out codes."""
    x, _ = manifold(2, count=5000)
    keras.utils.set_random_seed(0)
    networks = mlp(64, 2, (64, 64)), mlp(2, 64, (64, 64), final="sigmoid"), mlp(2, 1, (64, 64))
    model = cls(*networks, 2, prior=prior, seed=0)
    players = {"autoencoder": keras.optimizers.Adam(cooled(1e-3)), "critic": adam()}
    players["encoder"] = adam(cooled(1e-3))
    players = {player: players[player] for player in cls.players}
    model, logs = fitted(model, x[:4000], epochs=epochs, optimizers=players)
    with serving(0, 1000):
        drawn = model.prior.sample(1000)
    z, variance = model.encode(x[4000:]), float(tf.math.reduce_variance(drawn))
    return logs["critic_accuracy"], float(mmd(z, drawn, variance=variance))


def test_codes_come_closer_to_the_prior_than_those_of_an_encoder_that_flees(figure):
    ratio = matched(epochs=25)[1] / matched(Fleeing, epochs=25)[1]
    what = "AAE, 1,000 steps: MMD of codes over that of an encoder that flees"
    assert figure(what, ratio, "below 0.5") < 0.5


@pytest.mark.slow
def test_codes_follow_the_normal_distribution(figure):
    accuracy, discrepancy = matched()
    figure("AAE, m = n = 2: accuracy of the critic", accuracy, "0.5 +- 0.05")
    assert accuracy == pytest.approx(0.5, abs=0.05)
    assert figure("AAE, m = n = 2: MMD of codes", discrepancy, "at most 0.02") <= 0.02


@pytest.mark.slow
def test_codes_follow_a_spiral(figure):
    ratio = matched(prior="swiss_roll")[1] / matched(Plain, prior="swiss_roll")[1]
    assert figure("AAE, swiss roll: MMD over that without the game", ratio, "at most 0.1") <= 0.1


def test_an_encoder_that_helps_the_critic_is_told_from_the_prior(figure):
    accuracy, discrepancy = matched(Fleeing, epochs=25)
    figure("AAE, the encoder flees: accuracy of the critic", accuracy, "above 0.9")
    assert accuracy > 0.9
    assert discrepancy > 0.02


@pytest.mark.slow
def test_without_the_game_codes_are_told_from_the_prior(figure):
    accuracy, discrepancy = matched(Plain)
    assert figure("AAE without the game: accuracy of the critic", accuracy, "above 0.6") > 0.6
    assert discrepancy > 0.02


# SupervisedAAE: five classes, and a style of two dimensions.


class Deaf(SupervisedAAE):
    """Mutation: decoder, or critic, is told the same label of every row."""

    def decoded(self, z, y, training):
        return super().decoded(z, y if self.informed else tf.zeros_like(y), training)

    def judge(self, z, training=True, y=None):
        return super().judge(z, training, -tf.ones_like(y) if self.informed else y)


@functools.cache
def planted():
    """Rows x = center of the class + style in two other directions, and labels."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(20, 7)))[0].T
    y, style = rng.integers(5, size=6000), rng.normal(size=(6000, 2))
    x = axes[y] + style @ axes[5:] + 0.05 * rng.normal(size=(6000, 20))
    return x.astype(np.float32), y.astype(np.int32), axes[:5]


def classes_of(x):
    """The class of the nearest center."""
    return np.argmax(np.asarray(x) @ planted()[2].T, axis=1)


@functools.cache
def styled(cls=SupervisedAAE):
    x, y, _ = planted()
    keras.utils.set_random_seed(0)
    decoder = labelled(lambda shape: mlp(shape, 20, (64,)), (2,), 5)
    model = cls(mlp(20, 2, (64,)), decoder, mlp(2, 1, (64,)), 2, 5, seed=0)
    players = {"autoencoder": keras.optimizers.Adam(1e-3), "critic": adam(), "encoder": adam()}
    return fitted(model, x[:4000], y[:4000], epochs=40, optimizers=players)[0]


def test_style_holds_little_of_the_class(figure):
    x, y, _ = planted()
    z = styled().encode(x).numpy()
    probe = LogisticRegression().fit(z[:4000], y[:4000]).score(z[4000:], y[4000:])
    assert figure("SupervisedAAE: class by a linear probe of style", probe, "at most 0.3") <= 0.3


def agreement(model):
    """How many samples of a label, and rows that are given another, are of that class."""
    x, y, _ = planted()
    labels = np.arange(1000, dtype=np.int32) % 5
    sampled = np.mean(classes_of(model.sample(1000, labels, seed=0)) == labels)
    swapped = np.mean(
        classes_of(model.translate(x[4000:], (y[4000:] + 1) % 5)) == (y[4000:] + 1) % 5
    )
    return min(sampled, swapped)


def test_the_label_decides_the_class(figure):
    share = agreement(styled())
    assert (
        figure("SupervisedAAE: samples and translations of the label", share, "at least 0.95")
        >= 0.95
    )


def test_a_decoder_that_is_not_told_the_label_does_not(figure):
    assert (
        figure("SupervisedAAE, no label: of the label", agreement(styled(Deaf)), "below 0.5") < 0.5
    )


@functools.cache
def informed(cls=SupervisedAAE):
    """The share of held-out codes that lie in the mode of their class; half the labels known."""
    x, y, _ = planted()
    keras.utils.set_random_seed(0)
    critic = labelled(lambda shape: mlp(shape, 1, (64, 64)), (2,), 5)
    networks = mlp(20, 2, (64, 64)), mlp(2, 20, (64, 64)), critic
    model = cls(*networks, 2, 5, variant="informed", prior=GaussianWheel(2, 5), seed=0)
    players = {"autoencoder": keras.optimizers.Adam(1e-3), "critic": adam(), "encoder": adam()}
    known = np.where(np.arange(4000) % 2, -1, y[:4000])
    fitted(model, x[:4000], known, epochs=75, optimizers=players)
    return np.mean(np.argmax(model.classify(x[4000:]), axis=1) == y[4000:])


@pytest.mark.slow
def test_codes_of_a_class_lie_in_its_mode(figure):
    assert figure("SupervisedAAE, informed: codes in their mode", informed(), "at least 0.9") >= 0.9


@pytest.mark.slow
def test_a_critic_that_is_not_told_labels_puts_them_anywhere(figure):
    share = informed(Deaf)
    assert (
        figure("SupervisedAAE, informed, no label: codes in their mode", share, "below 0.7") < 0.7
    )
