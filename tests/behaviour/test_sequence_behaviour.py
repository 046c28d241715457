"""Sequences: the loss is the sum it says, and a phase that rotates goes on rotating."""

import functools

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import zoo
from zoo.metrics.jump_error import jump_error
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.sequence.td_vae import TDVAE
from zoo.training.data.planted import rotation

STEPS, PERIOD, LATENT = 12, 8, 8


def build(cls=TDVAE, hidden=(50,), **settings):
    keras.utils.set_random_seed(0)
    return cls.for_data((STEPS, 2), LATENT, hidden=hidden, seed=0, **settings)


# The loss, computed again on the same draws.


def by_hand(model, x):
    """The four parts of the loss of each row, by TensorFlow Probability."""
    from tensorflow_probability import distributions as distribution

    def gaussian(output):
        return distribution.MultivariateNormalDiag(
            output[:, :LATENT], tf.exp(0.5 * output[:, LATENT:])
        )

    rows, b = np.arange(len(x)), model.belief(x).numpy()
    with model.noise.training(0, 0, 0):
        first, jump = (number.numpy() for number in model.instants(len(x)))
        later, earlier = (model.noise.normal((len(x), LATENT)) for _ in range(2))
    b1, b2, x2 = b[rows, first], b[rows, first + jump], x[rows, first + jump]
    early, late = (gaussian(model.prior_network(side)) for side in (b1, b2))
    z2 = late.mean() + late.stddev() * later
    smooth = gaussian(model.smoother(tf.concat([z2, b1, b2], axis=1)))
    z1 = smooth.mean() + smooth.stddev() * earlier
    steps = np.eye(model.max_jump, dtype=np.float32)[jump - 1]
    ahead = gaussian(model.transition(tf.concat([z1, steps], axis=1)))
    spread = tf.fill(x2.shape, tf.exp(model.likelihood.log_sigma.value))
    return {
        "divergence": smooth.kl_divergence(early),
        "belief": late.log_prob(z2),
        "transition": -ahead.log_prob(z2),
        "reconstruction": -distribution.MultivariateNormalDiag(model.decoder(z2), spread).log_prob(
            x2
        ),
    }


class FreeBelief(DiagonalGaussian):
    """Mutation: ln p_B(z2|b2) is dropped."""

    def sample(self, output):
        z, log_q = super().sample(output)
        return z, 0.0 * log_q


class FreeTransition(DiagonalGaussian):
    """Mutation: ln p_T(z2|z1, d) is dropped."""

    def sample(self, output):
        z, _ = super().sample(output)
        return z, DiagonalGaussian().log_prob(z, output)

    def log_prob(self, z, output):
        return 0.0 * super().log_prob(z, output)


class Dropped(TDVAE):
    """Mutation: a term is dropped."""

    def model_loss(self, x, y, training):
        terms = super().model_loss(x, y, training)
        return {**terms, self.dropped: 0.0 * terms[self.dropped]}


def loss_of(model, x):
    with model.noise.training(0, 0, 0):
        return tf.add_n(list(model.model_loss(tf.constant(x), None, training=True).values()))


def mutated(part):
    """A model whose loss lacks a part."""
    model = build(Dropped if part in ("divergence", "reconstruction") else TDVAE)
    model.dropped = part
    if part == "belief":
        model.posterior = FreeBelief()
    if part == "transition":
        model.posterior = FreeTransition()
    return model


def test_the_loss_is_the_sum_of_its_four_parts_on_the_same_draws(figure):
    x, _ = rotation(64, steps=STEPS)
    expected = sum(by_hand(build(), x).values())
    gap = np.abs(loss_of(build(), x) - expected).max() / np.abs(expected).max()
    assert figure("TDVAE: loss beside that of TFP", gap, "below 1e-5") < 1e-5


@pytest.mark.parametrize("part", ["divergence", "belief", "transition", "reconstruction"])
def test_a_loss_without_one_of_its_parts_is_another(part):
    x, _ = rotation(64, steps=STEPS)
    parts = by_hand(build(), x)
    actual, expected = loss_of(mutated(part), x), sum(parts.values())
    assert np.abs(actual - expected).max() / np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(actual, expected - parts[part], rtol=1e-4, atol=1e-4)


# Jumps, where the phase is known.


class Still(TDVAE):
    """Mutation: the transition is not told how far it jumps."""

    def ahead(self, z, jump, training):
        return super().ahead(z, 1 + 0 * jump, training)


@functools.cache
def trained(cls=TDVAE, ways=(1,), hidden=50, steps=800, rate=5e-3):
    """A model of points that go round one way, or both, and held-out sequences."""
    x, _ = rotation(4_000, 0, STEPS, PERIOD, ways=ways)
    model = build(cls, (hidden,))
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.02)
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=25)
    model.fit(x, batch_size=100, epochs=steps // 25, steps_per_epoch=25, verbose=0)
    return model, rotation(1_000, 1, STEPS, PERIOD, ways=ways)[0]


def worst(model, held_out):
    """The error of a jump over that of copying the last step, at the worst of four jumps."""
    result = jump_error(model, held_out)
    assert len(result["jump_error"]) == 4
    return np.max(result["jump_error"] / result["copy_error"])


def log_evidence(x, sigma=0.05, phases=720):
    """ln p(x_2 ... x_T|x_1) of points that go round one way, by quadrature over the phase."""
    angle = 2.0 * np.pi * (np.arange(phases)[:, None] / phases + np.arange(STEPS) / PERIOD)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    each = scipy.stats.norm.logpdf(x[:, None], circle, sigma).sum(axis=-1)
    first, all_steps = (
        scipy.special.logsumexp(part, axis=1) for part in (each[..., 0], each.sum(axis=-1))
    )
    return all_steps - first


def test_jumps_land_where_the_phase_will_be(figure):
    measured = jump_error(*trained())
    ratio, most = worst(*trained()), measured["jump_error"].max()
    assert figure("TDVAE: error of a jump, worst of 1 to 4 steps", most, "at most 0.025") <= 0.025
    assert figure("TDVAE: the same over that of the last step", ratio, "at most 0.5") <= 0.5


@pytest.mark.slow
def test_a_phase_goes_on_rotating(figure):
    model, x = trained()
    forecast = model.forecast(x, PERIOD, seen=4, seed=0).numpy()
    angle = np.arctan2(forecast[..., 1], forecast[..., 0])
    turned = np.angle(np.exp(1j * np.diff(angle, axis=1))) * 180.0 / np.pi
    assert figure("TDVAE: degrees a step of a forecast", turned.mean(), "45 +- 3") == pytest.approx(
        45.0, abs=3.0
    )
    came = np.sum(forecast * x[:, 4:], axis=-1).mean()  # the cosine of what lies between
    assert figure("TDVAE: cosine to what came, 8 steps", came, "at least 0.9") >= 0.9


def test_the_score_is_a_bound_of_the_evidence(figure):
    model, x = trained()
    measured, best = model.score(x).numpy().mean(), log_evidence(x).mean()
    figure("TDVAE: score, nats a sequence", measured, f"below {best:.4g}")
    assert best - 25.0 < measured < best


@pytest.mark.slow
def test_a_transition_that_is_not_told_the_jump_lands_elsewhere(figure):
    ratio = worst(*trained(Still))
    assert figure("TDVAE that is not told the jump", ratio, "above 0.5") > 0.5


@pytest.mark.slow
def test_the_way_round_is_remembered(figure):
    ratio = worst(*trained(ways=(-1, 1), hidden=128, steps=3_000, rate=3e-3))
    assert figure("TDVAE, either way round: worst jump", ratio, "at most 0.5") <= 0.5


def test_a_jump_or_a_past_that_is_not_there_is_refused():
    model, x = build(), rotation(3, steps=STEPS)[0]
    with pytest.raises(ValueError, match="`jump` must be from 1 to 4. Received: 5"):
        model.forecast(x, jump=5)
    with pytest.raises(ValueError, match="`seen` must be from 1 to 12. Received: 13"):
        model.forecast(x, seen=13)
    with pytest.raises(ValueError, match="`max_jump` must be from 1 to 11. Received: 12"):
        zoo.create("td_vae", (STEPS, 2), LATENT, max_jump=12)
