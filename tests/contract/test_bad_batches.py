"""Batches and options that no model can be trained on are refused before they do harm."""

import contextlib
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import IMAGE

import zoo
from zoo.saving import budget

BATCH = 4


@pytest.fixture(scope="module")
def models():
    """A compiled model without labels and one with."""
    keras.utils.set_random_seed(0)
    small = {"seed": 1, "channels": (2, 2)}
    made = (
        zoo.create("vae", IMAGE, 3, **small),
        zoo.create("cvae", IMAGE, 3, num_classes=5, **small),
    )
    for model in made:
        model.compile()
    return made


def images(count=8, shape=IMAGE):
    return np.random.default_rng(0).random((count, *shape), np.float32)


def late(bad, labels=None):
    """A dataset of eight batches of unknown shape, the fourth of which is another."""

    def batches():
        for number in range(8):
            x = bad if number == 3 and labels is None else images(BATCH)
            y = np.full(BATCH, labels if number == 3 and labels is not None else 2, np.int32)
            yield x if labels is None else (x, y)

    x, y = tf.TensorSpec((None,) * 4, tf.float32), tf.TensorSpec((None,), tf.int32)
    signature = x if labels is None else (x, y)
    return tf.data.Dataset.from_generator(batches, output_signature=signature)


LATE = {
    "range": (late(255 * images(BATCH)), r"`x` must be in \[0, 1\].*index \[.*\] of batch 3"),
    "infinite": (late(np.inf * images(BATCH)), r"`x` must be finite.*inf at index .* of batch 3"),
    "height": (
        late(images(BATCH, (9, 8, 1))),
        r"`x` must have shape \(batch, 8, 8, 1\).*\[4 9 8 1\]",
    ),
    "channels": (late(images(BATCH, (8, 8, 3))), r"`x` must have shape .*\[4 8 8 3\], batch 3"),
    "label": (late(None, 5), r"`y` must be in \[0, 4\]. Received: 5 at index \[0\] of batch 3"),
    "unknown": (late(None, -1), r"`y` must be in \[0, 4\]. Received: -1 at index"),
}


@pytest.mark.parametrize("case", LATE)
def test_a_batch_that_comes_late_is_checked_as_the_first(case, models):
    """F20, F22, F23, F24: at its batch, on the host, whatever device trains."""
    data, words = LATE[case]
    model = models[case in ("label", "unknown")]
    before = int(model.steps.numpy())
    with pytest.raises(ValueError, match=words) as raised:
        model.fit(data, verbose=0)
    assert int(model.steps.numpy()) - before <= 3 and "\n" not in str(raised.value)


def test_a_dataset_of_another_precision_is_converted(models):
    data = tf.data.Dataset.from_tensor_slices(images().astype("float64")).batch(BATCH)
    assert np.isfinite(models[0].fit(data, verbose=0).history["loss"]).all()


OPTIONS = {
    "epochs": [0, -1, 1.5],
    "steps_per_epoch": [0, -1, 2.5, 3],
    "initial_epoch": [-1],
    "validation_split": [-1.0, 1.0, 2.0],
}


@pytest.mark.parametrize("option", OPTIONS)
def test_options_of_fit_are_refused_by_name(option, models):
    """F25, F29, F43."""
    for value in OPTIONS[option]:
        with pytest.raises(ValueError, match=f"`{option}` must be .*{value}"):
            models[0].fit(images(), batch_size=BATCH, verbose=0, **{option: value})


def test_data_that_end_within_an_epoch_are_an_error(models):
    """F29: known beforehand where the dataset tells its length, else where it ends."""
    data = tf.data.Dataset.from_tensor_slices(images()).batch(BATCH)
    unknown = data.filter(lambda x: True)
    for given in (data, unknown):
        with pytest.raises(ValueError, match="`steps_per_epoch` must be at most the batches"):
            models[0].fit(given, steps_per_epoch=5, verbose=0)
    assert len(models[0].fit(unknown, epochs=2, verbose=0).history["loss"]) == 2


RATES = [
    {"learning_rate": -1.0},
    {"learning_rate": float("nan")},
    {"beta_1": 1.0},
    {"beta_2": -0.1},
]


@pytest.mark.parametrize("given", RATES, ids=str)
def test_rates_out_of_range_are_refused(given, models):
    """F43."""
    name = next(iter(given))
    with pytest.raises(ValueError, match=f"`{name}` of an optimizer must be .*Received"):
        models[0].compile(keras.optimizers.Adam(**given))


def test_what_is_not_compiled_is_told(models):
    with pytest.raises(ValueError, match=r"VAE must be compiled first: `model.compile\(\)`"):
        zoo.create("vae", (6,), 2, seed=1).fit(images(), verbose=0)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"hidden": (2_000_000_000,)}, "more than 2,000,000,000"),
        ({"hidden": (40_000, 40_000)}, "that ask for 3,20"),
        ({"latent_dim": 2_000_000_000}, "more than 2,000,000,000"),
        ({"hidden": (0,)}, "`hidden` of VAE must be a list of positive integers"),
        ({"hidden": 8}, "`hidden` of VAE must be a list"),
        ({"latent_dim": True}, "`latent_dim` must be a positive integer"),
        ({"seed": -1}, "`seed` must be an integer from 0"),
        ({"most_parameters": 100}, None),
    ],
)
def test_sizes_are_refused_before_anything_is_allocated(given, words):
    """F46 and F43: 2e9 units are 8 GB for a bias alone."""
    given = {"latent_dim": 2, **given}
    if words is None:  # small models are not counted
        zoo.create("vae", (6,), **given)
        return
    with pytest.raises(ValueError, match=words):
        zoo.create("vae", (6,), **given)


@pytest.mark.parametrize("most", [1_000_000, 50_000_000])
def test_a_model_that_is_counted_is_not_made_afterwards(most):
    made = []

    def counted(shape, dtype=None):
        made.append(shape)
        return tf.zeros(shape, dtype)

    def large():
        layer = keras.layers.Dense(4000, kernel_initializer=counted)
        return keras.Sequential([keras.Input((4000,)), layer])

    with contextlib.suppress(ValueError):
        budget.require(large, (4000, 4000), most)
    with keras.StatelessScope():  # as when Keras asks a layer for the shape of its output
        pass
    assert made == []


def test_less_than_a_row_for_each_replica_is_refused_with_the_arithmetic(two):
    """F26."""
    with two.scope():
        model = zoo.create("vae", (6,), 2, seed=1, hidden=(4,))
        model.compile()
    words = r"`batch_size` must be a positive multiple of the 2 replica\(s\).*batch_size=1"
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=words):
            call(images(8, (6,)), batch_size=1, verbose=0)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")  # codes are all one
@pytest.mark.parametrize("name", ["rae", "nsgan"])
def test_data_without_variance_give_numbers(name):
    """F27: batch norm, groups and the law of the codes, all of one image."""
    model = zoo.create(name, IMAGE, 3, seed=1, channels=(2, 2))
    model.compile()
    x = np.full((32, *IMAGE), 0.5, np.float32)
    history = model.fit(x, batch_size=16, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    if name == "rae":
        model.fit_sampler(x)
    assert np.isfinite(model.sample(4, seed=0)).all()


def drawn(chosen):
    """An array, what it holds, and whether it must be refused: one of many kinds of data."""
    count = int(chosen.choice([0, 1, 3, 4, 5, 8]))
    shapes = [IMAGE] * 24 + [
        (8, 8),
        (8, 8, 3),
        (1, 8, 8),
        (4, 8, 1),
        (9, 8, 1),
        (),
        (8, 8, 1, 1),
        (0,),
    ]
    shape = shapes[chosen.integers(len(shapes))]
    ranges = [(0, 1), (0, 1), (0, 1), (0, 255), (-1, 1), (0.5, 0.5), (1, 0), (0, 0), (-1e30, 1e30)]
    low, high = ranges[chosen.integers(len(ranges))]
    kinds = ["float32", "float64", "float16", "uint8", "bool", "int64", "complex64", "object"]
    kind = kinds[chosen.integers(len(kinds)) * chosen.integers(2)]
    with np.errstate(over="ignore", invalid="ignore"):
        x = (low + (high - low) * chosen.random((count, *shape))).astype(kind)
    floats = np.issubdtype(x.dtype, np.floating)
    if floats and x.size and chosen.random() < 0.2:
        x.flat[chosen.integers(x.size)] = chosen.choice([np.nan, np.inf])
    fine = floats and shape == IMAGE and count >= BATCH
    return x, bool(fine and np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1)


def test_two_hundred_kinds_of_data_are_refused_in_a_line_or_trained_on(models, caplog):
    """F22, F23, F25: of 200 arrays and datasets 0 other errors, 0 that train in silence."""
    chosen, counts, model = np.random.default_rng(0), {True: 0, False: 0}, models[0]
    for number in range(200):
        x, fine = drawn(chosen)
        given, size = x, {"batch_size": BATCH}
        if number % 4 == 3 and x.dtype != object and x.ndim and len(x):
            given, size = (
                tf.data.Dataset.from_tensor_slices(x).batch(BATCH, drop_remainder=True),
                {},
            )
        caplog.clear()
        try:
            with caplog.at_level(logging.INFO):
                model.fit(given, verbose=0, **size)
            trained = True
        except (ValueError, TypeError) as error:
            trained, said = False, str(error)
            assert "Received: " in said and "\n" not in said and len(said) < 400, said
        counts[trained] += 1
        assert trained == fine, (x.dtype, x.shape, x.min() if x.size else None)
        converted = trained and x.dtype != np.float32 and given is x
        assert not converted or "is converted from" in caplog.text
    print(counts)
    assert counts[True] > 15 and counts[False] > 100
