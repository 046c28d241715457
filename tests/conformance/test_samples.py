"""Samples follow from their seeds, verbs change nothing, and outputs look like the data."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from descriptors import (
    CLASSES,
    ROWS,
    every_model,
    every_sampler,
    every_shape,
    of_shape,
    trained,
    values,
)

import zoo
from zoo.verbs.signatures import code_spec


def drawn(name, count, seed=None):
    """`count` samples, of every class in turn where the model takes labels."""
    model, labels = trained(name)[0], np.arange(count) % CLASSES
    given = {"labels": labels} if "labels" in model.verbs["sample"] else {}
    return np.asarray(model.sample(count, seed=seed, **given))


@functools.lru_cache(maxsize=1)
def first_four(name):
    """Four samples of the seed 7."""
    return drawn(name, 4, 7)


@every_sampler
def test_the_same_seed_gives_the_same_samples_and_others_give_others(name):
    first, again, other = first_four(name), drawn(name, 4, 7), drawn(name, 4, 8)
    np.testing.assert_array_equal(first, again)
    assert all(np.abs(a - b).max() > 0 for a, b in zip(first, other, strict=True))
    assert np.abs(first[0] - first[1]).max() > 0


@every_sampler
def test_a_sample_does_not_depend_on_how_many_are_drawn(name):
    np.testing.assert_allclose(drawn(name, 8, 7)[:4], first_four(name), atol=1e-6)


@every_sampler
def test_without_a_seed_samples_are_fresh(name):
    assert np.abs(drawn(name, 1) - drawn(name, 1)).max() > 0


@every_model
def test_verbs_change_no_variable(name):
    model, _ = trained(name)
    before = values(model)
    for verb in model.offered():
        called(model, verb)
    after = values(model)
    assert [k for k in before if before[k].tobytes() != after[k].tobytes()] == []


@every_shape
def test_shown_data_have_the_shape_and_range_of_the_data(name, shape):
    row, model = ROWS[name], of_shape(name, shape)[0]
    code = row.code if shape == row.shapes[0] else model.code_shape
    own = {
        "score": (),
        "encode": row.encoded or code,
        "classify": (CLASSES,),
        "interpolate": (3, *shape),
        "trajectory": (3, *(code or ())),
        "forecast": (getattr(model, "horizon", 0), *shape[1:]),
    }
    for verb in model.offered():
        found = np.asarray(called(model, verb))
        assert found.shape == (5, *own.get(verb, shape)), verb
        assert np.isfinite(found).all(), verb
        if verb not in ("score", "encode", "classify"):
            assert found.dtype == np.float32, verb
            assert model.data_range is None or 0 <= found.min() <= found.max() <= 1, verb


def called(model, verb, **bent):
    """A verb on five rows, some of its arguments others."""
    return getattr(model, verb)(**(arguments(model, verb) | bent))


def arguments(model, verb):
    """What a verb takes, five rows of each."""
    random, dtype = np.random.default_rng(2), code_spec(model)[1].as_numpy_dtype
    code = model.code_shape or ()
    given = {name: random.random((5, *model.data_shape), np.float32) for name in ("x", "x1", "x2")}
    given |= {name: random.normal(size=(5, *code)) for name in ("z", "z1", "z2")}
    if dtype == np.int32:  # indices
        given["z"] = np.abs(given["z"])
    given |= {name: given[name].astype(dtype) for name in ("z", "z1", "z2")}
    given["y"] = random.random((5, *model.target_shape), np.float32)
    given |= {
        "count": 5,
        "steps": 3,
        "seed": 7,
        "truncation": 0.7,
        "labels": np.arange(5) % CLASSES,
    }
    given["codes"] = np.eye(5, model.codes_dim or 1, dtype=np.float32)
    return {name: given[name] for name in model.offered()[verb]}


def bent(model, name, value):
    """What is wrong -> an argument of which that is so."""
    if name in ("count", "steps"):
        return {"negative": -1, "word": "3", "fraction": 2.5, "none": None, "truth": True}
    if name == "truncation":
        return {"negative": -1.0, "word": "3", "NaN": float("nan")}
    if name == "seed":
        return {"word": "3", "fraction": 0.5, "other rows": [1, 2, 3]}
    if name == "labels":
        return {"word": "cat", "fraction": 0.5, "other rows": [0, 1, 0], "no class": 99}
    wrong = {
        "row alone": value[0],
        "other size": np.concatenate([value, value], axis=-1),
        "no rows": value[:0],
        "words": value.astype(str),
    }
    if value.dtype.kind != "f":
        return wrong | {"floats": value + 0.5, "beyond": value + 1000}
    if name == "codes":
        return {"other size": wrong["other size"], "words": wrong["words"]}
    wrong |= {
        "integers": np.ones_like(value, np.uint8),
        "NaN": np.where(value > 0.4, np.nan, value),
    }
    in_range = model.data_range is not None and name[0] in "xy"
    return wrong | ({"0 to 255": 255 * value, "-1 to 1": 2 * value - 1} if in_range else {})


@every_model
def test_verbs_refuse_by_name_what_fit_and_served_graphs_refuse(name):
    model, _ = trained(name)
    for verb in model.offered():
        for argument, value in arguments(model, verb).items():
            for case, wrong in bent(model, argument, value).items():
                with pytest.raises((ValueError, TypeError)) as caught:
                    called(model, verb, **{argument: wrong})
                message = str(caught.value)
                assert f"`{argument}`" in message and "Received" in message, (verb, case, message)
                assert len(message) < 400 and "\n" not in message, (verb, case, message)


@every_model
def test_verbs_take_other_floats_and_tensors_alike(name):
    model, _ = trained(name)
    for verb in model.offered():
        given, plain = arguments(model, verb), np.asarray(called(model, verb))
        rows = {key for key, value in given.items() if np.ndim(value) > 1 and key != "codes"}
        rows = {key for key in rows if given[key].dtype == np.float32}
        for kind in (np.float64, tf.convert_to_tensor, list):
            other = {key: kind(given[key]) for key in rows}
            np.testing.assert_array_equal(called(model, verb, **other), plain)


ROWS_OF_CLASS = {zoo.model_class(name): row for name, row in ROWS.items()}
