"""f-divergences D_f(p | q) = E_q f(p / q) as values (Nowozin et al., 2016, Table 1, 2 and 6).

A function T of the data bounds each from below, D_f >= E_p T - E_q f*(T), and reaches it at
T = f'(p / q). A network's raw output v becomes T = g(v), in the domain of f*; every g rises, so
that large outputs are always those of data.
"""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

softplus = tf.math.softplus
LEAST_RATIO = 1e-20
NEWTON_STEPS = 8


@dataclasses.dataclass(frozen=True)
class Divergence:
    """One divergence: five functions of tensors.

    Args:
        f: of u = p / q; convex, f(1) = 0 but for "gan".
        slope: f'(u), what the best T says where p / q = u.
        output: g(v), from a raw output to T.
        conjugate: f*(t).
        composed: f*(g(v)) in closed form; the composition itself overflows.
    """

    f: Callable
    slope: Callable
    output: Callable
    conjugate: Callable
    composed: Callable

    @property
    def threshold(self):
        """f'(1): the T above which more is of p than of q."""
        return float(self.slope(tf.ones(())))

    def at_best(self, u):
        """f*(f'(u)) = u f'(u) - f(u)."""
        u = tf.maximum(u, LEAST_RATIO)
        return u * self.slope(u) - self.f(u)


def lambert(c):
    """ln w of the w with w + ln w = c, by Newton's method."""
    log_w = tf.stop_gradient(tf.where(c > 1.0, tf.math.log(tf.maximum(c, 1.0)), c - 1.0))
    for _ in range(NEWTON_STEPS):
        w = tf.exp(log_w)
        log_w = log_w - (w + log_w - c) / (w + 1.0)
    return log_w


def jeffrey_conjugate(t):
    """w + 1 / w + t - 2 with w + ln w = 1 - t."""
    log_w = lambert(1.0 - t)
    return tf.exp(log_w) + tf.exp(-log_w) + t - 2.0


def alpha_divergence(alpha):
    """(u^alpha - 1 - alpha (u - 1)) / (alpha (alpha - 1)), alpha neither 0 nor 1."""
    power, below = alpha / (alpha - 1.0), alpha < 1.0

    def conjugate(t):
        return (tf.pow(tf.maximum(t * (alpha - 1.0) + 1.0, 0.0), power) - 1.0) / alpha

    return Divergence(
        f=lambda u: (tf.pow(u, alpha) - 1.0 - alpha * (u - 1.0)) / (alpha * (alpha - 1.0)),
        slope=lambda u: (tf.pow(u, alpha - 1.0) - 1.0) / (alpha - 1.0),
        output=(lambda v: 1.0 / (1.0 - alpha) - softplus(-v)) if below else tf.identity,
        conjugate=conjugate,
        composed=(lambda v: (tf.pow((1.0 - alpha) * softplus(-v), power) - 1.0) / alpha)
        if below
        else conjugate,
    )


NAMED = (
    *("total_variation", "kl", "reverse_kl", "pearson", "neyman", "squared_hellinger"),
    *("jeffrey", "jensen_shannon", "gan"),
)
NAMES = (*NAMED, "alpha")
DIVERGENCES = {
    "total_variation": Divergence(
        f=lambda u: 0.5 * tf.abs(u - 1.0),
        slope=lambda u: 0.5 * tf.sign(u - 1.0),
        output=lambda v: 0.5 * tf.tanh(v),
        conjugate=tf.identity,
        composed=lambda v: 0.5 * tf.tanh(v),
    ),
    "kl": Divergence(
        f=lambda u: tf.math.xlogy(u, u),
        slope=lambda u: 1.0 + tf.math.log(u),
        output=tf.identity,
        conjugate=lambda t: tf.exp(t - 1.0),
        composed=lambda v: tf.exp(v - 1.0),
    ),
    "reverse_kl": Divergence(
        f=lambda u: -tf.math.log(u),
        slope=lambda u: -1.0 / u,
        output=lambda v: -tf.exp(-v),
        conjugate=lambda t: -1.0 - tf.math.log(-t),
        composed=lambda v: v - 1.0,
    ),
    "pearson": Divergence(
        f=lambda u: tf.square(u - 1.0),
        slope=lambda u: 2.0 * (u - 1.0),
        output=tf.identity,
        conjugate=lambda t: 0.25 * tf.square(t) + t,
        composed=lambda v: 0.25 * tf.square(v) + v,
    ),
    "neyman": Divergence(
        f=lambda u: tf.square(1.0 - u) / u,
        slope=lambda u: 1.0 - 1.0 / tf.square(u),
        output=lambda v: 1.0 - tf.exp(-v),
        conjugate=lambda t: 2.0 - 2.0 * tf.sqrt(1.0 - t),
        composed=lambda v: 2.0 - 2.0 * tf.exp(-0.5 * v),
    ),
    "squared_hellinger": Divergence(
        f=lambda u: tf.square(tf.sqrt(u) - 1.0),
        slope=lambda u: 1.0 - tf.math.rsqrt(u),
        output=lambda v: 1.0 - tf.exp(-v),
        conjugate=lambda t: t / (1.0 - t),
        composed=lambda v: tf.exp(v) - 1.0,
    ),
    "jeffrey": Divergence(
        f=lambda u: (u - 1.0) * tf.math.log(u),
        slope=lambda u: 1.0 + tf.math.log(u) - 1.0 / u,
        output=tf.identity,
        conjugate=jeffrey_conjugate,
        composed=jeffrey_conjugate,
    ),
    "jensen_shannon": Divergence(
        f=lambda u: tf.math.xlogy(u, u) - (u + 1.0) * tf.math.log(0.5 * (1.0 + u)),
        slope=lambda u: tf.math.log(2.0 * u / (u + 1.0)),
        output=lambda v: math.log(2.0) - softplus(-v),
        conjugate=lambda t: -tf.math.log(2.0 - tf.exp(t)),
        composed=lambda v: softplus(v) - math.log(2.0),
    ),
    "gan": Divergence(
        f=lambda u: tf.math.xlogy(u, u) - (u + 1.0) * tf.math.log(u + 1.0),
        slope=lambda u: tf.math.log(u / (u + 1.0)),
        output=lambda v: -softplus(-v),
        conjugate=lambda t: -tf.math.log(1.0 - tf.exp(t)),
        composed=softplus,
    ),
}


def divergence(name, alpha=0.5):
    """The divergence of a name; "alpha" is a family of them."""
    if name not in NAMES:
        raise ValueError(f"`divergence` must be one of {sorted(NAMES)}. Received: {name!r}.")
    if name != "alpha":
        return DIVERGENCES[name]
    if alpha in (0.0, 1.0):
        raise ValueError(f"`alpha` must be neither 0 nor 1. Received: {alpha}.")
    return alpha_divergence(alpha)
