"""What a model logs: `loss`, each player's loss, and every term by its name.

With several players a term is `<player>_<term>` and a loss `<player>_loss`; with one
player it is the term alone. `loss` is the sum over players of their losses.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import replicas


class Means(keras.metrics.Metric):
    """The mean of every log over the rows since a reset, all in one variable.

    Args:
        names: of the logs.
    """

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(name="means", dtype="float32")
        self.names = tuple(names)
        self.total = self.add_variable((len(self.names),), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: dict[str, tf.Tensor], rows: Any) -> None:
        """Adds values by name, means over so many rows."""
        self.total.assign_add(rows * tf.stack([values[name] for name in self.names]))
        self.count.assign_add(rows)

    def result(self) -> dict[str, tf.Tensor]:
        means = tf.math.divide_no_nan(tf.convert_to_tensor(self.total), self.count)
        return dict(zip(self.names, tf.unstack(means), strict=True))


def names(model: Any) -> list[str]:
    """The names of all logs, fixed before tracing."""
    alone = len(model.players) == 1
    found = ["loss"] if alone else ["loss", *(f"{player}_loss" for player in model.players)]
    for player in model.players:
        terms = (*model.summed(player), *model.watched.get(player, ()))
        found += [name if alone else f"{player}_{name}" for name in terms]
    return found


def record(
    model: Any, heard: dict[str, list[dict[str, tf.Tensor]]], x: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Updates the means with those over a step's moves; returns the logs so far.

    Args:
        heard: player -> the terms of each of its moves.
        x: a batch, for its number of rows.
    """
    alone = len(model.players) == 1
    values: dict[str, tf.Tensor] = {}
    for player, moves in heard.items():
        means = {key: mean(moves, key) for key in moves[0]}
        values |= {key if alone else f"{player}_{key}": value for key, value in means.items()}
        own = replicas.ordered_sum([means[key] for key in model.summed(player)])
        values["loss" if alone else f"{player}_loss"] = own
    if not alone:
        values["loss"] = replicas.ordered_sum([values[f"{player}_loss"] for player in heard])
    rows = tf.cast(tf.shape(x)[0], tf.float32)
    model.means.update_state(values, rows)
    logs = model.means.result()
    if replicas.several_workers(model.distribute_strategy):  # Keras reduces them along axis 0
        logs = {name: tf.reshape(value, (1,)) for name, value in logs.items()}
    return logs


def mean(moves: Sequence[dict[str, tf.Tensor]], key: str) -> tf.Tensor:
    """The mean of a term over the batch and over the moves of one step."""
    return tf.add_n([tf.reduce_mean(terms[key]) for terms in moves]) / len(moves)
