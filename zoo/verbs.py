"""Verbs as signatures: one vocabulary of arguments, one name for each output.

`sample` is served twice: `sample(seed: int64[batch])` gives one example a seed, each a
function of its own seed alone, and `sample_n(count, seed)` the examples that
`model.sample(count, seed=seed)` gives.
"""

import tensorflow as tf

from zoo import noise

MOST_COUNT, MOST_STEPS = 1024, 64  # what one served call may ask for


def data_name(model):
    """What one example is called in a signature."""
    return {2: "sequence", 3: "image"}.get(len(model.data_shape), "x")


def argument(model, name):
    """The `tf.TensorSpec` of an argument of a verb."""
    data, code = data_name(model), code_spec(model)
    rows = {
        "x": (data, model.data_shape, tf.float32),
        "x1": (f"{data}1", model.data_shape, tf.float32),
        "x2": (f"{data}2", model.data_shape, tf.float32),
        "z": ("z", *code),
        "z1": ("z1", *code),
        "z2": ("z2", *code),
        "codes": ("codes", (getattr(model, "codes_dim", None),), tf.float32),
        "labels": ("label", (), tf.int32),
        "seed": ("seed", (), tf.int64),
    }
    if name == "y":  # the other image of a pair, or of another domain
        return tf.TensorSpec((None, *model.target_shape), tf.float32, "target")
    if name in SCALARS:
        return tf.TensorSpec((), SCALARS[name], name)
    served, shape, dtype = rows[name]
    return tf.TensorSpec((None, *shape), dtype, served)


SCALARS = {"count": tf.int32, "steps": tf.int32, "truncation": tf.float32}


def code_spec(model):
    """Shape and dtype of one code: `code_shape` and `code_dtype` where a model has its own."""
    shape = getattr(model, "code_shape", None) or (getattr(model, "latent_dim", None),)
    return shape, getattr(model, "code_dtype", tf.float32)


def output(model, verb):
    """What a verb's result is called in a signature."""
    return {"encode": "z", "score": "score", "classify": "probabilities"}.get(
        verb, data_name(model)
    )


def signatures(model):
    """Verb -> (function of named tensors, served name -> `tf.TensorSpec`)."""
    found = {}
    for verb, names in model.offered().items():
        names = [name for name in names if name != "count"]
        found[verb] = _signature(model, verb, {name: argument(model, name) for name in names})
        if verb == "sample":
            specs = {name: argument(model, name) for name in ("count", *names)}
            specs["seed"] = tf.TensorSpec((), tf.int64, "seed")
            found["sample_n"] = _signature(model, verb, specs)
    return found


def _signature(model, verb, specs):
    served = {spec.name: name for name, spec in specs.items()}
    limits = {"count": (1, MOST_COUNT), "steps": (2, MOST_STEPS)}

    def function(**tensors):
        given = {served[name]: tensor for name, tensor in tensors.items()}
        for name, (low, high) in limits.items():
            if name in given:
                words = f"`{name}` must be from {low} to {high}."
                bounded = (given[name] >= low) & (given[name] <= high)
                with tf.control_dependencies([tf.debugging.Assert(bounded, [words, given[name]])]):
                    given[name] = tf.identity(given[name])  # nothing is computed before
        if verb == "sample":
            if "count" in given:
                given["seed"] = noise.row_seeds(given["seed"], given["count"])
            given["count"] = tf.shape(given["seed"])[0]
        return {output(model, verb): getattr(model, verb)(**given)}

    function.__name__ = verb
    return function, {spec.name: spec for spec in specs.values()}
