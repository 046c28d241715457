"""What is traced for serving gives what the verbs give in Python.

`test_promises.py` asks the same of every signature, pictures among them, once exported.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf
from descriptors import ROWS, every_model, every_sampler, trained
from signatures import REMAKE, committed, shown

from zoo import noise
from zoo.verbs.signatures import argument


@functools.lru_cache(maxsize=2)
def traced(name):
    """Signature -> its function, traced for any number of rows."""
    found = trained(name)[0].signatures()
    return {
        verb: (
            tf.function(s.function, autograph=False).get_concrete_function(**s.specs),
            s.specs,
        )
        for verb, s in found.items()
    }


def given(specs, rows):
    """Named tensors of these specs."""
    random, found = np.random.default_rng(3), {"steps": tf.constant(3), "count": tf.constant(rows)}
    for name, spec in specs.items():
        shape = [rows if size is None else size for size in spec.shape]
        whole = tf.constant(random.integers(0, 2**40, shape)) if spec.dtype == tf.int64 else None
        found.setdefault(name, random.random(shape, np.float32) if whole is None else whole)
    return {name: tf.convert_to_tensor(found[name], spec.dtype) for name, spec in specs.items()}


def spoken(model, signature, tensors):
    """The same call of the verb in Python."""
    verb = signature.removesuffix("_n")
    names = {argument(model, n, verb).spec.name: n for n in model.offered()[verb]}
    arguments = {names[key]: tensor for key, tensor in tensors.items()}
    if signature == "sample":
        arguments["count"] = len(tensors["seed"])
    arguments |= {n: int(arguments[n]) for n in ("count", "steps") if n in arguments}
    if signature == "sample_n":  # what is given once is for every row
        rows = set(arguments) - {"count", "seed"}
        arguments |= {n: tf.stack([arguments[n]] * arguments["count"]) for n in rows}
    return getattr(model, verb)(**arguments)


def plain(name):
    """Those of `traced` that do not give another's images as files."""
    return {s: entry for s, entry in traced(name).items() if not s.endswith("_png")}


@every_model
def test_every_verb_is_served_under_its_name(name):
    model, _ = trained(name)
    assert ("sample_n" in traced(name)) == ("sample" in model.verbs)
    assert set(plain(name)) - {"sample_n"} == set(model.offered()) == set(model.verbs)
    for function, specs in traced(name).values():
        assert set(function.structured_input_signature[1]) == set(specs)


@every_model
def test_signatures_are_the_committed_ones(name):
    found = {signature: shown(function) for signature, (function, _) in traced(name).items()}
    assert found == committed(name), f"if clients are to see this, run: {REMAKE} {name}"


@every_model
def test_signatures_equal_the_verbs(name):
    (model, _), near = trained(name), ROWS[name].limit("served", 1e-5)
    for signature, (function, specs) in plain(name).items():
        tensors = given(specs, 3)
        (served,) = function(**tensors).values()
        expected = spoken(model, signature, tensors)
        assert served.shape == expected.shape, signature
        np.testing.assert_allclose(served, expected, atol=near, rtol=near, err_msg=signature)


@every_sampler
def test_a_served_sample_depends_on_its_own_seed_alone(name):
    function, specs = traced(name)["sample"]
    tensors = {**given(specs, 3), "seed": noise.row_seeds(5, 3)}
    (together,) = function(**tensors).values()
    last = {key: tensor[2:] if tensor.shape.rank else tensor for key, tensor in tensors.items()}
    (alone,) = function(**last).values()
    np.testing.assert_allclose(together[2:], alone, atol=1e-6)


@every_sampler
@pytest.mark.parametrize("wrong", [0, 1025])
def test_served_counts_are_bounded(name, wrong):
    function, specs = traced(name)["sample_n"]
    tensors = {**given(specs, 2), "count": tf.constant(wrong)}
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be from 1 to 1024"):
        function(**tensors)


@every_model
def test_rows_are_bounded_and_numbers_finite(name):
    signature = next(
        s for s in ("decode", "sample", "reconstruct", *traced(name)) if s in traced(name)
    )
    function, specs = traced(name)[signature]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must hold from 1 to 1024 rows"):
        function(**{k: t[:0] if t.shape.rank else t for k, t in given(specs, 2).items()})
    floats = {k: t for k, t in given(specs, 2).items() if t.dtype.is_floating}
    for key, tensor in floats.items():
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{key}` must be from"):
            function(**{**given(specs, 2), key: tensor * np.nan})


@every_model
def test_labels_are_checked_in_the_graph(name):
    for function, specs in plain(name).values():
        for wrong in (-2, trained(name)[0].num_classes) if "label" in specs else ():
            tensors = given(specs, 2)
            with pytest.raises(tf.errors.InvalidArgumentError, match="`label` must be from"):
                function(**{**tensors, "label": tf.zeros_like(tensors["label"]) + wrong})
