"""What a class of the zoo and the networks given to it must satisfy."""

import keras

REMEDY = "keras.layers.Activation('linear', dtype='float32')"


def refuse_reserved(cls, names):
    """Refuses names that Keras owns: they would fail late or override Keras."""
    taken = sorted(name for name in names if hasattr(keras.Model, name))
    if taken:
        raise TypeError(
            f"{cls.__name__} must not use {taken} as the name of a player, network, setting or "
            "state: `keras.Model` owns it."
        )


def refuse_half_outputs(cls, name, part):
    """Refuses a network that does not end in float32: losses never cast."""
    for network in part if isinstance(part, (list, tuple)) else [part]:
        dtypes = {o.dtype for o in getattr(network, "outputs", None) or ()}
        if dtypes & {"float16", "bfloat16", "float64"}:
            raise ValueError(
                f"`{name}` of {cls.__name__} must end in float32, whatever its policy. "
                f"Received: {sorted(dtypes)}. End it with `{REMEDY}`."
            )


def require_output(cls, name, network, size):
    """Refuses a network whose last axis is not what the model reads."""
    found = network.output_shape[-1]
    if found != size:
        raise ValueError(f"`{name}` of {cls.__name__} must have {size} outputs. Received: {found}.")


def require_positive(cls, **settings):
    """Refuses sizes below one and negative weights."""
    for name, value in settings.items():
        lowest = 0 if name.endswith("_weight") or name == "beta" else 1
        if not callable(value) and not value >= lowest:
            raise ValueError(
                f"`{name}` of {cls.__name__} must be at least {lowest}. Received: {name}={value}."
            )


def regularized(part):
    """Whether a network carries penalties that Keras would add to its loss."""
    layers = part._flatten_layers() if isinstance(part, keras.Layer) else ()
    return any(
        getattr(layer, name, None) is not None
        for layer in layers
        for name in (
            "kernel_regularizer",
            "bias_regularizer",
            "gamma_regularizer",
            "beta_regularizer",
            "activity_regularizer",
            "embeddings_regularizer",
        )
    )
