"""`fit` begins in mid-epoch where it is told to, and goes on as if it had never stopped."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel

COUNT, BATCH = 26, 4
STEPS = COUNT // BATCH
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


class Place(keras.callbacks.Callback):
    """Begins at a place, raises once before a step, and writes down what `fit` calls."""

    def __init__(self, place=None, fails=None, again=None):
        super().__init__()
        self.place, self.fails, self.again, self.seen = place, fails, again, []

    @contextlib.contextmanager
    def session(self, model, callbacks):
        self.seen.append("opened")
        try:
            yield self.place
        finally:
            self.seen.append("closed")

    def recover(self, error):
        self.seen.append(str(error))
        return self.again

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.fails:
            self.fails = None
            raise RuntimeError("failed")
        self.seen.append((self.epoch, batch))


def fed(x=ROWS, execution=1, **options):
    """The rows of every step, `(steps, batch)`."""
    model = Recorder(seed=0)
    model.compile("sgd", steps_per_execution=execution)
    options = {"batch_size": BATCH, "epochs": 3, "verbose": 0, **options}
    model.fit(x, **options)
    return model.record.numpy()[: int(model.steps.numpy())].astype(int)


def endless():
    return tf.data.Dataset.from_tensor_slices(ROWS).repeat().shuffle(9, seed=2).batch(BATCH)


def of_unknown_size():
    rows = tf.data.Dataset.from_generator(lambda: iter(ROWS[:24]), tf.float32, (1,))
    return rows.batch(BATCH, drop_remainder=True)


DATA = {  # what is trained on, its options, and the steps of one epoch
    "arrays": (lambda: ROWS, {}, STEPS),
    "dataset": (lambda: tf.data.Dataset.from_tensor_slices(ROWS[:24]).batch(BATCH), {}, STEPS),
    "shuffled": (
        lambda: tf.data.Dataset.from_tensor_slices(ROWS[:24]).shuffle(24, seed=2).batch(BATCH),
        {},
        STEPS,
    ),
    "endless": (endless, {"steps_per_epoch": 5}, 5),
    "of unknown size": (of_unknown_size, {}, STEPS),
}


@pytest.mark.parametrize("place", [(0, 3), (1, 0), (1, 2), (2, 4)], ids=str)
@pytest.mark.parametrize("data", DATA)
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_callback_says_where_to_begin(data, place):
    made, options, steps = DATA[data]
    whole, (epoch, step) = fed(made(), **options), place
    callback = Place(place)
    found = fed(made(), callbacks=[callback], **options)
    np.testing.assert_array_equal(found, whole[epoch * steps + step :])
    assert callback.seen[1] == place


@pytest.mark.parametrize("execution", [1, 2])
def test_an_initial_step_is_one_of_the_initial_epoch(execution):
    options = {"initial_epoch": 1, "initial_step": 4}
    np.testing.assert_array_equal(fed(execution=execution, **options), fed()[STEPS + 4 :])


def test_an_epoch_may_be_resumed_after_its_last_step():
    np.testing.assert_array_equal(fed(initial_epoch=1, initial_step=STEPS), fed()[2 * STEPS :])


def test_an_epoch_resumed_after_its_last_step_logs_what_was_gathered_before():
    model = Recorder(seed=0)
    model.compile("sgd")

    class Gathered(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            model.means.update_state(dict.fromkeys(model.means.names, 7.0), 1.0)

    options = {"initial_step": STEPS, "batch_size": BATCH, "verbose": 0}
    history = model.fit(ROWS, callbacks=[Gathered()], **options).history
    assert history["loss"] == [7.0]


@pytest.mark.parametrize("step, execution", [(STEPS + 1, 1), (-1, 1), (3, 2)])
def test_a_step_that_no_epoch_has_is_refused(step, execution):
    with pytest.raises(ValueError, match=f"`initial_step` must be from 0 to.*Received: {step}"):
        fed(initial_step=step, execution=execution)


@pytest.mark.parametrize("data", ["arrays", "dataset"])
def test_fit_begins_again_where_a_callback_recovers(data):
    made, options, steps = DATA[data]
    callback = Place(fails=(1, 3), again=(1, 1))
    found, whole = fed(made(), callbacks=[callback], **options), fed(made(), **options)
    before, again = found[: steps + 3], found[steps + 3 :]
    np.testing.assert_array_equal(before, whole[: steps + 3])
    np.testing.assert_array_equal(again, whole[steps + 1 :])
    assert callback.seen.count("failed") == callback.seen.count("opened") == 1
    assert callback.seen[-1] == "closed"


def test_data_are_prepared_once_and_not_where_a_callback_has_set_the_state():
    prepared = []

    class Prepared(Recorder):
        def prepare(self, data):
            prepared.append(data)

    for place, again, count in ((None, None, 1), ((0, 0), None, 1), (None, (0, 0), 2)):
        model = Prepared(seed=0)
        model.compile("sgd")
        callback = Place(place, fails=again and (0, 0), again=again)
        model.fit(ROWS, batch_size=BATCH, verbose=0, callbacks=[callback])
        assert len(prepared) == count


def test_an_error_nobody_recovers_from_is_raised_and_sessions_are_closed():
    callback = Place(fails=(0, 2))
    with pytest.raises(RuntimeError, match="failed"):
        fed(callbacks=[callback])
    assert callback.seen == ["opened", (0, 0), (0, 1), "failed", "closed"]
