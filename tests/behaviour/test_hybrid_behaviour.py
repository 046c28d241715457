"""Models with an adversary on data and a way back to codes: who learns from what."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import roc_auc_score

from zoo import noise
from zoo.hybrid.anogan import AnoGAN
from zoo.hybrid.vae_gan import VAEGAN
from zoo.networks.features import with_features
from zoo.networks.mlp import mlp
from zoo.optimizers import descent
from zoo.training.data.planted import manifold

# VAEGAN: three targets of one forward pass.


class Quiet(VAEGAN):
    """The game counts nothing."""

    def joint_loss(self, x, y, training):
        terms = super().joint_loss(x, y, training)
        for player in ("decoder", "discriminator"):
            terms[player]["adversarial"] = 0.0 * terms[player]["adversarial"]
        return terms


class Featureless(VAEGAN):
    """The features count nothing."""

    def joint_loss(self, x, y, training):
        terms = super().joint_loss(x, y, training)
        for player in ("encoder", "decoder"):
            terms[player]["feature"] = 0.0 * terms[player]["feature"]
        return terms


class Entangled(VAEGAN):
    """Mutation: every player lowers the loss of all."""

    def joint_loss(self, x, y, training):
        terms = super().joint_loss(x, y, training)
        whole = tf.add_n([term for each in terms.values() for term in each.values()])
        return {p: {name: whole / len(each) for name in each} for p, each in terms.items()}


class EntangledQuiet(Entangled, Quiet):
    """The mutation, where the game counts nothing."""


class EntangledFeatureless(Entangled, Featureless):
    """The mutation, where the features count nothing."""


class Backwards(VAEGAN):
    """Mutation: L_GAN taken for a log-likelihood, which the discriminator would lower."""

    def joint_loss(self, x, y, training):
        terms = super().joint_loss(x, y, training)
        terms["discriminator"]["adversarial"] = -terms["discriminator"]["adversarial"]
        return terms


class FeaturesAlone(VAEGAN):
    """Only the features count, and the discriminator stays as it is."""

    players = {"encoder": ("encoder",), "decoder": ("decoder",)}
    rounds = (("encoder", "decoder"),)
    terms = {"encoder": ("feature",), "decoder": ("feature",)}
    frozen = ("discriminator",)

    def joint_loss(self, x, y, training):
        terms = super().joint_loss(x, y, training)
        return {player: {"feature": terms[player]["feature"]} for player in self.players}


class FeaturesMoving(FeaturesAlone):
    """The same, while the discriminator learns to tell."""

    players = VAEGAN.players
    rounds = VAEGAN.rounds
    terms = {**FeaturesAlone.terms, "discriminator": ("adversarial",)}
    frozen = ()

    def joint_loss(self, x, y, training):
        terms = VAEGAN.joint_loss(self, x, y, training)
        return {
            player: {name: terms[player][name] for name in self.terms[player]} for player in terms
        }


def vae_gan(cls, **settings):
    """Perceptrons of 64 dimensions."""
    keras.utils.set_random_seed(0)
    judge = with_features(mlp(64, 1, (64, 64), "leaky_relu"))
    networks = mlp(64, 16, (64,)), mlp(8, 64, (64,), final="sigmoid"), judge
    return cls(*networks, 8, seed=0, **settings)


@functools.cache
def change(cls, player):
    """How one step of plain descent moves the weights of a player."""
    model = vae_gan(cls, feature_weight=1.0)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    before = [v.numpy() for v in model.variables_of(player)]
    model.fit(manifold(8, count=64)[0], batch_size=64, verbose=0)
    return [v.numpy() - w for v, w in zip(model.variables_of(player), before, strict=True)]


def apart(player, cls, other):
    pairs = zip(change(cls, player), change(other, player), strict=True)
    return max(np.abs(one - two).max() for one, two in pairs)


def test_the_encoder_learns_nothing_of_the_game_and_the_discriminator_nothing_of_features():
    assert apart("encoder", VAEGAN, Quiet) == 0.0 < apart("encoder", VAEGAN, Featureless)
    assert apart("discriminator", VAEGAN, Featureless) == 0.0
    assert apart("decoder", VAEGAN, Quiet) > 0 and apart("decoder", VAEGAN, Featureless) > 0


def test_one_loss_for_all_players_entangles_them():
    assert apart("encoder", Entangled, EntangledQuiet) > 1e-4
    assert apart("discriminator", Entangled, EntangledFeatureless) > 1e-4


@functools.cache
def after_500_steps(cls):
    """The losses before and after 500 steps on the manifold."""
    x, _ = manifold(8, count=6400)
    model = vae_gan(cls, feature_weight=1.0)
    model.compile(keras.optimizers.RMSprop(3e-4), steps_per_execution=50)
    logs = [model.evaluate(x, batch_size=640, return_dict=True, verbose=0)]
    model.fit(x, batch_size=64, epochs=5, verbose=0)
    return *logs, model.evaluate(x, batch_size=640, return_dict=True, verbose=0)


def ratio(cls):
    before, after = after_500_steps(cls)
    return after["encoder_feature"] / before["encoder_feature"]


def test_features_come_closer_while_the_discriminator_stands_still(figure):
    what = "VAEGAN, D frozen: feature error after 500 steps over before"
    assert figure(what, ratio(FeaturesAlone), "at most 0.5") <= 0.5


def test_features_part_while_the_discriminator_learns(figure):
    what = "VAEGAN, D learning: feature error after 500 steps over before"
    assert figure(what, ratio(FeaturesMoving), "above 1") > 1


def test_the_discriminator_lowers_its_cross_entropy(figure):
    measured = after_500_steps(VAEGAN)[1]["discriminator_adversarial"]
    assert figure(
        "VAEGAN: cross-entropy of D after 500 steps", measured, "below 2.08"
    ) < 3 * np.log(2)


def test_a_discriminator_that_takes_it_for_a_likelihood_is_trained_backwards(figure):
    measured = -after_500_steps(Backwards)[1]["discriminator_adversarial"]
    what = "VAEGAN, L_GAN as a log-likelihood: cross-entropy of D"
    assert figure(what, measured, "above 4.16") > 6 * np.log(2)


def test_real_and_generated_examples_share_the_statistics_of_the_discriminator():
    """Features of the same images at half the contrast: apart, normalization hides the contrast."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).random((32, 16, 16, 1), np.float32)
    model = VAEGAN.for_data((16, 16, 1), 4, channels=(8, 16), seed=0)
    decoded = tf.concat([0.25 + 0.5 * x, x], axis=0)

    class Halved(keras.layers.Layer):
        """Whatever the codes are, the images at half the contrast, and others."""

        def call(self, z):
            return decoded

    model.decoder = keras.Sequential([Halved()])

    def error(real, rebuilt):
        return 0.5 * np.sum((real.numpy() - rebuilt.numpy()) ** 2, axis=1).mean()

    with noise.training(0, 0, 0):
        loss = tf.reduce_mean(model.joint_loss(x, None, True)["encoder"]["feature"])
    judge = model.discriminator
    together = judge(tf.concat([x, decoded], axis=0), training=True)[1]
    apart = [judge(data, training=True)[1] for data in (x, decoded[:32])]
    assert float(loss) == pytest.approx(error(together[:32], together[32:64]), rel=1e-4)
    assert float(loss) > 1.5 * error(*apart)  # mutation: a batch of their own for each


def test_the_score_is_of_a_kind_of_its_own():
    assert VAEGAN.score_kind == "neg_feature_error" and not VAEGAN.has_evidence_bound


# AnoGAN: normal data lie on a surface, anomalies on another.


@functools.cache
def surfaces():
    """Training data, held-out normal data and anomalies: of one distribution, on two surfaces."""
    x, _ = manifold(2, d=16, count=10_200, seed=0)
    return x[:10_000], x[10_000:], manifold(2, d=16, count=200, seed=1)[0]


@functools.cache
def normal_gan():
    """A GAN of the normal surface after 1,560 steps."""
    keras.utils.set_random_seed(0)
    judge = with_features(mlp(16, 1, (64, 64), "leaky_relu"))
    model = AnoGAN(mlp(4, 16, (64, 64), final="sigmoid"), judge, 4, seed=0)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=156)
    model.fit(surfaces()[0], epochs=10, verbose=0)
    return model


def anomalies(x, **settings):
    """A(x) by the GAN of the normal surface, searched with these settings."""
    result = normal_gan()
    model = AnoGAN(result.generator, result.discriminator, 4, seed=0, **settings)
    return -model.score(x).numpy()


def area(**settings):
    """The area under the curve that tells anomalies from held-out normal data."""
    scores = [anomalies(x, **settings) for x in surfaces()[1:]]
    return roc_auc_score(np.repeat([0, 1], 200), np.concatenate(scores))


def test_anomalies_are_told_from_held_out_normal_data(figure):
    measured = area(search_steps=200)
    assert figure("AnoGAN: AUC of planted anomalies", measured, "at least 0.9") >= 0.9


@pytest.mark.slow
def test_without_the_search_anomalies_are_told_less_well(figure):
    measured = area(search_steps=0, restarts=1)
    assert figure("AnoGAN, no search: AUC of planted anomalies", measured, "below 0.9") < 0.9


def test_the_search_halves_the_anomaly_of_normal_data(figure):
    normal = surfaces()[1]
    first, last = (anomalies(normal, search_steps=n, restarts=1).mean() for n in (0, 200))
    what = "AnoGAN: A of held-out normal data, after the search over before"
    assert figure(what, last / first, "at most 0.5") <= 0.5


def test_the_search_moves_codes_and_no_variable():
    model, x = normal_gan(), surfaces()[1][:8]
    before = [v.numpy().tobytes() for v in model.variables]
    codes = model.encode(x, seed=1).numpy()
    assert [v.numpy().tobytes() for v in model.variables] == before
    assert np.abs(codes - model.encode(x, seed=2).numpy()).max() > 0
    np.testing.assert_allclose(model.encode(x[3:4], seed=[5]), model.encode(x[3:4], seed=[5]))


def test_a_score_depends_on_the_row_and_not_on_its_place_in_the_batch():
    model, x = normal_gan(), surfaces()[1][:7]
    together = model.score(x).numpy()
    np.testing.assert_array_equal([model.score(row[None])[0] for row in x], together)
    np.testing.assert_array_equal(model.score(x[::-1]), together[::-1])
    seeds = np.arange(7)  # one for each row: the search starts elsewhere
    assert np.abs(model.score(x, seeds) - together).max() > 0


def test_a_gpu_is_given_many_rows_at_once(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])
    assert descent.rows_at_once() == 64
    monkeypatch.undo()
    assert descent.rows_at_once() == 2
    model = normal_gan()
    wide = AnoGAN(model.generator, model.discriminator, 4, seed=0, search_rows=5, search_steps=20)
    rows = [rows.shape[0] for rows in rows_searched(wide, surfaces()[1][:7])]
    assert rows == [5] and wide.get_config()["search_rows"] == 5


def rows_searched(model, x):
    """What one call of the search is given while a score is traced."""
    observed, search = [], model.search
    model.search = lambda rows, z: observed.append(rows) or search(rows, z)
    model.score(x)
    return observed


def test_more_restarts_find_better_codes():
    normal = surfaces()[1][:64]
    few, many = (anomalies(normal, search_steps=50, restarts=n) for n in (1, 8))
    assert many.mean() < 0.9 * few.mean()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"restarts": 0}, "`restarts` of AnoGAN must be an integer from 1. Received: 0"),
        ({"search_steps": -1}, "`search_steps` of AnoGAN must be an integer from 0. Received: -1"),
        (
            {"feature_weight": 2.0},
            r"`feature_weight` of AnoGAN must be .* at most 1. Received: 2.0",
        ),
    ],
)
def test_searches_that_cannot_be_made_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        AnoGAN.for_data((6,), 3, hidden=(4,), **wrong)
