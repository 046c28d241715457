"""What is traced for serving gives what the verbs give in Python."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from descriptors import every_model, every_sampler, trained

from zoo import noise
from zoo.verbs import argument


@functools.cache
def traced(name):
    """Signature -> its function, traced for any number of rows."""
    found = trained(name)[0].signatures()
    return {
        verb: (tf.function(function).get_concrete_function(**specs), specs)
        for verb, (function, specs) in found.items()
    }


def given(specs, rows):
    """Named tensors of these specs."""
    random, found = np.random.default_rng(3), {"steps": tf.constant(3), "count": tf.constant(rows)}
    for name, spec in specs.items():
        shape = [rows if size is None else size for size in spec.shape]
        whole = tf.constant(random.integers(0, 2**40, shape)) if spec.dtype == tf.int64 else None
        found.setdefault(name, random.random(shape, np.float32) if whole is None else whole)
    return {name: tf.convert_to_tensor(found[name], spec.dtype) for name, spec in specs.items()}


def spoken(model, verb, tensors):
    """The same call of the verb in Python."""
    names = model.offered()["sample" if verb == "sample_n" else verb]
    served = {n: argument(model, n).name for n in names}
    arguments = {n: tensors[served[n]] for n in names if served[n] in tensors}
    if verb == "sample":
        arguments["count"] = len(tensors["seed"])
    arguments |= {n: int(arguments[n]) for n in ("count", "steps") if n in arguments}
    return getattr(model, verb.removesuffix("_n"))(**arguments)


@every_model
def test_every_verb_is_served_under_its_name(name):
    model, _ = trained(name)
    assert ("sample_n" in traced(name)) == ("sample" in model.verbs)
    assert set(traced(name)) - {"sample_n"} == set(model.offered()) == set(model.verbs)
    for function, specs in traced(name).values():
        assert set(function.structured_input_signature[1]) == set(specs)


@every_model
@pytest.mark.parametrize("rows", [1, 3])
def test_signatures_equal_the_verbs(name, rows):
    model, _ = trained(name)
    for verb, (function, specs) in traced(name).items():
        tensors = given(specs, rows)
        (served,) = function(**tensors).values()
        expected = spoken(model, verb, tensors)
        assert served.shape == expected.shape, verb
        np.testing.assert_allclose(served, expected, atol=1e-5, rtol=1e-5, err_msg=verb)


@every_sampler
def test_a_served_sample_depends_on_its_own_seed_alone(name):
    function, specs = traced(name)["sample"]
    tensors = {**given(specs, 3), "seed": noise.row_seeds(5, 3)}
    (together,) = function(**tensors).values()
    (alone,) = function(**{key: tensor[2:] for key, tensor in tensors.items()}).values()
    np.testing.assert_allclose(together[2:], alone, atol=1e-6)


@every_sampler
@pytest.mark.parametrize("wrong", [0, 1025])
def test_served_counts_are_bounded(name, wrong):
    function, specs = traced(name)["sample_n"]
    tensors = {**given(specs, 2), "count": tf.constant(wrong)}
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be from 1 to 1024"):
        function(**tensors)
