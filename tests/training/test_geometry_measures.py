"""Measures of the map from noise to data by name, on models whose map is known."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import ROWS

from zoo.gan.nsgan import NSGAN
from zoo.gan.wgan_gp import WGANGP
from zoo.networks.mlp import mlp
from zoo.priors.generator import PriorGenerator
from zoo.priors.normal import StandardNormal
from zoo.training import data as datasets
from zoo.training.data import Data, planted
from zoo.training.measures import Subject, measured
from zoo.verbs.codes import CodeVerbs


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


class Codec:
    """A model of a known encoder: the table of the codes of every combination of factors."""

    targets, num_classes, seed = "none", None, 0

    def __init__(self, data, codes):
        self.data_shape = data.data_shape
        self.codes = dict(zip((x.tobytes() for x in data.info["examples"]), codes, strict=True))

    def offered(self):
        return {"encode": ("x",)}

    def encode(self, x):
        return np.stack([self.codes[row.tobytes()] for row in x])


def test_factors_as_codes_are_disentangled():
    x, info = planted.sprites(count=200)
    sprites, sizes = Data("sprites", x[:100], x[100:], info=info), info["sizes"]
    factors = np.indices(sizes).reshape(len(sizes), -1).T / np.array(sizes)
    subject = Subject(Codec(sprites, factors), sprites, count=100)
    found = measured(subject, ["disentanglement"])
    assert all(row["count"] >= 900 and row["meaning"] for row in found.values())
    assert found["mig"]["value"] == pytest.approx(1.0, abs=1e-6)
    assert found["beta_score"]["value"] > 0.98 and found["factor_score"]["value"] == 1.0


def test_data_without_factors_have_no_scores(digits):
    model = ROWS["vae"].make()
    assert measured(Subject(model, digits, count=20), ["disentanglement"]) == {}


def halves(digits):
    """Codes of the plane to one digit where z_1 < 0, to another elsewhere: steep, not a jump."""
    first, second = (digits.train[digits.train_labels == k][0] for k in (0, 1))
    layers = [keras.Input((2,)), keras.layers.Dense(1, "sigmoid"), keras.layers.Dense(64)]
    network = keras.Sequential([*layers, keras.layers.Reshape((8, 8, 1))])
    change = (second - first).reshape(1, 64)
    network.layers[0].set_weights([np.array([[50.0], [0.0]]), np.zeros(1)])
    network.layers[1].set_weights([change, first.reshape(64)])
    return network, 50.0 / 4.0 * np.linalg.norm(change)


class Halves(CodeVerbs):
    """A model that decodes by `halves`, of a prior."""

    targets, num_classes, seed, data_shape = "none", None, 0, (8, 8, 1)

    def __init__(self, digits, prior):
        self.decoder, self.prior = halves(digits)[0], prior

    def decode(self, z):
        return self.decoder(z)


def doubled():
    """The prior z = 2u."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    network.set_weights([2.0 * np.eye(2)])
    return PriorGenerator(network)


LAWS = {"N(0, I)": (lambda: StandardNormal(2), 1.0), "of a generator": (doubled, 1.0)}
LAWS["N(0, 4 I)"] = lambda: StandardNormal(2, sigma=2.0), 2.0


@pytest.mark.parametrize("law", LAWS)
def test_the_radius_of_half_spaces_is_its_bound_in_the_space_of_the_noise(digits, law):
    prior, sigma = LAWS[law]
    found = measured(Subject(Halves(digits, prior()), digits, count=300), ["class_radius"])
    row = found["class_radius"]
    assert row["value"] == pytest.approx(sigma * math.sqrt(2.0 / math.pi), rel=0.15)
    assert row["value"] == pytest.approx(row["reference"], abs=3.0 * row["standard_error"])
    assert row["extractor"] == "classifier:digits" and row["count"] == 300
    loose = found["class_radius_log_bound"]["value"]
    assert loose == pytest.approx(sigma * 1.8384, rel=0.02)


def test_one_class_alone_and_data_without_classes_have_no_radius(digits):
    model = Halves(digits, StandardNormal(2))
    model.decoder.layers[0].set_weights([np.zeros((2, 1)), np.full(1, 50.0)])
    assert measured(Subject(model, digits, count=20), ["class_radius"]) == {}
    pixels = Subject(Halves(digits, doubled()), digits, count=20, extractor="pixels")
    assert measured(pixels, ["class_radius"]) == {}


def test_a_generator_stretches_as_much_as_its_layers_say(digits):
    network, steepest = halves(digits)
    subject = Subject(NSGAN(network, mlp((8, 8, 1), 1, ()), 2), digits, count=100)
    found = {name: row["value"] for name, row in measured(subject, ["lipschitz"]).items()}
    assert found["lipschitz_upper"] == pytest.approx(steepest, rel=1e-5)
    assert 0.5 * steepest < found["lipschitz_local"] <= steepest * (1 + 1e-5)
    assert 0.0 < found["lipschitz_lower"] <= steepest


def test_it_is_the_generator_that_is_measured_where_there_is_a_decoder_too(digits):
    model = ROWS["began"].make()
    model.generator.set_weights([np.zeros_like(w) for w in model.generator.get_weights()])
    found = measured(Subject(model, digits, count=10), ["lipschitz"])
    assert found["lipschitz_upper"]["value"] == 0.0


def test_layers_of_no_known_bound_leave_the_others(digits):
    subject = Subject(ROWS["nsgan"].make(), digits, count=10)  # batch normalization
    assert set(measured(subject, ["lipschitz"])) == {"lipschitz_lower", "lipschitz_local"}


def told(digits, model, slope):
    """The entry of a discriminator that sees the mean of an image alone."""
    model.discriminator.set_weights([np.full((64, 1), slope), np.full(1, -0.1 * slope * 64)])
    return measured(Subject(model, digits, count=200), ["jsd"])


def test_the_discriminator_proves_as_much_as_it_can_tell(digits):
    dark = keras.Sequential([keras.Input((2,)), keras.layers.Dense(64)])
    dark.set_weights([np.zeros((2, 64)), np.zeros(64)])  # every sample is black
    dark = keras.Sequential([dark, keras.layers.Reshape((8, 8, 1))])
    parts = dark, mlp((8, 8, 1), 1, ()), 2
    sure = told(digits, NSGAN(*parts), 5.0)["jsd"]
    assert sure["value"] == pytest.approx(math.log(2.0), abs=1e-4)  # black is no digit
    assert (sure["reference"], sure["count"]) == (0.0, 200) and sure["standard_error"] < 1e-4
    assert told(digits, NSGAN(*parts), -5.0)["jsd"]["value"] < -10.0  # the wrong way round
    blind = told(digits, NSGAN(*parts), 0.0)["jsd"]
    assert blind["value"] == pytest.approx(0.0, abs=1e-6)
    assert told(digits, WGANGP(*parts), 5.0) == {}  # no logit


@pytest.mark.parametrize("name", ["vae", "flex_ae", "infogan", "cvae", "vq_vae"])
def test_noise_is_decoded_where_it_is_normal(name):
    model = ROWS[name].make()
    known = model.noise_map()
    assert (known is None) == (name not in ("vae", "flex_ae"))
    if known is not None:
        made, size, sigma = known
        u = tf.random.stateless_normal((2, size), (0, 0))
        z = model.prior.network(u) if name == "flex_ae" else u
        np.testing.assert_allclose(made(u), model.decode(z))
        assert sigma == 1.0


def test_measures_of_codes_take_what_a_model_has(digits):
    names = ["holes", "likelihood"]
    found = {
        name: measured(Subject(ROWS[name].make(), digits, count=20), names)
        for name in ("began", "vamp_prior_vae", "hierarchical_prior_vae")
    }
    assert found["began"] == {}  # its codes are not those it draws
    for name in ("vamp_prior_vae", "hierarchical_prior_vae"):
        assert {"hole_density", "log_likelihood", "information"} <= found[name].keys()
