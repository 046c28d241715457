"""What a class of the zoo and the networks given to it must satisfy."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.contract import callbacks, scopes, settings
from zoo.optimizers.scaled import unscaled

RATES = {
    "learning_rate": (0.0, np.inf, "from 0, which trains nothing, and finite"),
    **dict.fromkeys(("beta_1", "beta_2", "momentum", "rho"), (0.0, 1.0, "from 0, and below 1")),
}
REMEDY = "keras.layers.Activation('linear', dtype='float32')"


def refuse_reserved(cls: type, names: Iterable[str]) -> None:
    """Refuses names that Keras owns: they would fail late or override Keras."""
    taken = sorted(name for name in names if hasattr(keras.Model, name))
    if taken:
        raise TypeError(
            f"{cls.__name__} must not use {taken} as the name of a player, network, setting or "
            "state: `keras.Model` owns it."
        )


def refuse_log_names(cls: Any) -> None:
    """Refuses terms that the logs have already."""
    terms = {
        name for table in (cls.terms, cls.watched) for names in table.values() for name in names
    }
    if terms & {"loss", "regularization"}:
        raise TypeError(f"{cls.__name__} must not name a term `loss` or `regularization`.")


def refuse_added_losses(model: Any, player: str) -> None:
    """Refuses layers that call `add_loss`: the terms of a class are its whole loss."""
    for part in model.parts_of(player):
        if isinstance(part, keras.Layer) and not regularized(part) and part.losses:
            raise ValueError(
                f"A layer of {part.name!r} calls `add_loss`: make it a term of {player!r} instead."
            )


def refuse_half_outputs(cls: type, name: str, part: Any) -> None:
    """Refuses a network that does not end in float32: losses never cast."""
    for network in part if isinstance(part, (list, tuple)) else [part]:
        dtypes = {o.dtype for o in getattr(network, "outputs", None) or ()}
        if dtypes & {"float16", "bfloat16", "float64"}:
            raise ValueError(
                f"`{name}` of {cls.__name__} must end in float32, whatever its policy. "
                f"Received: {sorted(dtypes)}. End it with `{REMEDY}`."
            )


def require_map(cls: type, name: str, network: Any, inputs: Any, outputs: Any) -> None:
    """Refuses a network that does not map `inputs` to `outputs`, shapes of one example.

    An axis that is None fits any, and so does a shape that is None. A list of shapes is
    for a network with several inputs or outputs.
    """
    for word, wanted, given in (
        ("take", inputs, network.input_shape),
        ("give", outputs, network.output_shape),
    ):
        found = shapes(given)
        if wanted is not None and not _fit(wanted if isinstance(wanted, list) else [wanted], found):
            raise ValueError(
                f"`{name}` of {cls.__name__} must {word} shape {wanted} for each example. "
                f"Received: {found if len(found) > 1 else found[0]}."
            )


def shapes(given: Any) -> list[tuple[Any, ...]]:
    """Shapes of one example, a list, of what a network takes or gives."""
    return [tuple(shape[1:]) for shape in (given if isinstance(given, list) else [given])]


def _fit(wanted: Sequence[Any], found: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the shapes found are the shapes wanted."""
    return len(wanted) == len(found) and all(
        shape is None
        or (len(shape) == len(own) and all(w in (None, f) for w, f in zip(shape, own, strict=True)))
        for shape, own in zip(wanted, found, strict=True)
    )


def require_codec(
    cls: type,
    encoder: Any,
    decoder: Any,
    latent_dim: int,
    outputs: int | None = None,
    channels: int = 1,
    places: tuple[int, ...] = (),
    labels: list[tuple[int, ...]] | None = None,
    heads: list[tuple[int, ...]] | None = None,
    encoder_takes_labels: bool = True,
) -> None:
    """Refuses an encoder or a decoder of another size than the model reads.

    Args:
        outputs: numbers the encoder gives, `latent_dim` where None.
        channels: numbers the decoder gives for each entry of the data.
        places: shape of the places that a code has, where it has some.
        labels: shapes of what both networks take beside data and code, in a list.
        heads: shapes of what the encoder gives, and the decoder takes, before the code.
        encoder_takes_labels: whether the encoder takes the labels, too.
    """
    *sides, last = shapes(encoder.input_shape)[0]
    given, taken = (*places, outputs or latent_dim), (*places, latent_dim)
    rebuilt = (*sides, channels * last)
    data = [(*sides, last), *labels] if labels and encoder_takes_labels else None
    require_map(cls, "encoder", encoder, data, [*heads, given] if heads else given)
    beside = [*(heads or ()), taken, *(labels or ())]
    require_map(cls, "decoder", decoder, beside if len(beside) > 1 else taken, rebuilt)


def require_features(cls: type, discriminator: Any, data_shape: Sequence[int | None]) -> None:
    """Refuses a discriminator that does not give `[one raw output, a vector of features]`."""
    outputs = [tuple(output.shape[1:]) for output in discriminator.outputs]
    if len(outputs) != 2 or outputs[0] != (1,) or len(outputs[1]) != 1:
        raise ValueError(
            f"`discriminator` of {cls.__name__} must give two outputs for each example, one raw "
            f"number and a vector of features (`features=True` of `zoo.networks`). "
            f"Received: {outputs}."
        )
    require_map(cls, "discriminator", discriminator, tuple(data_shape), None)


def parts(cls: type, given: dict[str, Any]) -> dict[str, Any]:
    """The networks and settings that a model is made of; refuses those that it cannot have."""
    refuse_reserved(cls, given)
    settings.refuse_unknown(cls, given)
    for name, value in given.items():
        refuse_half_outputs(cls, name, value)
    return settings.require(cls, given)


def seed(value: Any) -> int:
    """The seed of a model; refuses what is none."""
    if not isinstance(value, (int, np.integer)) or not 0 <= value < 2**63:
        raise ValueError(f"`seed` must be an integer from 0. Received: {value!r}.")
    return int(value)


def refuse_options(model: Any, epochs: Any, options: dict[str, Any]) -> None:
    """Refuses what `fit` cannot be asked for."""
    if not model.compiled:
        raise ValueError(f"{type(model).__name__} must be compiled first: `model.compile()`.")
    scopes.require_same(model)
    callbacks.require(model, options.get("callbacks"))
    counts = {"epochs": (epochs, 1), "initial_epoch": (options.get("initial_epoch"), 0)}
    counts["steps_per_epoch"] = options.get("steps_per_epoch"), 1
    for name, (value, lowest) in counts.items():
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if value is not None and not (whole and value >= lowest):
            raise ValueError(f"`{name}` must be an integer from {lowest}. Received: {value!r}.")
    split = options.get("validation_split", 0.0)
    if not 0.0 <= split < 1.0:
        raise ValueError(f"`validation_split` must be from 0, and below 1. Received: {split}.")


def regularized(part: Any) -> bool:
    """Whether a network carries penalties that Keras would add to its loss."""
    if not isinstance(part, keras.Layer):
        return False
    layers, weights = part._flatten_layers(), part.trainable_variables
    penalties = [getattr(layer, "activity_regularizer", None) for layer in layers]
    penalties += [getattr(weight, "regularizer", None) for weight in weights]
    return any(penalty is not None for penalty in penalties)


def optimizers_by_player(model: Any, optimizer: Any, options: dict[str, Any]) -> dict[str, Any]:
    """What `compile` was given, as a dict by player; refuses what it does not take."""
    name = type(model).__name__
    unknown = set(options) - {"jit_compile", "steps_per_execution", "run_eagerly"}
    if unknown:
        raise ValueError(
            f"`compile` of {name} takes `optimizer`, `accumulate`, `ema`, `jit_compile`, "
            "`steps_per_execution` and `run_eagerly`: losses and metrics are the model's own. "
            f"Received: {sorted(unknown)}."
        )
    if not isinstance(optimizer, dict):
        takers = [p for p in model.players if model.default_optimizer(p) is not None]
        return dict.fromkeys(takers or model.players, optimizer)
    if set(optimizer) - set(model.players):
        raise ValueError(
            f"`optimizer` of {name} must be for the players {list(model.players)}. "
            f"Received: {list(optimizer)}."
        )
    return optimizer


def refuse_compiled(model: Any, accumulate: Any, ema: Any, steps: Any) -> None:
    """Refuses what a model cannot be compiled for."""
    scopes.require_same(model)
    for name, value in (("accumulate", accumulate), ("steps_per_execution", steps)):
        if type(value) is not int or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {value!r}.")
    if ema is not None and not (isinstance(ema, float) and 0.0 < ema < 1.0):
        raise ValueError(f"`ema` must be between 0 and 1, such as 0.999. Received: {ema!r}.")
    if isinstance(model.distribute_strategy, tf.distribute.ParameterServerStrategy):
        raise ValueError(
            "The strategy must have replicas in step. Received: ParameterServerStrategy, whose "
            "workers are not: use MultiWorkerMirroredStrategy (`zoo.training.strategy`, 'workers')."
        )


def refuse_slices(model: Any, accumulate: int) -> None:
    """Refuses slices of a batch for updates that are no gradients."""
    others = [player for player in model.players if player not in model.optimizers]
    if accumulate > 1 and others:
        raise ValueError(
            f"`accumulate` of {type(model).__name__} must be 1: {others} follow no gradient. "
            f"Received: {accumulate}."
        )


def refuse_second_averages(model: Any, ema: float) -> None:
    """Refuses averages by `compile` for a class that keeps some of its own."""
    if model.averaged_players:
        raise ValueError(
            f"`ema` of {type(model).__name__} must be None: it keeps averages of "
            f"{list(model.averaged_players)} itself, with `average_decay`. Received: {ema}."
        )


def refuse_optimizer(model: Any, player: str, optimizer: Any) -> None:
    """Refuses an optimizer for a player that follows no gradient."""
    if optimizer is not None:
        raise ValueError(
            f"`optimizer` of {type(model).__name__} must be None for {player!r}, whose update "
            f"is no gradient step. Received: {type(optimizer).__name__}."
        )


def plain_optimizer(optimizer: Any) -> Any:
    """The optimizer; refuses settings that need what only the whole model has."""
    inner = unscaled(optimizer)
    if hasattr(inner, "optimizers"):  # keras.optimizers.MultiOptimizer
        raise ValueError(
            "`optimizer` must be one for every player, or a dict by player. Received: "
            f"{type(inner).__name__}, which chooses by variables."
        )
    for name, remedy in (("gradient_accumulation_steps", "accumulate"), ("use_ema", "ema")):
        if getattr(inner, name):
            raise ValueError(
                f"`{name}` of an optimizer must be left out: use `compile({remedy}=...)`. "
                f"Received: {getattr(inner, name)}."
            )
    for name, value in inner.get_config().items():
        low, high, words = RATES.get(name, (-np.inf, np.inf, ""))
        if isinstance(value, (int, float)) and not low <= value < high:
            raise ValueError(f"`{name}` of an optimizer must be {words}. Received: {value}.")
    return optimizer


def require_gradients(player: str, variables: Sequence[Any], gradients: Sequence[Any]) -> None:
    """Refuses a loss that does not reach every weight of its player."""
    missing = [v.path for v, g in zip(variables, gradients, strict=True) if g is None]
    if missing:
        raise ValueError(f"The loss of {player!r} gives no gradient to {missing}.")


def require_terms(model: Any, player: str, found: dict[str, Any]) -> None:
    """Refuses a loss whose terms are not those the class declares."""
    names = {*model.terms[player], *model.watched.get(player, ())}
    if set(found) != names:
        raise ValueError(
            f"The loss of {player!r} of {type(model).__name__} must return the terms "
            f"{sorted(names)}. Received: {sorted(found)}."
        )
