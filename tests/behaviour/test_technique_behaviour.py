"""Options of every GAN (Salimans et al., 2016): matched features, batches as a whole, the past,
and labels of data below one."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from points import bilinear, place

import zoo
from zoo.gan_dynamics.consensus_gan import ConsensusGAN
from zoo.layers.minibatch_discrimination import MinibatchDiscrimination
from zoo.losses.features import feature_matching
from zoo.losses.games import NonSaturating
from zoo.metrics.mode_coverage import mode_coverage
from zoo.optimizers.historical_averaging import HistoricalAveraging
from zoo.training.data.planted import ring


def on_the_ring(**settings):
    return zoo.create("nsgan", (2,), 4, hidden=(32, 32), seed=0, **settings)


# One-sided label smoothing.


def slope(label, output, fake=None):
    """Of the discriminator's loss in one output for data, of samples alike or of `fake`."""
    with tf.GradientTape() as tape:
        outputs = tf.constant([output], tf.float32)
        tape.watch(outputs)
        samples = outputs if fake is None else tf.constant([fake])
        loss = NonSaturating(real_label=label).discriminator(outputs, samples)
    return float(tape.gradient(loss, outputs)[0])


@pytest.mark.parametrize("label", [0.9, 1.0])
def test_smoothed_labels_move_the_best_output(label):
    """D* = s p / (p + p_G): s / 2 where both are alike."""
    best = np.log(label / 2.0 / (1.0 - label / 2.0))
    assert slope(label, best) == pytest.approx(0.0, abs=1e-6)
    assert slope(label, best - 1.0) < -0.1 and slope(label, best + 1.0) > 0.1


def test_far_from_samples_the_output_goes_no_further_than_the_label():
    """D* = s; without smoothing the logit grows for ever."""
    best = np.log(0.9 / 0.1)
    assert slope(0.9, best, fake=-50.0) == pytest.approx(0.0, abs=1e-6)
    assert slope(0.9, best + 1.0, fake=-50.0) > 0.0 > slope(1.0, best + 1.0, fake=-50.0)


def test_labels_of_samples_stay_as_they_are():
    fake = tf.constant([-1.0, 2.0])
    smooth, plain = (NonSaturating(real_label=s) for s in (0.9, 1.0))
    np.testing.assert_allclose(smooth.generator(fake), plain.generator(fake))
    gaps = [game.discriminator(tf.zeros(2), fake).numpy() for game in (smooth, plain)]
    np.testing.assert_allclose(gaps[0], gaps[1], rtol=1e-6)  # at 0 both labels cost ln 2


def test_a_smoothed_label_is_an_option_of_every_game_that_has_labels():
    assert on_the_ring(real_label=0.9).game == NonSaturating(real_label=0.9)
    assert not on_the_ring(real_label=0.9).output_is_log_ratio
    with pytest.raises(ValueError, match="`real_label` of WGAN must be 1"):
        zoo.create("wgan", (2,), 4, hidden=(8,), real_label=0.9)


# Feature matching.


def gap_after(weight, moves=150):
    """|E f(x) - E f(G(z))|^2 over what it was, after moves of the generator alone."""
    model, x = on_the_ring(feature_matching_weight=weight), tf.constant(ring(256)[0])
    if not model.matches_features:
        model = on_the_ring(feature_matching_weight=1e-12)
    model.compile(keras.optimizers.Adam(1e-3, 0.5))

    def gap():
        samples = model.sample(2000, seed=0)
        features = (model.discriminator(rows)[1] for rows in (x, samples))
        return float(feature_matching(*features))

    before, move = gap(), tf.function(lambda: model.move(("generator",), (x, None), 0))
    for _ in range(moves):
        move()
    return gap() / before


def test_matched_features_come_together(figure):
    share = figure("NSGAN, features matched, ring: gap left", gap_after(10.0), "< 0.1")
    assert share < 0.1


def test_features_that_are_not_matched_do_not_come_together():
    """Mutation: the weight of the term is 0."""
    assert gap_after(0.0) > 0.5


def test_matching_is_refused_by_losses_that_do_not_match():
    with pytest.raises(ValueError, match="`feature_matching_weight` of ConsensusGAN must be 0"):
        zoo.create("consensus_gan", (2,), 4, hidden=(8,), feature_matching_weight=1.0)


# Minibatch discrimination.


def test_nearness_is_the_sum_over_the_other_rows():
    layer = MinibatchDiscrimination(3, 2)
    f = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    near = layer(f).numpy()[:, 4:]
    m = (f @ layer.tensor.numpy()).reshape(5, 3, 2)
    for i in range(5):
        others = [np.exp(-np.abs(m[i] - m[j]).sum(axis=1)) for j in range(5) if j != i]
        np.testing.assert_allclose(near[i], np.sum(others, axis=0), rtol=1e-5)


def test_rows_that_are_alike_are_as_near_as_can_be():
    near = MinibatchDiscrimination(3, 2)(np.ones((6, 4), np.float32)).numpy()[:, 4:]
    np.testing.assert_allclose(near, 5.0, rtol=1e-6)


@functools.cache
def certainty(kernels, moves=300):
    """D(x) - D(x') for data against batches that lie on one mode of the data, after moves.

    Each batch of samples is of another mode: every one of them alone is as good as data.
    """
    model = on_the_ring(minibatch_kernels=kernels)
    x, planted = ring(64 * moves)
    modes, optimizer = planted["mode"], keras.optimizers.Adam(3e-3)
    network, gaps = model.discriminator, []
    optimizer.build(network.trainable_variables)

    @tf.function
    def move(real, fake):
        with tf.GradientTape() as tape:
            outputs = network(real), network(fake)
            loss = tf.reduce_mean(model.game.discriminator(*outputs))
        weights = network.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return tf.reduce_mean(tf.sigmoid(outputs[0]) - tf.sigmoid(outputs[1]))

    for step in range(moves):
        real, fake = x[64 * step : 64 * step + 64], x[modes == step % 8][:64]
        gaps.append(float(move(tf.constant(real), tf.constant(fake))))
    return np.mean(gaps[-50:])


def test_batches_of_one_mode_are_recognized_as_a_whole(figure):
    share = figure(
        "Minibatch discrimination: D(x) - D(x'), one mode a batch", certainty(8), "> 0.8"
    )
    assert share > 0.8


def test_rows_by_themselves_do_not_show_that_a_batch_is_of_one_mode():
    """Mutation: no kernels."""
    assert certainty(0) < 0.3


# Historical averaging.


def test_the_optimizer_is_adam_on_the_pulled_gradient():
    """By hand: g + 2 w (theta - mean of all theta so far)."""
    ours, theta = HistoricalAveraging(0.1, weight=0.5), tf.Variable([1.0, -2.0])
    plain, copy = keras.optimizers.Adam(0.1), tf.Variable([1.0, -2.0])
    past = []
    for step in range(4):
        gradient = tf.constant([0.3 * step, -0.2])
        past.append(copy.numpy())
        pull = 2.0 * 0.5 * (copy.numpy() - np.mean(past, axis=0))
        plain.apply([gradient + pull], [copy])
        ours.apply([gradient], [theta])
    np.testing.assert_allclose(theta, copy, rtol=1e-6)


def radius(weight, steps=600):
    """Of f = u v, both players at once, from (1, 1)."""
    model = bilinear(ConsensusGAN, 1.0, 1.0, consensus_weight=0.0)
    options = {"beta_1": 0.0, "epsilon": 1.0}  # near to plain steps
    model.compile(
        {
            player: HistoricalAveraging(0.1, weight=weight, **options)
            for player in ("discriminator", "generator")
        }
    )
    model.fit(np.zeros((steps, 1), np.float32), batch_size=1, verbose=0)
    return float(np.linalg.norm(place(model)))


def test_held_near_its_past_a_game_that_circles_comes_in(figure):
    held, free = radius(0.2), radius(0.0)
    figure("Historical averaging, f = uv: radius with it over without", held / free, "< 0.5")
    assert held < 0.5 * free


# All of them on the ring.

OPTIONS = {
    "one-sided label smoothing": {"real_label": 0.9},
    "feature matching": {"feature_matching_weight": 1.0},
    "minibatch discrimination": {"minibatch_kernels": 16},
    "historical averaging": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_with_every_option_the_ring_is_covered(name, figure):
    x, planted = ring()
    model = on_the_ring(**OPTIONS[name])
    optimizer = {"learning_rate": 1e-3, "beta_1": 0.5}
    is_held = name == "historical averaging"
    optimizers = {
        player: HistoricalAveraging(weight=1e-3, **optimizer)
        if is_held
        else keras.optimizers.Adam(**optimizer)
        for player in model.players
    }
    model.compile(optimizers, steps_per_execution=50)
    model.fit(x, batch_size=128, epochs=60, steps_per_epoch=100, verbose=0)
    samples = model.sample(2500, seed=0).numpy()
    covered = mode_coverage(samples, planted["centres"], planted["sigma"])["modes"]
    assert figure(f"NSGAN with {name}, ring: modes of 8", covered, ">= 6") >= 6
