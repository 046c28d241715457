"""Samples follow from their seeds, verbs change nothing, and outputs look like the data."""

import numpy as np
from descriptors import CLASSES, ROWS, every_model, every_sampler, every_shape, trained, values

import zoo
from zoo.verbs.signatures import code_spec


def drawn(name, count, seed=None):
    """`count` samples, of every class in turn where the model takes labels."""
    model, labels = trained(name)[0], np.arange(count) % CLASSES
    given = {"labels": labels} if "labels" in model.verbs["sample"] else {}
    return np.asarray(model.sample(count, seed=seed, **given))


@every_sampler
def test_the_same_seed_gives_the_same_samples_and_others_give_others(name):
    first, again, other = (drawn(name, 4, seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert all(np.abs(a - b).max() > 0 for a, b in zip(first, other, strict=True))
    assert np.abs(first[0] - first[1]).max() > 0


@every_sampler
def test_a_sample_does_not_depend_on_how_many_are_drawn(name):
    np.testing.assert_allclose(drawn(name, 8, 7)[:4], drawn(name, 4, 7), atol=1e-6)


@every_sampler
def test_without_a_seed_samples_are_fresh(name):
    assert np.abs(drawn(name, 4) - drawn(name, 4)).max() > 0


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
    row = ROWS[name]
    model = trained(name)[0] if shape == row.shapes[0] else row.make(shape)
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


def called(model, verb):
    """A verb on five rows."""
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
    return getattr(model, verb)(**{name: given[name] for name in model.offered()[verb]})


ROWS_OF_CLASS = {zoo.model_class(name): row for name, row in ROWS.items()}
