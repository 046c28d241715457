"""`fit` takes rows by their index: the same rows give the same bits, wherever they come from."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import IMAGE

import zoo
from zoo import GenerativeModel
from zoo.input_pipeline import batches, shuffles
from zoo.input_pipeline.rows import Indexed, Rows, Selected, sides_of

COUNT, BATCH = 22, 4
IMAGES = np.random.default_rng(0).random((COUNT, *IMAGE), np.float32)
LABELS = (np.arange(COUNT) % 5).astype(np.int64)


class Own:
    """What a user writes: an example for an index."""

    def __init__(self, rows, *more):
        self.rows, self.more, self.asked = rows, more, []

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        self.asked.append(index)
        row = self.rows[index]
        return (row, *(side[index] for side in self.more)) if self.more else row


class Several(Own):
    """One that gives several at a time as well."""

    def __getitems__(self, indices):
        return [self[index] for index in indices]


class Recorder(GenerativeModel):
    """Writes down what each step is fed and what is held out; trains nothing."""

    players = {"clerk": ("record",)}
    terms = {"clerk": ("total",)}
    data_shape = IMAGE

    def __init__(self, **parts):
        super().__init__(**parts)
        made = {"shape": (16, BATCH, *IMAGE), "initializer": "zeros", "trainable": False}
        self.record = self.add_weight(name="record", **made)
        self.compile("sgd")

    def clerk_loss(self, x, y, training):
        total = tf.reduce_sum(x, axis=(1, 2, 3))
        return {"total": total if y is None else total * (1.0 + tf.cast(y, tf.float32))}

    def update(self, movers, x, y):
        y = 1.0 if y is None else (1.0 + tf.cast(y, tf.float32))[:, None, None, None]
        where = tf.reshape(self.steps.value, [1, 1])
        self.record.assign(tf.tensor_scatter_nd_update(self.record.value, where, (x * y)[None]))
        return {"clerk": self.clerk_loss(x, None, training=True)}


class Labelled(Recorder):
    targets, num_classes = "labels", 5


@pytest.fixture(scope="module")
def vae():
    model = zoo.create("vae", IMAGE, 3, channels=(2, 2), seed=0)
    model.compile()
    return model


def fed(*data, cls=Recorder, **options):
    """The bytes of the rows of every step of two epochs, and the logs."""
    model = cls(seed=0)
    logs = model.fit(*data, batch_size=BATCH, epochs=2, verbose=0, **options).history
    return model.record.numpy().tobytes(), logs


@pytest.mark.parametrize("kind", [Own, Several, lambda rows: Indexed(Own(rows))])
def test_rows_by_index_are_fed_to_the_bits_of_the_array(kind):
    whole = fed(IMAGES, validation_data=IMAGES[:9])
    assert fed(kind(IMAGES), validation_data=kind(IMAGES[:9])) == whole
    assert fed(kind(IMAGES[::-1]), validation_data=kind(IMAGES[:9])) != whole


def test_a_mapped_file_is_fed_to_the_bits_of_the_array(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    assert fed(np.load(tmp_path / "images.npy", mmap_mode="r")) == fed(IMAGES)


def test_items_that_are_pairs_are_fed_as_two_arrays():
    held_out = IMAGES[:8], LABELS[:8]
    whole = fed(IMAGES, LABELS, validation_data=held_out, cls=Labelled)
    assert fed(Own(IMAGES, LABELS), validation_data=Own(*held_out), cls=Labelled) == whole
    assert fed(Own(IMAGES), LABELS, validation_data=held_out, cls=Labelled) == whole
    assert fed(Own(IMAGES, LABELS[::-1]), validation_data=held_out, cls=Labelled) != whole


def test_an_item_that_is_a_pair_is_read_once():
    own = Own(IMAGES, LABELS)
    x, y = sides_of(own)
    own.asked.clear()
    np.testing.assert_array_equal(x.read([3, 1]), IMAGES[[3, 1]])
    np.testing.assert_array_equal(y.read([3, 1]), LABELS[[3, 1]])
    assert own.asked == [3, 1]


def test_a_validation_split_of_rows_is_that_of_the_array():
    assert fed(Own(IMAGES), validation_split=0.3) == fed(IMAGES, validation_split=0.3)


def test_a_prior_is_fitted_to_the_codes_of_rows():
    samples = []
    for rows in (IMAGES, Indexed(Own(IMAGES))):
        model = zoo.create("rae", IMAGE, 3, channels=(2, 2), seed=0)
        model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
        model.fit_sampler(rows)
        samples.append(model.sample(3, seed=0).numpy())
    np.testing.assert_array_equal(*samples)


BAD = {  # what a row holds -> what is said of it
    "infinite": (np.inf, "finite.*inf at index .13, 0"),
    "range": (9.0, "in .0, 1.*row 13"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named_when_it_is_read(case, vae):
    rows, (value, words) = IMAGES.copy(), BAD[case]
    rows[13] = value
    with pytest.raises(ValueError, match=words) as error:
        vae.fit(Own(rows), batch_size=BATCH, epochs=2, verbose=0)
    assert "\n" not in str(error.value) and len(str(error.value)) < 200


def test_a_file_that_fails_while_it_is_read_is_an_oserror(vae):
    class Broken(Own):
        def __getitem__(self, index):
            if index == 13:
                raise OSError("disk of row 13")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="^disk of row 13$"):
        vae.fit(Broken(IMAGES), batch_size=BATCH, epochs=2, verbose=0)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return IMAGES[:BATCH]


def of(*structure):
    return tf.data.Dataset.from_tensor_slices(*structure).batch(BATCH)


REFUSED = {  # what cannot be trained on -> what is said of it
    "dict": (of({"image": IMAGES, "label": LABELS}), "dict of image, label. Use `.map"),
    "nested": (of(((IMAGES, IMAGES), LABELS)), "a nested structure"),
    "dict in a pair": (of(({"a": IMAGES}, LABELS)), "a nested structure"),
    "PyDataset": (Batches(), "a PyDataset"),
    "item of a dict": (Own([{"image": row} for row in IMAGES]), "a dict of ..image.."),
    "three entries": (Own(IMAGES, LABELS, LABELS), "3 entries"),
    "no rows": (Own(IMAGES[:0]), "at least one example"),
    "bytes": (Own((IMAGES * 255).astype("uint8")), "float32 in .0, 1.*uint8.*astype"),
    "no channel": (IMAGES[..., 0], "channel axis is missing"),
    "no channel by index": (Own(IMAGES[..., 0]), "channel axis is missing"),
    "unlike shapes": (Own([IMAGES[0], IMAGES[1], IMAGES[2][:4]] * 8), "."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_structures_are_refused_by_name_before_a_batch_is_read(case, vae):
    given, words = REFUSED[case]
    for options in ({"x": given}, {"x": IMAGES, "validation_data": given}):
        argument = "x" if given is options["x"] else "validation_data"
        with pytest.raises((TypeError, ValueError), match=words) as error:
            vae.fit(**options, batch_size=BATCH, verbose=0)
        if case != "unlike shapes":  # they are known only when they are read
            assert f"`{argument}`" in str(error.value) and "\n" not in str(error.value)


def test_batches_that_cannot_be_used_are_never_asked_for(vae):
    def never():
        raise AssertionError("a batch was read")
        yield {}

    spec = {"image": tf.TensorSpec((None, *IMAGE))}
    data = tf.data.Dataset.from_generator(never, output_signature=spec)
    with pytest.raises(TypeError, match="a dict of image"):
        vae.fit(data, verbose=0)


def test_endless_datasets_need_a_number_of_steps():
    model = Recorder(seed=0)
    endless = of(IMAGES).repeat()
    for options, name in (
        ({"x": endless}, "steps_per_epoch"),
        ({"x": IMAGES, "batch_size": BATCH, "validation_data": endless}, "validation_steps"),
    ):
        with pytest.raises(ValueError, match=f"`{name}` must say how many .* endless"):
            model.fit(**options, verbose=0)
    with pytest.raises(ValueError, match="`steps` must say how many .* endless"):
        model.evaluate(endless, verbose=0)
    bounded = {"steps_per_epoch": 2, "validation_data": endless, "validation_steps": 2}
    assert len(model.fit(endless, verbose=0, **bounded).history["val_loss"]) == 1
    assert np.isfinite(model.evaluate(endless, steps=2, verbose=0)).all()


def test_numbers_beyond_float32_are_not_finite(vae):
    model = zoo.create("vae", (6,), 2, hidden=(4,), seed=0)
    model.compile()
    with pytest.raises(ValueError, match=r"finite. Received: 1e\+300 .beyond float32. at index"):
        model.fit(np.full((8, 6), 1e300), batch_size=BATCH, verbose=0)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 100, 1000, 4097])
def test_a_counter_gives_every_row_once_in_each_turn(count):
    places = np.arange(3 * count)
    turns = shuffles.rows_at(places, count, 7, 3, 1).reshape(3, count)
    assert all(sorted(turn) == list(range(count)) for turn in turns.tolist())
    some = places[:: max(1, count // 7)]  # each place by itself, whatever else is asked for
    np.testing.assert_array_equal(shuffles.rows_at(some, count, 7, 3, 1), turns.ravel()[some])


def test_a_counter_orders_more_rows_than_memory_holds():
    count = 1 << 50
    rows = shuffles.rows_at(np.arange(20_000), count, 7, 3, 1)
    assert len(set(rows.tolist())) == 20_000 and rows.min() >= 0 and rows.max() < count
    shares = np.histogram(rows, bins=10, range=(0, count))[0] / len(rows)
    np.testing.assert_allclose(shares, 0.1, atol=0.01)
    assert abs(np.corrcoef(rows[:-1], rows[1:])[0, 1]) < 0.03


def test_every_order_of_a_few_rows_is_as_likely():
    orders = [tuple(shuffles.rows_at(np.arange(4), 4, 1, epoch, 1)) for epoch in range(1200)]
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 24 and ((counts - 50) ** 2 / 50).sum() < 49.7  # of 23 degrees: 0.1 %


def test_a_counter_is_a_function_of_seed_epoch_and_tag():
    def rows(*of):
        return shuffles.rows_at(np.arange(50), 50, *of).tolist()

    assert rows(1, 0, 0) == rows(1, 0, 0)
    assert len({tuple(rows(*of)) for of in ((1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1))}) == 4
    assert rows(1, 0, 0)[:6] == [47, 27, 44, 45, 26, 46]  # golden: stored runs depend on it


@pytest.mark.parametrize("order", shuffles.ORDERS)
def test_the_order_can_be_named_and_resumed(order, vae):
    whole = fed(IMAGES, shuffle=order)
    assert fed(Own(IMAGES), shuffle=order) == whole
    assert (fed(IMAGES) == whole) == (order == "permutation")

    def steps_from(step):
        data, _ = batches.training_dataset(vae, IMAGES, None, BATCH, order, {}, step)
        return np.stack(list(data.take(9 - step).as_numpy_iterator()))

    np.testing.assert_array_equal(steps_from(3), steps_from(0)[3:])
    epoch = steps_from(0)[:5].reshape(-1, *IMAGE)
    assert len(np.unique(epoch, axis=0)) == 5 * BATCH


def test_a_million_rows_are_ordered_by_a_permutation_and_more_by_a_counter():
    assert shuffles.order_of(shuffles.MOST_ROWS) == "permutation" == shuffles.order_of(1)
    assert shuffles.order_of(shuffles.MOST_ROWS + 1) == "counter"


class Numbers(Rows):
    """So many rows that no array of their numbers fits in memory."""

    def read(self, indices):
        return np.asarray(indices, np.float32)[:, None]


def test_no_permutation_is_held_of_rows_without_end():
    model = zoo.create("vae", (1,), 1, hidden=(2,), seed=0)
    model.compile()
    numbers = Numbers(1 << 40, (1,))
    model.fit(numbers, batch_size=BATCH, steps_per_epoch=3, epochs=2, verbose=0)
    assert int(model.steps.numpy()) == 6


def test_an_unknown_order_is_refused(vae):
    with pytest.raises(ValueError, match="`shuffle` must be True, False, 'permutation' or"):
        vae.fit(IMAGES, batch_size=BATCH, shuffle="sorted", verbose=0)


def test_rows_are_read_as_arrays_are():
    rows = Selected(IMAGES, np.array([5, 3, 9]))
    expected = IMAGES[[5, 3, 9]]
    assert len(rows) == 3 and rows.shape == expected.shape and rows.nbytes == expected.nbytes
    for index in (0, -1, slice(1, None), [2, 0], np.array([True, False, True]), (slice(0, 2), 3)):
        np.testing.assert_array_equal(rows[index], expected[index])
    np.testing.assert_array_equal(np.asarray(rows), expected)
    np.testing.assert_array_equal(np.stack(list(rows)), expected)
    np.testing.assert_allclose(rows.mean(axis=0), expected.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(tf.convert_to_tensor(rows).numpy(), expected)
    with pytest.raises(IndexError, match="below 3"):
        rows[3]


def test_two_replicas_are_fed_the_rows_of_one_process(two):
    weights = []
    for scope in (tf.distribute.get_strategy().scope(), two.scope()):
        with scope:
            model = zoo.create("vae", (3,), 2, hidden=(4,), seed=0)
            keras.utils.set_random_seed(1)
            model.set_weights(
                [np.random.default_rng(1).normal(size=w.shape) for w in model.get_weights()]
            )
        model.compile(keras.optimizers.SGD(0.01))
        model.fit(
            Own(IMAGES.reshape(COUNT, -1)[:, :3].copy()), batch_size=BATCH, epochs=2, verbose=0
        )
        weights.append(model.get_weights())
    assert max(np.abs(a - b).max() for a, b in zip(*weights, strict=True)) < 1e-6
