"""Bad input is an error that names the argument, what is accepted and what came."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import BATCH, IMAGE, ROWS, every_model, fed, trained, values

import zoo
from zoo.contract.settings import Weight
from zoo.contract.settings import of as settings_of

some = pytest.mark.parametrize("name", ["vae", "rae", "wgan_gp"])


def images(count=2 * BATCH, shape=IMAGE):
    return np.random.default_rng(0).random((count, *shape), np.float32)


def holed():
    x = images()
    x[2, 0, 1, 0] = np.nan
    return x


def as_dataset(x, batch=BATCH):
    return tf.data.Dataset.from_tensor_slices(x).batch(batch, drop_remainder=True)


BAD = {
    "uint8": (lambda: (255 * images()).astype("uint8"), TypeError, "float32.*Received: .*uint8"),
    "labels": (lambda: np.arange(8), TypeError, "float32.*Received: .*int64"),
    "0 to 255": (lambda: 255 * images(), ValueError, r"in \[0, 1\].*Received: .*from .* to 25"),
    "nan": (holed, ValueError, r"finite.*Received: nan at index \(2, 0, 1, 0\)"),
    "shape": (lambda: images()[:, :4], ValueError, r"\(batch, 8, 8, 1\).*Received: \(8, 4, 8, 1\)"),
    "empty": (lambda: images()[:0], ValueError, "at least one example.*Received: none"),
    "nothing": (
        lambda: None,
        TypeError,
        "an object .* or a `tf.data.Dataset`.*NoneType",
    ),
    "generator": (lambda: iter(images()), TypeError, "from_generator.*Received"),
}
DATASETS = [case for case in BAD if case not in ("empty", "nothing", "generator")]


def ready(name):
    """A model, which no refusal changes."""
    return trained(name)[0]


@pytest.fixture
def refuse():
    """Asserts that a call is refused with these words and changes no variable of a model."""

    def check(name, call, error, words):
        before = values(ready(name))
        with pytest.raises(error, match=words):
            call(ready(name))
        after = values(ready(name))
        assert [key for key in before if before[key].tobytes() != after[key].tobytes()] == []

    return check


@some
@pytest.mark.parametrize("case", BAD)
def test_bad_data_are_refused(name, case, refuse):
    bad, error, words = BAD[case]
    refuse(name, lambda m: m.fit(bad(), batch_size=1, verbose=0), error, f"`x` .*{words}")
    refuse(name, lambda m: m.evaluate(bad(), verbose=0), error, f"`x` .*{words}")


@some
@pytest.mark.parametrize("case", BAD)
def test_bad_validation_data_are_refused(name, case, refuse):
    bad, error, words = BAD[case]
    if bad() is not None:
        given = {"validation_data": bad(), "batch_size": 1, "verbose": 0}
        words = f"`validation_data` .*{words}"
        refuse(name, lambda m: m.fit(images(6), **given), error, words)


@pytest.mark.parametrize("case", DATASETS)
def test_bad_datasets_are_refused(case, refuse):
    bad, error, words = BAD[case]
    words = words.replace(r"\(8, 4", r"\(4, 4")
    refuse("vae", lambda m: m.fit(as_dataset(bad()), verbose=0), error, f"`x` .*{words}")
    refuse("vae", lambda m: m.evaluate(as_dataset(bad()), verbose=0), error, f"`x` .*{words}")


def test_an_empty_dataset_is_refused(refuse):
    empty = as_dataset(images()).take(0)
    refuse("vae", lambda m: m.fit(empty, verbose=0), ValueError, "`x` .*Received: an empty")


def test_a_dataset_that_cannot_be_cut_is_refused(refuse):
    parts = ready("wgan_gp").parts
    data = as_dataset(images(parts + 1), parts + 1)
    words = f"cuts its batch into {parts} parts.*multiple of {parts}.*Received: {parts + 1}"
    assert parts > 1
    refuse("wgan_gp", lambda m: m.fit(data, verbose=0), ValueError, words)


@every_model
def test_less_data_than_one_step_takes_is_refused_with_the_arithmetic(name, refuse):
    parts = ready(name).parts
    few = images(BATCH * parts - 1, ready(name).data_shape)
    taken = f"{parts} fresh batches of {BATCH}" if parts > 1 else "one batch"
    words = f"takes {taken} = {BATCH * parts} examples. Received: {len(few)}"
    refuse(name, lambda m: m.fit(*fed(m, few), batch_size=BATCH, verbose=0), ValueError, words)


@every_model
def test_y_is_refused_where_none_is_taken_and_asked_for_where_one_is(name, refuse):
    alone, x = ready(name).targets == "none", images(shape=ready(name).data_shape)
    given = (x, np.zeros(2 * BATCH, np.int32)) if alone else (x,)
    words = "`y` must be None" if alone else "needs `y`: targets are"
    refuse(name, lambda m: m.fit(*given, verbose=0), ValueError, words)
    refuse(name, lambda m: m.evaluate(*given, verbose=0), ValueError, words)


@pytest.mark.parametrize("option", ["sample_weight", "class_weight"])
def test_weights_of_examples_are_refused(option, refuse):
    given = {option: np.ones(2 * BATCH, np.float32), "verbose": 0}
    words = f"`{option}` is not used.*Received"
    refuse("vae", lambda m: m.fit(images(), batch_size=BATCH, **given), ValueError, words)


def test_weights_of_held_out_examples_are_refused(refuse):
    weight = np.ones(2 * BATCH, np.float32)
    words = "weight.*Received"
    refuse("vae", lambda m: m.evaluate(images(), sample_weight=weight), ValueError, words)
    held_out = images(), None, weight
    given = {"validation_data": held_out, "batch_size": BATCH}
    refuse("vae", lambda m: m.fit(images(), **given), ValueError, words)


@pytest.mark.parametrize("size", [0, -4, 2.5])
def test_batch_sizes_are_positive_integers(size, refuse):
    words, kinds = "batch_size` must be .*Received: .*batch_size=", (ValueError, TypeError)
    refuse("vae", lambda m: m.fit(images(), batch_size=size), kinds, words)
    refuse("vae", lambda m: m.evaluate(images(), batch_size=size), kinds, words)
    given = {"validation_data": images(), "validation_batch_size": size, "batch_size": BATCH}
    refuse("vae", lambda m: m.fit(images(), **given), kinds, words)


@every_model
def test_optimizers_are_for_players(name, refuse):
    words = r"`optimizer` .* players \[.*Received: \['nobody'\]"
    refuse(name, lambda m: m.compile(optimizer={"nobody": "adam"}), ValueError, words)


@pytest.mark.parametrize("option", [{"loss": "mse"}, {"metrics": ["mae"]}, {"loss_weights": [1]}])
def test_losses_and_metrics_are_the_models_own(option, refuse):
    words = f"takes `optimizer`.*Received: .*{next(iter(option))}"
    refuse("vae", lambda m: m.compile(**option), ValueError, words)


@pytest.mark.parametrize("near, meant", [("wgangb", "wgan_gp"), ("betavea", "beta_vae")])
def test_unknown_names_answer_with_the_nearest(near, meant):
    with pytest.raises(
        ValueError, match=f"`name` must be .*Received: '{near}'. Nearest: .*{meant}"
    ):
        zoo.create(near, IMAGE, 3)


@pytest.mark.parametrize("shape", [(8, 8), (4, 8, 1), (0,), (), (8, 8, -1), (8.0, 8, 1)])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"(`data_shape` must|at least 8 x 8).*Received: .*\("):
        zoo.create("vae", shape, 3)


@pytest.mark.parametrize("name", [name for name in ROWS if zoo.model_class(name).has_latent])
@pytest.mark.parametrize("latent_dim", [0, -1, 2.5, None])
def test_impossible_codes_are_refused(name, latent_dim):
    with pytest.raises(ValueError, match="`latent_dim` must be a positive integer. Received: "):
        zoo.create(name, ROWS[name].shapes[0], latent_dim)


@every_model
def test_negative_weights_of_terms_are_refused(name):
    for setting, declared in settings_of(zoo.model_class(name)).items():
        for value in (-1.0, float("nan")) if isinstance(declared.kind, Weight) else ():
            words = f"`{setting}` of .* must be a number at least 0.* Received: {value}"
            with pytest.raises(ValueError, match=words):
                ROWS[name].make(**{setting: value})


@every_model
def test_unknown_settings_are_refused(name):
    with pytest.raises(TypeError, match="no setting 'colour'. Nearest: "):
        ROWS[name].make(colour=3)


def network(inputs, outputs, dtype=None):
    flat = math.prod(outputs)
    layers = [keras.layers.Flatten(), keras.layers.Dense(flat, dtype=dtype)]
    last = keras.layers.Reshape(outputs, dtype=dtype)
    return keras.Sequential([keras.Input(inputs), *layers, last])


WRONG = {"encoder": (IMAGE, (5,)), "critic": ((3,), (2,)), "discriminator": (IMAGE, (2,))}
WRONG |= {role: ((3,), (8, 8, 3)) for role in ("decoder", "generator")}


@every_model
@pytest.mark.parametrize("role", WRONG)
def test_networks_of_the_wrong_size_are_refused_when_the_model_is_made(name, role):
    model = ready(name)
    if hasattr(model, role):
        parts = {part: getattr(model, part) for part in model.part_names} | {"seed": 1}
        with pytest.raises(ValueError, match=f"`{role}` of .* must .*Received: "):
            type(model)(**{**parts, role: network(*WRONG[role])})


def test_networks_that_end_in_half_precision_are_refused_with_the_remedy():
    parts = {part: getattr(ROWS["vae"].make(), part) for part in ("encoder", "decoder")}
    half = network((3,), IMAGE, dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match="`decoder` of VAE must end in float32.*Received.*float32"):
        zoo.VAE(parts["encoder"], half, 3)
