"""Who moves what in one step, and when: what follows from the tables of a class."""

import contextlib
from collections.abc import Generator, Iterable
from typing import Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.tables import Tables


class Players(Tables):
    """What the contract reads from `players`, `rounds`, `moves`, `fresh_batches`, `frozen`."""

    def variables_of(self, player: str | None, trainable: bool = True) -> list[keras.Variable]:
        """The weights a player moves, or with `trainable=False` the state it may change."""
        own: dict[int, keras.Variable] = {}
        for part in self.parts_of(player):
            if isinstance(part, keras.Variable):
                chosen = [part] if part.trainable == trainable else []
            else:
                chosen = part.trainable_variables if trainable else part.non_trainable_variables
            own |= {id(variable): variable for variable in chosen}
        return list(own.values())

    def parts_of(self, player: str | None) -> list[Any]:
        """The networks, layers and weights a player moves; None: those that are frozen."""
        names = self.frozen if player is None else self.players[player]
        named = [getattr(self, name) for name in names]
        lists = [part if isinstance(part, (list, tuple)) else [part] for part in named]
        return [part for parts in lists for part in parts if part is not None]

    @property
    def moved_weights(self) -> list[keras.Variable]:
        """Every weight that a player moves, once."""
        return self.weights_of(self.players)

    def weights_of(self, players: Iterable[str]) -> list[keras.Variable]:
        """The weights that these players move, each once."""
        return list({id(v): v for p in players for v in self.variables_of(p)}.values())

    @contextlib.contextmanager
    def others_kept(self, movers: Iterable[str]) -> Generator[None]:
        """Puts back at the end the state that `movers` do not own, such as batch averages."""
        owned = {id(v) for player in movers for v in self.variables_of(player, trainable=False)}
        others = [self.variables_of(p, trainable=False) for p in (*self.players, None)]
        foreign = {id(v): v for variables in others for v in variables if id(v) not in owned}
        kept = [(v, tf.identity(v.value)) for v in foreign.values()]
        yield
        for variable, value in kept:
            variable.assign(value)

    @property
    def play(self) -> list[tuple[str, ...]]:
        """The moves of one step in order, each a tuple of the players that move together."""
        grouped = [r if isinstance(r, tuple) else (r,) for r in self.rounds or self.players]
        return [movers for movers in grouped for _ in range(self.moves.get(movers[0], 1))]

    @property
    def parts(self) -> int:
        """How many fresh batches one step takes."""
        return max(1, sum(self.draws_batch))

    @property
    def draws_batch(self) -> list[bool]:
        """For each move of `play`, whether it draws a new batch."""
        draws: list[bool] = []
        before: tuple[str, ...] | None = None
        for movers in self.play:
            again = movers == before and all(player in self.shared_batches for player in movers)
            draws.append(not again and any(player in self.fresh_batches for player in movers))
            before = movers
        return draws

    def summed(self, player: str) -> tuple[str, ...]:
        """Names of the terms that add up to the player's loss."""
        extra = ("regularization",) if any(map(checks.regularized, self.parts_of(player))) else ()
        return (*self.terms[player], *extra)
