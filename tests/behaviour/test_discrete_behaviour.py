"""A discrete latent variable: EM, gradients and the bound, where everything is a sum."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.density.discrete_lvm import DiscreteLVM
from zoo.likelihoods.components import GaussianComponents
from zoo.networks.mlp import mlp
from zoo.training import data
from zoo.training.data.planted import blobs
from zoo.training.evaluate import matched_accuracy

MODES, SIZE = 5, 10


@functools.cache
def rows():
    x, planted = blobs(2_000, modes=MODES, size=SIZE, radius=5.0)
    return x, planted


def exact():
    """The mean of ln p(x) under what was planted, nats."""
    x, planted = rows()
    gaps = np.square(x[:, None] - planted["centres"]).sum(axis=2)
    each = -0.5 * (gaps + SIZE * np.log(2.0 * np.pi)) - np.log(MODES)
    return np.mean(np.logaddexp.reduce(each, axis=1))


def mixture(method="em", cls=DiscreteLVM):
    keras.utils.set_random_seed(0)
    encoder = mlp(SIZE, MODES, (32,)) if method == "variational" else None
    return cls(GaussianComponents((SIZE,), MODES), encoder=encoder, method=method, seed=1)


# EM and descent end where the data were drawn from.


class Prior(DiscreteLVM):
    """Mutation: the components of data are told by the shares, and not by the posterior."""

    def classify(self, x):
        return tf.zeros([tf.shape(x)[0], self.num_classes]) + tf.exp(self.components.log_shares)


@functools.cache
def fitted(method, cls=DiscreteLVM):
    """The model, and ln p(x) before every step."""
    x, _ = rows()
    model = mixture(method, cls)
    if method == "em":
        model.compile()
        logs = model.fit(x, batch_size=len(x), epochs=40, verbose=0).history
    else:
        model.compile(keras.optimizers.Adam(3e-2), steps_per_execution=20)
        logs = model.fit(x, batch_size=100, epochs=20, verbose=0).history
    return model, -np.array(logs["loss"])


def missing(method, cls=DiscreteLVM):
    """Nats below the planted likelihood of the same rows."""
    return exact() - float(np.mean(fitted(method, cls)[0].score(rows()[0])))


def test_the_likelihood_never_falls_in_steps_of_em():
    _, path = fitted("em")
    assert (np.diff(path) >= -1e-4).all() and path[-1] > path[0] + 1.0


@pytest.mark.parametrize("method", ["em", "gradient", "variational"])
def test_every_method_reaches_the_planted_likelihood(method, figure):
    nats = missing(method)
    figure(f"DiscreteLVM, {method}: nats below the planted likelihood", nats, "0 +- 0.1")
    assert abs(nats) < 0.1
    model, (x, planted) = fitted(method)[0], rows()
    clusters = np.argmax(model.classify(x), axis=1)
    assert matched_accuracy(clusters, planted["mode"]) > 0.95


def test_em_by_shares_in_place_of_posteriors_finds_one_component(figure):
    nats = missing("em", Prior)
    assert figure("DiscreteLVM, EM without the posterior: nats missing", nats, "above 0.1") > 0.1


# The bound: an equality for the posterior, and below it for any other.


def test_the_bound_is_the_likelihood_for_the_posterior_alone(figure):
    model, x = fitted("em")[0], rows()[0][:200]
    log_q = tf.nn.log_softmax(model.components.joint_log_prob(x))
    above = -tf.add_n(list(model.bound(x, log_q).values())) - model.score(x)
    gap = float(tf.reduce_max(tf.abs(above)))
    assert figure("DiscreteLVM: bound less ln p(x), q the posterior", gap, "below 1e-4") < 1e-4
    other = tf.math.log(0.9 * tf.exp(log_q) + 0.1 / MODES)  # less sure of every row
    below = -tf.add_n(list(model.bound(x, other).values())) - model.score(x)
    assert float(tf.reduce_max(below)) < -1e-4


@pytest.mark.parametrize("drawn_of, holds", [("posterior", True), ("prior", False)])
def test_the_latent_variable_is_drawn_from_its_posterior(drawn_of, holds, figure):
    """E ln p(x, k) - ln q(k|x) over draws of k: of ln p(x) where they are of q."""
    model, x = fitted("em")[0], rows()[0][:50]
    log_joint = np.asarray(model.components.joint_log_prob(x))
    log_q = np.asarray(tf.nn.log_softmax(log_joint))
    law = np.exp(log_q) if drawn_of == "posterior" else np.full_like(log_q, 1.0 / MODES)
    random = np.random.default_rng(0)
    k = np.array([random.choice(MODES, 200, p=row / row.sum()) for row in np.float64(law)])
    values = np.take_along_axis(log_joint - (log_q if holds else np.log(law)), k, axis=1)
    gap = np.mean(values) - float(np.mean(model.score(x)))
    figure(f"DiscreteLVM, k of the {drawn_of}: mean of the bound less ln p(x)", gap, "0 +- 0.05")
    assert (abs(gap) < 0.05) == holds


# Real digits, of which every pixel is 0 or 1.


@functools.cache
def of_digits(method):
    digits = data.load("binary:digits")
    keras.utils.set_random_seed(0)
    model = DiscreteLVM.for_data((8, 8, 1), num_components=10, method=method, seed=0)
    model.compile(None if method == "em" else keras.optimizers.Adam(2e-2))
    size = len(digits.train) if method == "em" else 128
    model.fit(digits.train, batch_size=size, epochs=60 if method == "em" else 30, verbose=0)
    return float(np.mean(model.score(digits.train))), float(np.mean(model.score(digits.test)))


@pytest.mark.slow
def test_em_and_descent_agree_on_binary_digits(figure):
    found = {method: of_digits(method) for method in ("em", "gradient")}
    for method, (_, held_out) in found.items():
        figure(f"DiscreteLVM, {method}: ln p(x) of binary digits", held_out, "as the other, 2 %")
    assert found["em"][1] == pytest.approx(found["gradient"][1], rel=0.02)
