"""Parts of a model that training leaves as they are. Imports no TensorFlow."""

import fnmatch

from zoo.training.checks import nearest


def freeze(model, names):
    """Makes parts of a model untrainable, before it is compiled.

    Args:
        names: of networks and other parts, such as "encoder", or of their layers, such as
            "encoder/conv*".

    Raises:
        ValueError: for a name that it has not, or if a player has nothing left to move.
    """
    for name in names:
        part, _, pattern = name.partition("/")
        layers = layers_of(model, part, pattern) if pattern else parts_of(model, part)
        for layer in layers:
            layer.trainable = False
    if names and model.compiled:  # its optimizers were made for weights that are frozen now
        model.compile_from_config(model.get_compile_config())
    for player in model.players:
        if names and not model.variables_of(player):
            raise ValueError(
                f"`freeze` must leave each player something to move. Received: {list(names)}, "
                f"which are all that {player!r} of {type(model).__name__} moves."
            )


def parts_of(model, name):
    """The layers that a name of a part stands for."""
    moved = {part for names in model.players.values() for part in names}
    known = sorted(part for part in moved if can_freeze(getattr(model, part, None)))
    if name not in known:
        raise ValueError(
            f"`freeze` must be of the parts {', '.join(known)} of {type(model).__name__}, or "
            f"their layers, such as {known[0]}/*. Received: {name!r}.{nearest(name, known)}"
        )
    part = getattr(model, name)
    return part if isinstance(part, (list, tuple)) else [part]


def can_freeze(part):
    """Whether a part has weights that training can leave as they are."""
    several = part if isinstance(part, (list, tuple)) else [part]
    return bool(several) and all(hasattr(each, "trainable") for each in several)


def layers_of(model, name, pattern):
    """The layers of a part whose names match a pattern."""
    layers = [layer for part in parts_of(model, name) for layer in getattr(part, "layers", ())]
    matching = [layer for layer in layers if fnmatch.fnmatch(layer.name, pattern)]
    if not matching:
        known = [layer.name for layer in layers]
        raise ValueError(
            f"`freeze` must name layers of {name!r}: {', '.join(known)}. Received: {pattern!r}."
        )
    return matching
