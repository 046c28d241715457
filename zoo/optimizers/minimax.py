"""How the players of min_u max_v f(u, v) move: rules as functions of tensors.

Each gives the displacements (du, dv) of one step; rows of u and v are games of their own.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

ZERO = tf.UnconnectedGradients.ZERO


@dataclasses.dataclass(frozen=True)
class Steps:
    """Numbers of a step.

    Args:
        descent: rho, the rate of u.
        ascent: eta, the rate of v.
        damping: gamma of consensus.
        ahead: inner steps of the unrolled rule.
    """

    descent: float = 0.1
    ascent: float = 0.1
    damping: float = 1.0
    ahead: int = 5


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule: its displacements, and whether both players move at once or v after the new u."""

    displacements: Callable
    together: bool = True


def gradients(f, u, v) -> Any:
    """df / du and df / dv; differentiable."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([u, v])
        total = tf.reduce_sum(f(u, v))
    return tape.gradient(total, [u, v], unconnected_gradients=ZERO)


def plain(f, u, v, steps):
    """-rho df / du, eta df / dv."""
    to_u, to_v = gradients(f, u, v)
    return -steps.descent * to_u, steps.ascent * to_v


def consensus(f, u, v, steps):
    """Both also descend on gamma / 2 |grad f|^2 (Mescheder et al., 2017, Algorithm 2)."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([u, v])
        field = gradients(f, u, v)
        length = 0.5 * tf.add_n([tf.reduce_sum(tf.square(g)) for g in field])
    pull_u, pull_v = tape.gradient(length, [u, v], unconnected_gradients=ZERO)
    du = -steps.descent * (field[0] + steps.damping * pull_u)
    return du, steps.ascent * (field[1] - steps.damping * pull_v)


def unrolled(f, u, v, steps):
    """u descends on f against v after `ahead` steps of ascent, through them (Metz et al., 2017)."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(u)
        later = v
        for _ in range(steps.ahead):
            later = later + steps.ascent * gradients(f, u, later)[1]
        total = tf.reduce_sum(f(u, later))
    return -steps.descent * tape.gradient(total, u), plain(f, u, v, steps)[1]


def extra_gradient(f, u, v, steps):
    """The plain step from where it would lead (Korpelevich, 1976)."""
    du, dv = plain(f, u, v, steps)
    return plain(f, u + du, v + dv, steps)


RULE_NAMES = ("simultaneous", "alternating", "consensus", "unrolled", "extra_gradient")
RULES = {
    "simultaneous": Rule(plain),
    "alternating": Rule(plain, together=False),
    "consensus": Rule(consensus),
    "unrolled": Rule(unrolled, together=False),
    "extra_gradient": Rule(extra_gradient),
}


def played(rule, f, u, v, steps, ascents=1):
    """(u, v) after one step, in which v moves `ascents` times where it moves after u."""
    du, dv = rule.displacements(f, u, v, steps)
    u = u + du
    if rule.together:
        return u, v + dv
    for _ in range(ascents):
        v = v + rule.displacements(f, u, v, steps)[1]
    return u, v
