"""The optimizers of several players as one, for callbacks and trackers that read one."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

SCHEDULED = (
    "The learning rate of {players} is a schedule, which sets it at every step: give a number "
    "instead, as in `compile(optimizer=keras.optimizers.Adam(1e-4))`."
)


class PlayersOptimizer(keras.optimizers.Optimizer):
    """The optimizers of all players as one: what `model.optimizer` is where several move, or none
    by gradients.

    - `learning_rate` reads as that of the first player whose rate is not 0. Setting it multiplies
      the rates of all players by one factor, so that their proportions stay; from 0 everywhere
      they rise again in the proportions in which the model was compiled.
    - `iterations` is the number of steps of training, whatever moves a step has.
    - `variables` are those of all optimizers; `get_config` holds their settings by player.

    Each player's own optimizer is in `model.optimizers`, and applies its gradients: this one
    applies none.

    Args:
        optimizers: player -> its optimizer.
        steps: the variable that counts steps of training.
    """

    def __init__(self, optimizers: dict[str, Any], steps: keras.Variable) -> None:
        # None of the variables that an optimizer of Keras makes, and none tracked twice.
        own = {"_lock": False, "name": "players", "built": True, "use_ema": False}
        self.__dict__.update(own, by_player=dict(optimizers), steps=steps)
        self.__dict__["compiled_rates"] = self.rates()

    def rates(self) -> dict[str, float]:
        """Player -> its learning rate now."""
        pairs = self.by_player.items()
        return {p: float(np.asarray(keras.ops.convert_to_numpy(o.learning_rate))) for p, o in pairs}

    @property
    def learning_rate(self) -> Any:
        rates = self.rates()
        return self.by_player[_leader(rates)].learning_rate if rates else tf.zeros(())

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if callable(value):  # a schedule
            raise ValueError(
                "`learning_rate` of all players must be a number; a schedule is for one: "
                f"`model.optimizers[player].learning_rate`. Received: {type(value).__name__}."
            )
        if not self.by_player:
            raise TypeError("No player of this model follows a gradient: it has no learning rate.")
        scheduled = [p for p, o in self.by_player.items() if not hasattr(o.learning_rate, "assign")]
        if scheduled:
            raise TypeError(SCHEDULED.format(players=scheduled))
        rates = self.rates()
        rates = rates if any(rates.values()) else self.compiled_rates
        first = rates[_leader(rates)]
        factor = float(value) / first if first else 0.0
        for player, optimizer in self.by_player.items():
            optimizer.learning_rate = rates[player] * factor if first else float(value)

    @property
    def iterations(self) -> keras.Variable:
        return self.steps

    @property
    def variables(self) -> list[keras.Variable]:
        return [v for optimizer in self.by_player.values() for v in optimizer.variables]

    def get_config(self) -> dict[str, Any]:
        """The settings of each player's optimizer, named `<player>_<setting>`."""
        configs = {player: o.get_config() for player, o in self.by_player.items()}
        return {f"{p}_{name}": value for p, own in configs.items() for name, value in own.items()}

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        raise NotImplementedError(
            "Each player has its own optimizer, which applies its gradients: "
            f"`model.optimizers[player]`, players {list(self.by_player)}."
        )

    def finalize_variable_values(self, var_list: Any) -> None:
        """Nothing: weights are what training left, averages are kept beside them."""


def _leader(rates: dict[str, float]) -> str:
    """The first player whose rate is not 0; the first where all are."""
    return next((player for player, rate in rates.items() if rate), next(iter(rates)))
