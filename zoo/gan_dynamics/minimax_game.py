"""Minimax optimization of two vectors: how gradient play moves, without any data."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.model import GenerativeModel
from zoo.contract.settings import MOST_PARTS, Choice, Count, Number, TermWeight
from zoo.losses import minimax
from zoo.optimizers.minimax import RULE_NAMES, RULES, Steps, gradients, played
from zoo.registry import register

Rate = Annotated[float, Number(above=0.0, search=(1e-3, 1.0))]


@register
class MinimaxGame(GenerativeModel):
    """min_u max_v f(u, v) by gradients: the dynamics of adversarial training, and nothing else.

        minimizer = f(u, v)      u <- u - descent_rate df / du
        maximizer = -f(u, v)     v <- v + ascent_rate df / dv

    rule = "simultaneous" takes both gradients at the old place; "alternating" moves v after u;
    "consensus", "unrolled" and "extra_gradient" are as in `zoo.optimizers.minimax`. On f = u v
    the first goes outwards by sqrt(1 + descent_rate ascent_rate) a step, the second circles,
    the others come in; on f = u^2 - v^2 all arrive.

    Departures: plain steps. Data, such as "ticks", only count the steps; they change nothing.

    Args:
        game: f, "bilinear", "saddle" or "dirac", or a `zoo.losses.minimax.MinimaxValue`.
        rule: who moves when, and along what.
        size: of u and of v, which start at 1.
        descent_rate, ascent_rate: of u and of v.
        consensus_weight: gamma of "consensus".
        unrolled_steps: of "unrolled".
        ascent_steps: how often v moves after one move of u, where they alternate.

    Reference: Goodfellow et al., 2014, "Generative adversarial nets"; Mescheder, Nowozin and
    Geiger, 2017, "The numerics of GANs".
    """

    players = {"minimizer": ("u",), "maximizer": ("v",)}
    terms = {player: ("value",) for player in players}
    verbs = {"trajectory": ("z", "steps")}
    data_ranks, has_latent = (1,), False

    def __init__(
        self,
        *,
        game: Annotated[str, Choice(tuple(minimax.VALUES), objects=True)] = "bilinear",
        rule: Annotated[str, Choice(RULE_NAMES)] = "alternating",
        size: Annotated[int, Count(size=True)] = 1,
        descent_rate: Rate = 0.1,
        ascent_rate: Rate = 0.1,
        consensus_weight: TermWeight = 1.0,
        unrolled_steps: Annotated[int, Count(at_most=MOST_PARTS)] = 5,
        ascent_steps: Annotated[int, Count(at_most=MOST_PARTS)] = 1,
        **parts,
    ):
        rates = {"descent_rate": descent_rate, "ascent_rate": ascent_rate}
        ahead = {"unrolled_steps": unrolled_steps, "ascent_steps": ascent_steps}
        own = {"rule": rule, "size": size, "consensus_weight": consensus_weight}
        super().__init__(game=minimax.named(game), **own, **rates, **ahead, **parts)
        self.u, self.v = (
            self.add_weight(name=name, shape=(1, size), initializer="ones") for name in "uv"
        )
        self.rounds = (tuple(self.players),) if RULES[rule].together else ()
        self.moves = {"maximizer": ascent_steps}

    @classmethod
    def default_networks(cls, data_shape, latent_dim=None):
        return {}

    def default_optimizer(self, player):
        return None

    @property
    def data_shape(self):
        return (1,)

    @property
    def code_shape(self):
        """Of one place, u and behind it v."""
        return (2 * self.size,)

    @property
    def numbers(self):
        """The numbers of a step."""
        damping = self.now(self.consensus_weight)
        return Steps(self.descent_rate, self.ascent_rate, damping, self.unrolled_steps)

    @property
    def is_converged(self):
        """Whether both gradients are below 1e-3."""
        both = tf.concat(gradients(self.game, *self.place()), axis=1)
        return bool(tf.norm(both) < 1e-3)

    def place(self):
        """u and v, `(1, size)` each."""
        return tf.identity(self.u.value), tf.identity(self.v.value)

    def minimizer_loss(self, x, y, training):
        return {"value": self.game(*self.place())[0]}

    def maximizer_loss(self, x, y, training):
        return {"value": -self.game(*self.place())[0]}

    def update(self, movers, x, y):
        terms, place = self.terms_of(movers, x, y, training=True), self.place()
        moved = RULES[self.rule].displacements(self.game, *place, self.numbers)
        for player, weight, step in zip(self.players, (self.u, self.v), moved, strict=True):
            if player in movers:
                weight.assign_add(step)
        return terms

    def call(self, x, training=False):
        """Where the game is, `(batch, 2 size)`, at each tick."""
        return tf.repeat(tf.concat(self.place(), axis=1), tf.shape(x)[0], axis=0)

    def trajectory(self, z, steps=8):
        """`(batch, steps, 2 size)`: the places of games that start at z, z itself first."""
        z, rest = tf.convert_to_tensor(z), (self.numbers, self.ascent_steps)

        def moved(place, _):
            u, v = tf.split(place, 2, axis=1)
            return tf.concat(played(RULES[self.rule], self.game, u, v, *rest), axis=1)

        later = tf.scan(moved, tf.range(steps - 1), z)
        return tf.transpose(tf.concat([z[None], later], axis=0), [1, 0, 2])
