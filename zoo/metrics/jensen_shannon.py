"""The Jensen-Shannon divergence, nats: from a discriminator, from histograms, by Monte Carlo."""

import math

import numpy as np
import tensorflow as tf

from zoo.metrics import checks


def from_discriminator(real_logits, fake_logits):
    """1/2 (V + ln 4), V = E ln D(x) + E ln(1 - D(x')): a lower bound, tight for the best D.

    The loss of a discriminator is 2 ln 2 - 2 JSD, not -JSD.
    """
    real = checks.numbers(real_logits, "real_logits")
    fake = checks.numbers(fake_logits, "fake_logits")
    value = -np.mean(np.logaddexp(0.0, -real)) - np.mean(np.logaddexp(0.0, fake))
    bound = float(0.5 * (value + math.log(4.0)))
    return {"jensen_shannon": bound, "count": len(real) + len(fake)}


def from_histograms(p, q):
    """Of two laws of the same bins, given as counts or masses."""
    for name, side in (("p", p), ("q", q)):
        if np.min(checks.numbers(side, name)) < 0 or not np.sum(side) > 0:
            raise ValueError(f"`{name}` must be from 0, with a mass. Received: {np.min(side)}.")
    p, q = (np.asarray(side, np.float64) / np.sum(side) for side in (p, q))
    middle = 0.5 * (p + q)

    def divergence(side):
        return np.sum(side[side > 0] * np.log(side[side > 0] / middle[side > 0]))

    return float(0.5 * divergence(p) + 0.5 * divergence(q))


def from_densities(log_p, log_q, drawn_p, drawn_q):
    """By Monte Carlo for known densities.

    Args:
        log_p, log_q: map points to ln densities.
        drawn_p, drawn_q: draws of either law.
    """

    def half(own, other, drawn):
        ours, theirs = np.asarray(own(drawn)), np.asarray(other(drawn))
        return np.mean(ours - np.logaddexp(ours, theirs)) + math.log(2.0)

    value = 0.5 * half(log_p, log_q, drawn_p) + 0.5 * half(log_q, log_p, drawn_q)
    return {"jensen_shannon": float(value), "count": len(drawn_p) + len(drawn_q)}


def generator_slope(loss, discriminator, fakes):
    """The mean |d loss / d x'| that a generator is given at its samples: where it saturates.

    Args:
        loss: maps raw outputs on fakes to losses, such as `zoo.losses.games.Minimax.generator`.
        discriminator: maps points to raw outputs.
        fakes: `(count, size)`.
    """
    points = tf.convert_to_tensor(fakes, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        total = tf.reduce_sum(loss(discriminator(points)))
    slopes = tf.norm(tape.gradient(total, points), axis=1)
    return {"slope": float(tf.reduce_mean(slopes)), "count": len(fakes)}
