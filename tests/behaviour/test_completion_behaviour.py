"""Many outputs for one input: y is x or -x, which a deterministic network cannot say."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.pairs import conditional_decoder, joined_encoder
from zoo.vae_label.structured_output_cvae import StructuredOutputCVAE


class Certain(StructuredOutputCVAE):
    """Mutation: the generator sees 0 in the place of every code."""

    def generate(self, conditions, z, training):
        return super().generate(conditions, 0.0 * z, training)


@functools.cache
def pairs():
    """x away from 0, and y = x or -x."""
    random = np.random.default_rng(0)
    x = random.choice([-1.0, 1.0], (6_400, 1)) * random.uniform(0.3, 1.0, (6_400, 1))
    return x.astype(np.float32), (random.choice([-1.0, 1.0], (6_400, 1)) * x).astype(np.float32)


def made(cls=StructuredOutputCVAE, alpha=1.0, sigma=0.1, latent_dim=2):
    keras.utils.set_random_seed(0)
    hidden = (32, 32)
    return cls(
        joined_encoder([(1,), (1,), (1,)], 2 * latent_dim, hidden),
        joined_encoder([(1,), (1,)], 2 * latent_dim, hidden),
        conditional_decoder([(1,), (1,)], latent_dim, (1,), hidden),
        latent_dim,
        baseline=joined_encoder([(1,)], 1, hidden),
        alpha=alpha,
        likelihood=Gaussian(sigma),
        seed=0,
    )


@functools.cache
def trained(cls=StructuredOutputCVAE, alpha=1.0):
    x, y = pairs()
    model = made(cls, alpha)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, 1_200, alpha=0.1)
    model.compile(keras.optimizers.Adam(rate), steps_per_execution=50)
    model.fit(x, y, batch_size=128, epochs=24, verbose=0)
    return model


def shares(model):
    """How many completions lie near x, and how many near -x."""
    x, _ = pairs()
    made = np.asarray(model.translate(x[:2_000], seed=0))
    near = [np.abs(made - sign * x[:2_000]) < 0.2 for sign in (1.0, -1.0)]
    return [float(np.mean(side)) for side in near]


@pytest.mark.parametrize("alpha", [1.0])  # below 1 a draw of the wrong sign costs: both shrink
def test_completions_cover_both_outputs(alpha, figure):
    found = shares(trained(alpha=alpha))
    for words, share in zip(("x", "-x"), found, strict=True):
        figure(f"StructuredOutputCVAE, alpha = {alpha}: completions near {words}", share, ".35-.65")
    assert all(0.35 <= share <= 0.65 for share in found)


def test_the_baseline_gives_what_lies_between(figure):
    x, _ = pairs()
    mean = float(np.mean(np.abs(trained().baseline(x))))
    assert figure("StructuredOutputCVAE: mean |y| of its baseline", mean, "below 0.15") < 0.15


def test_without_its_code_it_covers_neither(figure):
    found = max(shares(trained(Certain)))
    assert figure("StructuredOutputCVAE without z: completions near x", found, "below 0.35") < 0.35


def test_the_divergence_is_that_of_tfp_and_the_terms_add_up():
    model, (x, y) = made(alpha=0.25), (tf.constant(side[:32]) for side in pairs())
    with model.noise.training(0, 0, 0):
        terms = model.model_loss(x, y, training=True)
    conditions, _ = model.conditions(x, training=False)
    outputs = model.recognition([*conditions, y]), model.prior_network(conditions)
    laws = [
        tfp.distributions.MultivariateNormalDiag(mean, tf.exp(0.5 * log_var))
        for mean, log_var in (tf.split(output, 2, axis=1) for output in outputs)
    ]
    expected = 0.25 * tfp.distributions.kl_divergence(*laws)
    np.testing.assert_allclose(terms["divergence"], expected, rtol=1e-4)


def test_the_score_is_above_the_bound_and_below_what_is_known(figure):
    """ln p(y|x) = ln 1/2 N(y; x, 0.01) + 1/2 N(y; -x, 0.01), and y is +-x."""
    model, (x, y) = trained(), (side[:1_000] for side in pairs())
    known = np.log(0.5) - 0.5 * np.log(2.0 * np.pi * 0.01)
    estimate = float(np.mean(model.score(x, y)))
    figure("StructuredOutputCVAE: nats below ln p(y|x)", known - estimate, "-0.05 to 0.3")
    assert -0.05 < known - estimate < 0.3
    terms = model.evaluate(x, y, return_dict=True, verbose=0)
    assert estimate > -(terms["reconstruction"] + terms["divergence"])
