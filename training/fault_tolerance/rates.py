"""Learning rates: as they are compiled, as they are now, and changed."""

import keras

from zoo.optimizers.scaled import unscaled


def is_scheduled(optimizer):
    """Whether the learning rate of an optimizer is a schedule."""
    schedule = keras.optimizers.schedules.LearningRateSchedule
    return isinstance(unscaled(optimizer)._learning_rate, schedule)


def current(model):
    """Player -> learning rate, a float; what a schedule gives now."""
    return {player: _number(optimizer) for player, optimizer in model.optimizers.items()}


def _number(optimizer):
    """The learning rate of an optimizer without the digits that float32 adds."""
    return float(f"{float(keras.ops.convert_to_numpy(optimizer.learning_rate)):.6g}")


def stated(model):
    """Player -> learning rate it is compiled with, a number or the config of a schedule."""
    return {
        player: keras.optimizers.schedules.serialize(unscaled(optimizer)._learning_rate)["config"]
        if is_scheduled(optimizer)
        else _number(optimizer)
        for player, optimizer in model.optimizers.items()
    }


def unchanged(stated, recorded):
    """Rates that are compiled as a checkpoint tells them: those of players whose rate is now as
    training had made it there, in the same process, as they were stated before.

    Args:
        stated: player -> rate of the model now.
        recorded: the record of the checkpoint.
    """
    before, then = recorded["settings"].get("learning_rate") or {}, recorded.get("rates") or {}
    return {p: before.get(p, rate) if then.get(p) == rate else rate for p, rate in stated.items()}


def assign(model, rates):
    """Sets learning rates by player, where they are numbers."""
    for player, optimizer in model.optimizers.items():
        if isinstance(rates.get(player), float) and not is_scheduled(optimizer):
            unscaled(optimizer).learning_rate.assign(rates[player])


def require_numbers(model):
    """Refuses learning rates that cannot be lowered."""
    for player, optimizer in model.optimizers.items():
        if is_scheduled(optimizer):
            kind = type(unscaled(optimizer)._learning_rate).__name__
            raise ValueError(
                "`on_divergence` must be 'stop' where a learning rate is a schedule. Received: "
                f"'rollback', and {kind} for {player!r}."
            )


def lower(model, factor):
    """Multiplies the learning rate of every optimizer."""
    for optimizer in model.optimizers.values():
        inner = unscaled(optimizer)
        inner.learning_rate.assign(inner.learning_rate * factor)
