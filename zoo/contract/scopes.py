"""A model and its networks are made in the scope of the strategy that trains them."""

from typing import Any

import tensorflow as tf

RIGHT = "`with strategy.scope(): model = zoo.create(...)`"


def require_one(model: Any) -> None:
    """Refuses networks that were made in another scope than the model that takes them."""
    strategy = tf.distribute.get_strategy()
    for name in model.part_names:
        value = getattr(model, name)
        for part in value if isinstance(value, (list, tuple)) else [value]:
            for variable in getattr(part, "variables", ()):
                made = getattr(variable, "_value", None)  # None: only its shape is asked for
                if made is not None and not strategy.extended.variable_created_in_scope(made):
                    raise ValueError(
                        f"`{name}` of {type(model).__name__} must be made in the scope of the "
                        f"strategy in which the model is made: {RIGHT}. Received: {part.name!r}, "
                        f"whose variable {variable.path!r} was made in another scope."
                    )


def require_same(model: Any) -> None:
    """Refuses to ready or to train a model in the scope of a strategy that it does not have."""
    strategy, own = tf.distribute.get_strategy(), model._distribute_strategy
    if tf.distribute.has_strategy() and strategy is not own:
        received = "no strategy's" if own is None else f"that of a {type(own).__name__}"
        raise ValueError(
            f"{type(model).__name__} must be made in the scope of the strategy that trains it: "
            f"{RIGHT}. Received: a model made in {received} scope, in the scope of a "
            f"{type(strategy).__name__}."
        )


def is_of(optimizer: Any, model: Any) -> bool:
    """Whether an optimizer was made in the scope of the model's strategy."""
    return getattr(optimizer, "_distribution_strategy", None) is model.distribute_strategy
