"""How the losses of a move become an update of weights: in slices, scaled, on replicas."""

import contextlib
import logging
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import noise, replicas
from zoo.contract import checks, scopes
from zoo.contract.averages import Averages
from zoo.contract.players import Players
from zoo.input_pipeline import batches
from zoo.optimizers.scaled import unscaled

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_log = logging.getLogger(__name__)


class Updates(Players):
    """What the contract does with gradients, and the averages of the weights they move."""

    accumulate: int = 1
    ema: float | None = None
    averages: Averages | None = None
    default_optimizer: Any  # of the contract, as is `terms_of`
    terms_of: Any
    _keep_view: Any  # of `Hooks`

    def _ready(self, by_player: dict[str, Any], accumulate: int, ema: float | None) -> None:
        """Makes what `compile` asks for: an optimizer for each player, averages of weights."""
        self.accumulate, self.ema = accumulate, ema
        given = [id(optimizer) for optimizer in by_player.values()]
        by_player = {p: o if given.count(id(o)) == 1 else copied(o) for p, o in by_player.items()}
        optimizers = {p: self._optimizer(p, by_player.get(p)) for p in self.players}
        self.optimizers = {p: mine for p, mine in optimizers.items() if mine is not None}
        self._keep_view()
        checks.refuse_slices(self, accumulate)
        if ema is not None:
            checks.refuse_second_averages(self, ema)
            self.averages = Averages(self.moved_weights, ema)

    def _keep_averages(self) -> None:
        """Makes the averages that the class asks for by `averaged_players`."""
        if self.averaged_players:
            weights = self.weights_of(self.averaged_players)
            self.averages = Averages(weights, self.average_decay, self.average_start)

    @property
    def averaged_weights(self) -> list[keras.Variable]:
        """The weights of which averages are kept."""
        return (
            self.weights_of(self.averaged_players) if self.averaged_players else self.moved_weights
        )

    def by_averages(self) -> contextlib.AbstractContextManager[Any]:
        """A context for verbs: inside, weights of `averaged_players` read as their averages."""
        if not self.averaged_players or self.averages is None:
            return contextlib.nullcontext()
        averages = [average.value for average in self.averages.kept]
        return keras.StatelessScope(zip(self.averaged_weights, averages, strict=True))

    def _optimizer(self, player: str, given: Any) -> Any:
        default = self.default_optimizer(player)
        if default is None:  # its update is no gradient
            checks.refuse_optimizer(self, player, given)
            return None
        variables = self.variables_of(player)
        mine = checks.plain_optimizer(keras.optimizers.get(default if given is None else given))
        if given is None or not self._may_train(mine, player, variables):
            mine = copied(mine)
        half = any(getattr(p, "compute_dtype", "") == "float16" for p in self.parts_of(player))
        if half and not isinstance(mine, keras.optimizers.LossScaleOptimizer):
            mine = keras.optimizers.LossScaleOptimizer(mine)
        if not mine.built:
            mine.build(variables)
        return mine

    def _may_train(self, optimizer: Any, player: str, variables: list[keras.Variable]) -> bool:
        """Whether an optimizer that was given can train a player itself; otherwise a copy does."""
        inner = unscaled(optimizer)
        others = inner.built and [*map(id, inner._trainable_variables)] != [*map(id, variables)]
        if scopes.is_of(inner, self) and not others:
            return True
        reason = "has weights of its own already" if others else "was made in another scope"
        words = "The optimizer of %r of %s %s: a copy trains, `model.optimizers[%r]`."
        _log.warning(words, player, type(self).__name__, reason, player)
        return False

    def update(self, movers: Sequence[str], x: tf.Tensor, y: tf.Tensor | None) -> dict[str, Any]:
        """Lets every mover follow the gradient of its loss; player -> terms.

        A class overrides it for players whose `default_optimizer` is None, such as those
        that expectation maximization moves. Sums over the batch are then to be taken over
        the global batch: `self.all_reduce_sum`.
        """
        terms, gradients = self._descent(movers, x, y)
        with tf.control_dependencies(tf.nest.flatten(terms)):  # read weights before they move
            for player in movers:
                self._apply(player, gradients[player])
        return terms

    def _descent(self, movers: Sequence[str], x: tf.Tensor, y: tf.Tensor | None) -> Any:
        """The terms of a move and each player's gradients: means over the slices of its batch.

        A slice waits for the one before it, so that memory holds one of them.
        """
        count: int = self.accumulate
        sums: Any = None
        for index, rows in enumerate(batches.cut(x, y, count)):
            with tf.control_dependencies(tf.nest.flatten(sums or ())), noise.sliced(index, count):
                fresh = self._gradients(movers, *rows)
                sums = tf.nest.map_structure(tf.add, sums, fresh) if sums else fresh
        return tf.nest.map_structure(lambda t: t / count, sums) if count > 1 else sums

    def _gradients(self, movers: Sequence[str], x: tf.Tensor, y: tf.Tensor | None) -> Any:
        own = {player: self.variables_of(player) for player in movers}
        with tf.GradientTape(persistent=len(movers) > 1, watch_accessed_variables=False) as tape:
            tape.watch([v.value for variables in own.values() for v in variables])
            terms = self.terms_of(movers, x, y, training=True)
            goals = {player: self._goal(player, terms[player]) for player in movers}
        gradients: dict[str, Any] = {}
        for player in movers:
            absent = tf.UnconnectedGradients("zero" if player in self.partial else "none")
            values = [variable.value for variable in own[player]]
            gradients[player] = tape.gradient(goals[player], values, unconnected_gradients=absent)
            checks.require_gradients(player, own[player], gradients[player])
        return terms, gradients

    def _goal(self, player: str, terms: dict[str, tf.Tensor]) -> tf.Tensor:
        summed = [tf.reduce_mean(terms[name]) for name in self.summed(player)]
        return self.optimizers[player].scale_loss(tf.add_n(summed) / replicas.count())

    def _apply(self, player: str, gradients: list[tf.Tensor]) -> None:
        """Lets the player's optimizer follow its gradients, which it sums over replicas."""
        optimizer, count = self.optimizers[player], replicas.count()
        inner = unscaled(optimizer)
        limited = any(getattr(inner, name) is not None for name in CLIPS)
        if count > 1 and (limited or inner is not optimizer):
            # it clips, and looks for infinities, before it sums: here both see the sum
            whole = replicas.all_reduce_sum([tf.convert_to_tensor(g) for g in gradients])
            scale = optimizer.scale_loss(tf.ones(()))
            clipped = inner._clip_gradients([g / scale for g in whole])
            shares = [g * (scale / count) for g in clipped]
            gradients = [
                tf.where(tf.math.is_finite(w), s, w) for w, s in zip(whole, shares, strict=True)
            ]
        optimizer.apply(gradients, self.variables_of(player))

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """A context: inside, weights are their averages, for verbs, `evaluate`, `save`, export."""
        if self.ema is None or self.averages is None:
            raise ValueError("Averages of weights must be asked for by `compile(ema=0.999)`.")
        return self.averages.instead_of(self.moved_weights)


def copied(optimizer: Any) -> Any:
    """A new optimizer of the same settings, which has trained nothing."""
    optimizer = keras.optimizers.get(optimizer)
    return None if optimizer is None else optimizer.from_config(optimizer.get_config())
