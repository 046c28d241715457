"""Networks of one's own: subclassed models become functional ones, and ends that do not fit are
warned of."""

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import keras

LINEAR = ("linear", None)
PLAIN = (  # layers that let the values of the layer before them through
    *(keras.layers.Flatten, keras.layers.Reshape, keras.layers.Permute, keras.layers.Identity),
    *(keras.layers.Cropping1D, keras.layers.Cropping2D, keras.layers.Cropping3D),
    keras.layers.Activation,
)
_log = logging.getLogger(__name__)


def with_known_shapes(cls: type) -> None:
    """Lets the constructor of a class take subclassed networks (`functional`)."""
    init: Callable[..., None] | None = vars(cls).get("__init__")
    if init is None:
        return
    signature = inspect.signature(init)
    names = list(signature.parameters)[1:]

    @functools.wraps(init)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        owner = type(self)
        positional = [functional(owner, name, v) for name, v in zip(names, args, strict=False)]
        named = {name: functional(owner, name, value) for name, value in kwargs.items()}
        init(self, *positional, *args[len(names) :], **named)

    # Keras reads it with and without what is wrapped.
    setattr(construct, "__signature__", signature)  # noqa: B010
    cls.__init__ = construct


def functional(cls: type, name: str, value: Any) -> Any:
    """An argument of a class; in the place of a subclassed `keras.Model` that was built on data a
    functional one, which knows its shapes and holds the same weights.

    Refuses networks that were not built, and those of free sizes.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(functional(cls, name, entry) for entry in value)
    if not isinstance(value, keras.Model) or hasattr(value, "part_names"):  # a model of the zoo
        return value
    shapes = getattr(value, "input_shape", None) or built_shapes(cls, name, value)
    refuse_free(cls, name, shapes)
    if hasattr(value, "output_shape"):
        refuse_free(cls, name, value.output_shape)
        return value
    return wrapped(cls, name, value, shapes)


def built_shapes(cls: type, name: str, network: keras.Model) -> Any:
    """What a subclassed network was built on; refuses one that was not."""
    shapes = (network.get_build_config() or {}).get("input_shape") if network.built else None
    if shapes is None:
        raise ValueError(
            f"`{name}` of {cls.__name__} must be built: call it on a batch of data first, or begin "
            f"it with `keras.Input`. Received: {type(network).__name__}, which is not."
        )
    return shapes


def refuse_free(cls: type, name: str, shapes: Any) -> None:
    """Refuses shapes with a size that is not fixed."""
    several = isinstance(shapes, list)
    for shape in shapes if several else [shapes]:
        if None in tuple(shape)[1:]:
            raise ValueError(
                f"`{name}` of {cls.__name__} must take and give fixed sizes, such as "
                f"`keras.Input((28, 28, 1))`. Received: {tuple(shape)[1:]}."
            )


def wrapped(cls: type, name: str, network: keras.Model, shapes: Any) -> keras.Model:
    """A functional model of a subclassed one."""
    sizes = [tuple(shape)[1:] for shape in (shapes if isinstance(shapes, list) else [shapes])]
    inputs = [keras.Input(size, dtype=None if size else "int32") for size in sizes]
    given = inputs if isinstance(shapes, list) else inputs[0]
    try:
        outputs = network(given)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"`{name}` of {cls.__name__} must take what it was built on, {sizes}, as symbols of "
            f"Keras. Received: {type(network).__name__}, which says: {reason}"
        ) from error
    model = keras.Model(given, outputs, name=network.name)
    refuse_free(cls, name, model.output_shape)
    return model


def warn_of_ends(model: Any) -> None:
    """Warns of networks whose last activation, or whose normalization, does not fit their use."""
    for name in model.part_names:
        value = getattr(model, name)
        for network in value if isinstance(value, (list, tuple)) else [value]:
            if not isinstance(network, keras.Model) or hasattr(network, "part_names"):
                continue
            for reason in (unfit_end(model, name, network), unfit_norm(model, name, network)):
                if reason is not None:
                    _log.warning("`%s` of %s %s", name, type(model).__name__, reason)


def unfit_end(model: Any, name: str, network: keras.Model) -> str | None:
    """Why the last activation of a network does not fit, or None."""
    end = last_activation(network.outputs[0])
    if end in LINEAR:
        return None
    if name in model.raw_networks:
        return f"ends in {end}, and its raw output (a logit) is expected: leave the activation out."
    likelihood = getattr(model, "likelihood", None)
    if name == "decoder" and likelihood is not None:
        if getattr(likelihood, "bounded", likelihood.data_range is not None):
            return f"ends in {end}, and {type(likelihood).__name__} applies its own: leave it out."
    elif name in ("decoder", "generator", "generators", "g", "f"):
        if end == "tanh" and model.data_range == (0.0, 1.0):
            return "ends in tanh, from -1 to 1, and the data lie in [0, 1]: end it in a sigmoid."
    return None


def unfit_norm(model: Any, name: str, network: keras.Model) -> str | None:
    """Why a network must not normalize over a batch, or None."""
    movers = [player for player, parts in model.players.items() if name in parts]
    if not any("gradient_penalty" in model.terms[player] for player in movers):
        return None
    layers = [
        layer.name
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not layers:
        return None
    return (
        f"has batch normalization ({layers[0]!r}), and its penalty is on the slope at single "
        "examples: use layer normalization, or none."
    )


def last_activation(tensor: Any) -> str | None:
    """Name of the activation that a tensor of Keras ends in; None where it has none."""
    while True:
        layer, node, _ = tensor._keras_history
        inner = getattr(layer, "outputs", None) if isinstance(layer, keras.Model) else None
        if inner:
            tensor = inner[0]
            continue
        activation = getattr(layer, "activation", None)
        name = getattr(activation, "__name__", None)
        if isinstance(layer, (keras.layers.ReLU, keras.layers.Softmax)):
            name = layer.__class__.__name__.lower()
        if name not in LINEAR or not isinstance(layer, PLAIN):
            return name
        tensor = layer._inbound_nodes[node].input_tensors[0]
