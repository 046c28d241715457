"""What `fit` accepts as `y` for each kind of target, and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel

ROWS = np.arange(16.0, dtype="float32").reshape(8, 2) / 16
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])
MET = []  # (dtype, shape) of y and whether its rows belong to those of x


class Paired(GenerativeModel):
    """Writes down what its loss is shown."""

    players = {"learner": ("network",)}
    terms = {"learner": ("error",)}
    num_classes = 3
    data_shape = (2,)

    def learner_loss(self, x, y, training):
        MET.append((y.dtype.name, x.numpy(), y.numpy()))
        return {"error": self.network(x)[:, 0]}


def model_for(targets):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model = type("Variant", (Paired,), {"targets": targets})(network=network, seed=0)
    model.compile(run_eagerly=True)
    return model


def met(targets, y, **options):
    """dtype, x and y of all steps of one epoch."""
    MET.clear()
    model_for(targets).fit(ROWS, y, batch_size=4, verbose=0, **options)
    return MET[0][0], *(np.concatenate([m[i] for m in MET]) for i in (1, 2))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_labels_come_as_int32_with_their_rows(dtype):
    kind, x, y = met("labels", LABELS.astype(dtype))
    assert kind == "int32" and y.shape == (8,)
    np.testing.assert_array_equal(y, LABELS[np.round(x[:, 0] * 8).astype(int)])


def test_unknown_labels_are_minus_one():
    some = np.where(LABELS == 2, -1, LABELS)
    _, x, y = met("some_labels", some)
    np.testing.assert_array_equal(y, some[np.round(x[:, 0] * 8).astype(int)])


def test_a_pair_keeps_its_rows_together():
    kind, x, y = met("pair", (1.0 - ROWS).astype("float64"))
    assert kind == "float32"
    np.testing.assert_allclose(x + y, 1.0, rtol=1e-6)


def test_two_domains_have_orders_of_their_own_and_lengths_of_their_own():
    _, x, y = met("domain", ROWS[:6])
    assert len(x) == len(y) == 8
    assert sorted(x[:, 0]) == sorted(ROWS[:, 0]) and set(y[:, 0]) == set(ROWS[:6, 0])
    assert np.abs(x - y).max() > 0


def test_the_longer_domain_gives_the_length_of_an_epoch():
    _, x, y = met("domain", np.concatenate([ROWS, ROWS + 2.0]))
    assert len(x) == 16 and sorted(y[:, 0]) == sorted([*ROWS[:, 0], *(ROWS[:, 0] + 2.0)])


def test_the_shorter_domain_repeats_in_a_new_order():
    _, x, _ = met("domain", np.concatenate([ROWS, ROWS + 2.0, ROWS + 4.0]))
    turns = x[:, 0].reshape(3, 8)
    assert all(sorted(turn) == sorted(ROWS[:, 0]) for turn in turns)
    assert (turns[0] != turns[1]).any() and (turns[1] != turns[2]).any()


def test_validation_data_follow_the_same_path():
    model = model_for("some_labels")
    held_out = ROWS, np.full(8, -1, "int8")
    history = model.fit(ROWS, LABELS, batch_size=4, validation_data=held_out, verbose=0).history
    assert "val_loss" in history and MET[-1][0] == "int32"


def test_a_dataset_is_taken_in_its_batches():
    MET.clear()
    data = tf.data.Dataset.from_tensor_slices((ROWS, LABELS.astype("int32"))).batch(4)
    model_for("labels").fit(data, verbose=0)
    np.testing.assert_array_equal(np.concatenate([m[2] for m in MET]), LABELS)


@pytest.mark.parametrize(
    ("targets", "y", "kind", "words"),
    [
        ("labels", LABELS - 1, ValueError, r"`y` must be in \[0, 2\]. Received: labels from -1"),
        ("labels", LABELS + 1, ValueError, r"to 3"),
        ("some_labels", LABELS - 2, ValueError, r"\[-1, 2\]"),
        ("labels", LABELS.astype("float32"), TypeError, "integer labels"),
        ("labels", None, ValueError, "needs `y`"),
        ("pair", None, ValueError, "needs `y`"),
        ("none", LABELS, ValueError, "takes no labels"),
        ("labels", LABELS[:5], ValueError, "as many rows. Received: 8 and 5"),
        ("pair", ROWS[:5], ValueError, "as many rows"),
        ("labels", LABELS[:, None], ValueError, "`y` must have shape"),
        ("pair", ROWS[:, :1], ValueError, "`y` must have shape"),
        ("domain", ROWS[:, :1], ValueError, "`y` must have shape"),
        ("pair", ROWS.astype("uint8"), TypeError, "`y` must be float32"),
    ],
)
def test_a_wrong_y_is_refused_in_words(targets, y, kind, words):
    with pytest.raises(kind, match=words):
        model_for(targets).fit(ROWS, y, batch_size=4, verbose=0)


@pytest.mark.parametrize(
    ("x", "kind", "words"),
    [
        (ROWS.astype("uint8"), TypeError, "float32"),
        (ROWS[:, :1], ValueError, "shape"),
        (np.where(ROWS == 0, np.nan, ROWS), ValueError, r"finite. Received: nan at index \(0, 0\)"),
        (ROWS[:0], ValueError, "at least one example"),
        (ROWS[:3], ValueError, "takes one batch = 4 examples. Received: 3"),
        (iter(ROWS), TypeError, "from_generator"),
    ],
)
def test_a_wrong_x_is_refused_in_words(x, kind, words):
    y = LABELS[: len(x)] if hasattr(x, "__len__") else LABELS
    with pytest.raises(kind, match=words):
        model_for("labels").fit(x, y, batch_size=4, verbose=0)


@pytest.mark.parametrize("name", ["sample_weight", "class_weight"])
def test_weights_of_examples_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` is not used"):
        model_for("labels").fit(ROWS, LABELS, verbose=0, **{name: [1.0] * 8})
