"""The rows each step of `fit` is fed are a pure function of (seed, epoch)."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel
from zoo.input_pipeline import batches

COUNT, BATCH = 26, 4
ROWS = np.arange(COUNT, dtype="float32")[:, None]


class Recorder(GenerativeModel):
    """Writes down what each step is fed; trains nothing."""

    players = {"clerk": ("record",)}
    terms = {"clerk": ("total",)}
    data_shape = (1,)

    def __init__(self, **parts):
        super().__init__(**parts)
        made = {"shape": (64, BATCH), "initializer": "zeros", "trainable": False}
        self.record = self.add_weight(name="record", **made)

    def clerk_loss(self, x, y, training):
        return {"total": x[:, 0]}

    def update(self, movers, x, y):
        fed = tf.reshape(x, [1, BATCH])
        where = tf.reshape(self.steps.value, [1, 1])
        self.record.assign(tf.tensor_scatter_nd_update(self.record.value, where, fed))
        return {"clerk": self.clerk_loss(x, y, training=True)}


def fed(seed=0, epochs=1, execution=1, x=ROWS, **options):
    """The rows of every step, `(steps, batch)`."""
    model = Recorder(seed=seed)
    model.compile("sgd", steps_per_execution=execution)
    model.fit(x, batch_size=BATCH, epochs=epochs, verbose=0, **options)
    return model.record.numpy()[: int(model.steps.numpy())].astype(int)


def test_the_order_is_a_function_of_the_seed():
    np.testing.assert_array_equal(fed(seed=3), fed(seed=3))
    assert (fed(seed=3) != fed(seed=4)).any()


def test_an_epoch_shows_each_row_at_most_once_in_whole_steps():
    for epoch in fed(epochs=3).reshape(3, -1):
        assert len(epoch) == COUNT // BATCH * BATCH == len(set(epoch))


def test_epochs_differ_and_each_leaves_out_other_rows():
    first, second = fed(epochs=2).reshape(2, -1)
    assert (first != second).any() and set(first) != set(second)


def test_an_initial_epoch_gives_the_order_of_that_epoch():
    steps = COUNT // BATCH
    whole = fed(epochs=3)
    np.testing.assert_array_equal(fed(epochs=3, initial_epoch=2), whole[2 * steps :])
    np.testing.assert_array_equal(fed(epochs=3, initial_epoch=1), whole[steps:])


def test_without_shuffle_rows_come_in_their_order():
    expected = ROWS[: COUNT // BATCH * BATCH, 0]
    for epoch in fed(epochs=2, shuffle=False).reshape(2, -1):
        np.testing.assert_array_equal(epoch, expected)


@pytest.mark.parametrize("execution", [2, 3])
def test_steps_in_one_execution_do_not_change_what_is_fed(execution):
    np.testing.assert_array_equal(fed(epochs=2, execution=execution), fed(epochs=2))


def test_fewer_steps_an_epoch_are_the_first_of_the_same_order():
    short = fed(epochs=2, steps_per_epoch=4)
    whole = fed(epochs=2).reshape(2, COUNT // BATCH, BATCH)
    np.testing.assert_array_equal(short.reshape(2, 4, BATCH), whole[:, :4])


def test_a_validation_split_takes_the_last_rows():
    assert set(fed(epochs=4, validation_split=0.25).ravel()) == set(range(COUNT - 6))


def test_a_second_fit_begins_again_with_the_first_epoch():
    model = Recorder(seed=0)
    model.compile("sgd")
    for _ in range(2):
        model.fit(ROWS, batch_size=BATCH, verbose=0)
    first, second = model.record.numpy()[:12].reshape(2, -1)
    np.testing.assert_array_equal(first, second)


def test_every_row_is_as_likely_to_come_first():
    firsts = [epoch[0] for epoch in fed(epochs=60, x=ROWS[:BATCH])]
    counts = np.bincount(firsts, minlength=BATCH)
    assert counts.min() > 4  # fifteen are expected; below five has probability 1e-3


def test_a_dataset_keeps_its_own_order():
    data = tf.data.Dataset.from_tensor_slices(ROWS[::-1][:24]).batch(BATCH)
    model = Recorder(seed=0)
    model.compile("sgd")
    model.fit(data, verbose=0)
    np.testing.assert_array_equal(model.record.numpy()[:6].ravel(), ROWS[::-1][:24, 0])


def test_no_thread_tunes_what_is_read_that_the_end_of_an_epoch_would_wait_for():
    model = Recorder(seed=0)
    model.compile()
    train, _, _ = batches.for_training(model, ROWS, None, BATCH, {})
    held_out = batches.for_evaluation(model, ROWS, None, BATCH)
    assert not train.options().autotune.enabled and not held_out.options().autotune.enabled
    assert tf.data.Dataset.range(3).options().autotune.enabled is not False  # TensorFlow's own
