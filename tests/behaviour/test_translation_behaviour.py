"""Translators on pairs and domains whose true translation is known, and what breaks them."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.dropout import Dropout
from zoo.networks.mlp import mlp
from zoo.networks.unet import unet
from zoo.training.data.planted import shapes
from zoo.translation.cyclegan import CycleGAN
from zoo.translation.pix2pix import Pix2Pix

# Pix2Pix: outlines and the shapes they enclose.


class Blind(Pix2Pix):
    """Mutation: the discriminator does not see what was to be translated."""

    def judge(self, x, y, training=True):
        return super().judge(0.0 * x, y, training)


@functools.cache
def error(cls=Pix2Pix, **settings):
    """The absolute error on held-out pairs after 500 steps, over that of the outlines."""
    x, planted = shapes(2400)
    y = planted["target"]
    keras.utils.set_random_seed(0)
    model = cls.for_data((16, 16, 1), channels=(16, 32), seed=0, **settings)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=125)
    model.fit(x[:2200], y[:2200], batch_size=16, epochs=4, verbose=0)
    translated = model.translate(x[2200:], seed=0).numpy()
    return np.abs(translated - y[2200:]).mean() / np.abs(x - y)[2200:].mean()


def test_outlines_are_translated_to_the_shapes_they_enclose(figure):
    what = "Pix2Pix: absolute error over that of the input"
    assert figure(what, error(), "below 0.333") < 1 / 3


@pytest.mark.slow
def test_with_neither_its_error_nor_a_discriminator_of_pairs_nothing_is_translated(figure):
    measured = error(Blind, reconstruction_weight=0.0)
    what = "Pix2Pix without error, D blind to x: absolute error over that of the input"
    assert figure(what, measured, "above 0.333") > 1 / 3


# A large weight leaves the regression that the absolute error asks for: the median.


class Squared(Pix2Pix):
    """Mutation: the squared error, whose regression is the mean."""

    def generator_loss(self, x, y, training):
        terms = super().generator_loss(x, y, training)
        gap = tf.reduce_mean(tf.square(y - self.generator(x, training=training)), axis=1)
        return {**terms, "reconstruction": self.reconstruction_weight * gap}


@functools.cache
def regression(cls):
    """What is answered where y is exponential, of median ln 2 and mean 1, whatever x is."""
    y = np.random.default_rng(0).exponential(size=(10_000, 1)).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = cls(mlp(1, 1, ()), mlp(2, 1, (16,)), reconstruction_weight=1e4, seed=0)
    falling = keras.optimizers.schedules.CosineDecay(3e-2, 1000, alpha=0.01)
    model.compile(keras.optimizers.Adam(falling), steps_per_execution=100)
    model.fit(np.zeros_like(y), y, batch_size=100, epochs=10, verbose=0)
    return float(model.translate(np.zeros((1, 1), np.float32), seed=0)[0, 0])


def test_a_large_weight_gives_the_median(figure):
    measured = figure("Pix2Pix, a large weight: regression of Exp(1)", regression(Pix2Pix), "0.693")
    assert measured == pytest.approx(np.log(2.0), abs=0.03)


def test_the_squared_error_would_give_the_mean():
    assert regression(Squared) == pytest.approx(1.0, abs=0.05)


# Dropout is the noise, and stays on.


def two_translations(generator):
    """Translations of one image under two seeds."""
    keras.utils.set_random_seed(0)
    model = Pix2Pix(generator, mlp((8, 8, 2), 1, (4,)), seed=0)
    x = np.random.default_rng(0).random((1, 8, 8, 1), np.float32)
    return [model.translate(x, seed=seed).numpy() for seed in (1, 2, 1)]


def test_translations_differ_by_their_seed_and_by_nothing_else():
    first, other, again = two_translations(unet((8, 8, 1), 1, (4, 8)))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_dropout_that_is_off_in_inference_leaves_one_translation():
    def quiet(layer):
        config = layer.get_config()
        config |= {"always": False} if isinstance(layer, Dropout) else {}
        return type(layer).from_config(config)

    still = keras.models.clone_model(unet((8, 8, 1), 1, (4, 8)), clone_function=quiet)
    first, other, _ = two_translations(still)
    np.testing.assert_array_equal(first, other)


# CycleGAN: a plane and its image under an affine map, without pairs.

SLOPE, SHIFT = np.array([[1.2, 0.5], [-0.3, 0.8]]), np.array([1.0, -0.5])


def planes(seed, count=12_800):
    """Draws of N(0, I), and others of its image."""
    x, y = np.random.default_rng(seed).normal(size=(2, count, 2))
    return x.astype(np.float32), (y @ SLOPE.T + SHIFT).astype(np.float32)


def residual():
    """x + h(x): a translator that starts near the identity."""
    x = keras.Input((2,))
    moved = keras.layers.Add(dtype="float32")([x, mlp(2, 2, (64, 64), "tanh")(x)])
    return keras.Model(x, moved)


def cyclegan(seed, **settings):
    keras.utils.set_random_seed(seed)
    judges = [mlp(2, 1, (64, 64), "leaky_relu") for _ in "xy"]
    return CycleGAN(residual(), residual(), *judges, seed=seed, **settings)


@functools.cache
def after_3000_steps(seed, cycle_weight=1.0):
    """The largest errors of a cycle, of means and of covariances, both ways, on held-out data."""
    model = cyclegan(seed, cycle_weight=cycle_weight)
    falling = keras.optimizers.schedules.CosineDecay(1e-3, 3000, alpha=0.01)
    model.compile(keras.optimizers.Adam(falling, 0.5), steps_per_execution=100)
    model.fit(*planes(0), batch_size=128, epochs=30, verbose=0)
    x, y = planes(1)
    made_y, made_x = (np.asarray(model.translate(*way)) for way in ((x, "xy"), (y, "yx")))
    again_x, again_y = model.translate(made_y, "yx"), model.translate(made_x, "xy")
    distributions = (made_y, SHIFT, SLOPE @ SLOPE.T), (made_x, np.zeros(2), np.eye(2))
    cycle = max(np.abs(again_x - x).mean(), np.abs(again_y - y).mean())
    mean = max(
        np.abs(translated.mean(axis=0) - wanted).max() for translated, wanted, _ in distributions
    )
    norm = np.linalg.norm
    covariance = max(
        norm(np.cov(translated.T) - distribution) / norm(distribution)
        for translated, _, distribution in distributions
    )
    return cycle, mean, covariance


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_domains_are_translated_there_and_back(seed, figure):
    cycle, mean, covariance = after_3000_steps(seed)
    assert figure(f"CycleGAN, seed {seed}: error of a cycle", cycle, "below 0.1") < 0.1
    assert figure(f"CycleGAN, seed {seed}: error of means", mean, "at most 0.05") <= 0.05
    what = f"CycleGAN, seed {seed}: relative error of covariances"
    assert figure(what, covariance, "at most 0.07") <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_its_cycle_the_way_back_is_lost(seed, figure):
    what = f"CycleGAN without cycle, seed {seed}: error of a cycle"
    assert figure(what, after_3000_steps(seed, 0.0)[0], "above 0.1") > 0.1


def test_losses_do_not_depend_on_which_rows_stand_side_by_side():
    model, (x, y) = cyclegan(0, identity_weight=1.0), (tf.constant(side[:64]) for side in planes(0))
    turned = tf.reverse(y, axis=[0])
    for player in model.players:
        loss = getattr(model, f"{player}_loss")
        one, other = loss(x, y, training=False), loss(x, turned, training=False)
        for term in one:
            np.testing.assert_allclose(
                tf.reduce_mean(one[term]), tf.reduce_mean(other[term]), rtol=1e-5
            )


def test_identities_have_no_cycle_and_no_identity_loss():
    model = cyclegan(0, identity_weight=1.0)
    for network in (model.g, model.f):
        for weight in network.trainable_variables:
            weight.assign(tf.zeros_like(weight))
    terms = model.generators_loss(*(tf.constant(side[:8]) for side in planes(0)), training=False)
    assert not terms["cycle"].numpy().any() and not terms["identity"].numpy().any()
    assert terms["adversarial"].numpy().any()


def test_an_identity_weight_of_zero_leaves_the_term_out():
    assert cyclegan(0).terms["generators"] == ("adversarial", "cycle")
    assert cyclegan(0, identity_weight=1.0).terms["generators"][-1] == "identity"


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match='`direction` must be "xy" or "yx". Received: \'xx\''):
        cyclegan(0).translate(planes(0)[0][:1], "xx")


def test_a_pool_of_negative_size_is_refused():
    with pytest.raises(ValueError, match="`pool_size` of CycleGAN must be an integer from 0"):
        cyclegan(0, pool_size=-1)


def test_pairs_may_differ_in_channels():
    model = Pix2Pix.for_data((8, 8, 1), target_shape=(8, 8, 3), channels=(4, 8), seed=0)
    assert (model.data_shape, model.target_shape) == ((8, 8, 1), (8, 8, 3))
    assert model.discriminator.input_shape == (None, 8, 8, 4)
    assert model.translate(np.zeros((2, 8, 8, 1), np.float32), seed=0).shape == (2, 8, 8, 3)
