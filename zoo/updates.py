"""How the losses of a move become an update of weights: in slices, scaled, on replicas."""

import keras
import tensorflow as tf

from zoo import batches, checks, noise, replicas
from zoo.averages import Averages
from zoo.optimizers.scaled import unscaled

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


class Updates:
    """What the contract does with gradients, and the averages of the weights they move."""

    accumulate, ema, averages = 1, None, None

    def _ready(self, by_player, accumulate, ema):
        """Makes what `compile` asks for: an optimizer for each player, averages of weights."""
        self.accumulate, self.ema = accumulate, ema
        self.optimizers = {p: self._optimizer(p, by_player.get(p)) for p in self.players}
        if ema is not None:
            self.averages = Averages(self.moved_weights, ema)

    def _optimizer(self, player, given):
        mine = keras.optimizers.get(given) if given is not None else self.default_optimizer(player)
        mine = checks.plain_optimizer(mine.from_config(mine.get_config()))
        half = any(getattr(p, "compute_dtype", "") == "float16" for p in self.parts_of(player))
        if half and not isinstance(mine, keras.optimizers.LossScaleOptimizer):
            mine = keras.optimizers.LossScaleOptimizer(mine)
        mine.build(self.variables_of(player))
        return mine

    def _descent(self, movers, batch, number):
        """The terms of a move and each player's gradients: means over the slices of its batch.

        A slice waits for the one before it, so that memory holds one of them.
        """
        count, found = self.accumulate, None
        for index, rows in enumerate(batches.cut(*batch, count)):
            noise_of = noise.training(self.seed, self.steps.value, number, (index, count))
            with tf.control_dependencies(tf.nest.flatten(found or ())), noise_of:
                fresh = self._gradients(movers, *rows)
                found = tf.nest.map_structure(tf.add, found, fresh) if found else fresh
        return tf.nest.map_structure(lambda t: t / count, found) if count > 1 else found

    def _gradients(self, movers, x, y):
        own = {player: self.variables_of(player) for player in movers}
        with tf.GradientTape(persistent=len(movers) > 1, watch_accessed_variables=False) as tape:
            tape.watch([v.value for variables in own.values() for v in variables])
            terms = self.terms_of(movers, x, y, training=True)
            goals = {player: self._goal(player, terms[player]) for player in movers}
        found = {p: tape.gradient(goals[p], [v.value for v in own[p]]) for p in movers}
        for player, gradients in found.items():
            checks.require_gradients(player, own[player], gradients)
        return terms, found

    def _goal(self, player, terms):
        summed = [tf.reduce_mean(terms[name]) for name in self.summed(player)]
        return self.optimizers[player].scale_loss(tf.add_n(summed) / replicas.count())

    def _apply(self, player, gradients):
        """Lets the player's optimizer follow its gradients, which it sums over replicas."""
        optimizer, count = self.optimizers[player], replicas.count()
        inner = unscaled(optimizer)
        limited = any(getattr(inner, name) is not None for name in CLIPS)
        if count > 1 and (limited or inner is not optimizer):
            # it clips, and looks for infinities, before it sums: here both see the sum
            whole = replicas.total([tf.convert_to_tensor(g) for g in gradients])
            scale = optimizer.scale_loss(tf.ones(()))
            clipped = inner._clip_gradients([g / scale for g in whole])
            shares = [g * (scale / count) for g in clipped]
            gradients = [
                tf.where(tf.math.is_finite(w), s, w) for w, s in zip(whole, shares, strict=True)
            ]
        optimizer.apply(gradients, self.variables_of(player))

    def averaged(self):
        """A context: inside, weights are their averages, for verbs, `evaluate`, `save`, export."""
        if self.ema is None:
            raise ValueError("Averages of weights must be asked for by `compile(ema=0.999)`.")
        return self.averages.instead_of(self.moved_weights)
