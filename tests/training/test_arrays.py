"""Arrays, labels and files of them: what lies is refused, or mended aloud."""

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest

from zoo.training import data
from zoo.training.data import splits

IMAGES = np.random.default_rng(0).random((40, 8, 8, 1)).astype(np.float32)


def kept(path, name="own.npz", **arrays):
    np.savez(path / name, **arrays)
    return str(path / name)


def loaded(path, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = data.load(str(path), **options)
    return found, [str(warning.message) for warning in caught]


# What is held out


@pytest.mark.parametrize("seed", range(12))
def test_no_class_is_held_out_whole_and_each_gives_its_share(seed, tmp_path):
    y = np.array([0] * 60 + [1] * 20 + [2])
    x = np.arange(81, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    found = data.load(kept(tmp_path, x=x, y=y), seed=seed)
    assert np.bincount(found.test_labels, minlength=3).tolist() == [6, 2, 0]
    assert np.bincount(found.train_labels).tolist() == [54, 18, 1] and found.num_classes == 3
    rows = np.concatenate([found.train, found.test])[:, 0].astype(int)
    np.testing.assert_array_equal(np.sort(rows), np.arange(81))
    labels = np.concatenate([found.train_labels, found.test_labels])
    np.testing.assert_array_equal(labels, y[rows])


def test_what_is_held_out_follows_from_the_seed(tmp_path):
    path = kept(tmp_path, x=IMAGES, y=np.arange(40) % 3)
    first, again, other = (data.load(path, seed=seed).test for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("count", [2, 3, 10, 19, 20, 99])
@pytest.mark.parametrize("classes", [1, 2, 3, 7])
def test_a_tenth_is_held_out_and_every_row_is_somewhere(count, classes):
    y = np.random.default_rng(count).integers(classes, size=count)
    if len(np.unique(y)) > 1 and np.bincount(y).max() == 1:
        pytest.skip("every class has one example")
    train, test = splits.held_out(count, y, 3)
    assert sorted([*train, *test]) == list(range(count))
    assert 1 <= len(test) <= max(1, count // 10) and set(y[test]) <= set(y[train])


def test_classes_of_one_example_each_cannot_be_held_out(tmp_path):
    with pytest.raises(data.DataError, match="Every class must keep an example.*40 classes"):
        data.load(kept(tmp_path, x=IMAGES, y=np.arange(40)))
    with pytest.raises(data.DataError, match="at least 2 examples"):
        data.load(kept(tmp_path, x=IMAGES[:1]))


def test_rows_without_end_are_split_without_a_permutation():
    count = 10**12
    train, test = splits.held_out(count, None, 0)
    assert (len(train), len(test)) == (count - count // 10, count // 10)
    some = np.arange(1000)
    assert not set(train[some].tolist()) & set(test[some].tolist())
    assert len(set(train[some].tolist())) == 1000 and train[some].max() < count
    np.testing.assert_array_equal(train[5:8], train[np.arange(5, 8)])


def test_a_run_of_0_1_0_has_the_rows_and_labels_that_it_had(tmp_path):
    y = np.array([0, 5, 9, 5] * 10)
    found = data.load(kept(tmp_path, x=IMAGES, y=y), version=1, seed=4)
    order = np.random.default_rng(4).permutation(40)
    np.testing.assert_array_equal(found.test, IMAGES[order[:4]])
    np.testing.assert_array_equal(found.train_labels, y[order[4:]])
    assert found.num_classes == 10


# Labels

LYING = {  # labels of 40 rows -> what is said
    "wrapped": (np.arange(40) % 4 + 3 * 2**32, "from -1.* to 2147483647. Received: labels from 12"),
    "negative": (np.where(np.arange(40) % 4 == 3, -7, 1), "from -1.*Received: labels from -7 to 1"),
    "too few": (np.zeros(39, int), "`train_labels` must be 40 integers. Received: .* of .39,."),
    "one number": (np.array(3), "must hold|must be|must have rows"),
    "of floats": (np.linspace(0, 1, 40), "must be 40 integers. Received: float64"),
    "one hot": (np.eye(40), "must be 40 integers.*np.argmax"),
    "all unknown": (np.full(40, -1), "must be known for some rows"),
    "objects": (np.array([{}] * 40, object), "allow_pickle|pickle"),
}


@pytest.mark.parametrize("case", LYING)
def test_labels_that_lie_are_refused(case, tmp_path):
    y, words = LYING[case]
    with pytest.raises(data.DataError, match=words) as error:
        data.load(kept(tmp_path, x=IMAGES, y=y))
    assert "\n" not in str(error.value)


def test_labels_that_leave_numbers_out_are_numbered_anew_aloud(tmp_path):
    y = np.array([0, 100, 200, 100] * 10)
    found, said = loaded(kept(tmp_path, x=IMAGES, y=y))
    assert said == [
        "labels leave numbers out and are numbered anew: 0, 100, 200 are classes 0 to 2"
    ]
    assert found.num_classes == 3 and found.class_names == ("0", "100", "200")
    rows = {row.tobytes(): label for row, label in zip(IMAGES, y, strict=True)}
    for x, labels in ((found.train, found.train_labels), (found.test, found.test_labels)):
        named = [int(found.class_names[label]) for label in labels]
        assert named == [rows[row.tobytes()] for row in x] and labels.dtype == np.int32


def test_words_are_classes(tmp_path):
    y = np.array(["dog", "cat", "cat", "bird"] * 10)
    found, said = loaded(kept(tmp_path, x=IMAGES, y=y))
    assert found.class_names == ("bird", "cat", "dog") and said == []
    assert np.bincount(np.concatenate([found.train_labels, found.test_labels])).tolist() == [
        10,
        20,
        10,
    ]


def test_unknown_labels_stay_unknown(tmp_path):
    y = np.array([-1, 0, 1, 2] * 10)
    found, said = loaded(kept(tmp_path, x=IMAGES, y=y))
    assert found.num_classes == 3 and said == [] and found.train_labels.min() == -1


def test_classes_are_counted_over_both_splits():
    found = data.from_arrays(IMAGES[:20], IMAGES[20:], np.arange(20) % 2, np.arange(20) % 3)
    assert found.num_classes == 3 and found.class_names == ("0", "1", "2")


def test_names_of_classes_may_lie_in_the_file(tmp_path):
    names = np.array(["night", "day"])
    found = data.load(kept(tmp_path, x=IMAGES, y=np.arange(40) % 2, class_names=names))
    assert found.class_names == ("night", "day")
    with pytest.raises(data.DataError, match="below 2, the number of their names. Received: 2"):
        data.load(kept(tmp_path, x=IMAGES, y=np.arange(40) % 3, class_names=names))


# Names of arrays


@pytest.mark.parametrize(
    "names",
    [
        ("x", "y"),
        ("images", "labels"),
        ("data", "label"),
        ("X", "Y"),
        ("x", "target"),
    ],
)
def test_labels_are_found_by_their_usual_names(names, tmp_path):
    found, said = loaded(
        kept(tmp_path, **dict(zip(names, (IMAGES, np.arange(40) % 2), strict=True)))
    )
    assert found.num_classes == 2 and said == [] and found.train_targets is None


@pytest.mark.parametrize("form", ["{0}_{1}", "{1}_{0}"])
@pytest.mark.parametrize("words", [("x", "y"), ("images", "labels")])
def test_splits_are_found_by_their_usual_names(form, words, tmp_path):
    x, y = words
    arrays = {
        form.format(x, "train"): IMAGES[:30],
        form.format(y, "train"): np.arange(30) % 3,
        form.format(x, "test"): IMAGES[30:],
        form.format(y, "test"): np.arange(10) % 3,
    }
    found, said = loaded(kept(tmp_path, **arrays))
    np.testing.assert_array_equal(found.train, IMAGES[:30])
    np.testing.assert_array_equal(found.test, IMAGES[30:])
    assert found.num_classes == 3 and said == []


def test_one_array_of_any_name_is_the_data_and_others_are_named(tmp_path):
    assert data.load(kept(tmp_path, features=IMAGES)).data_shape == (8, 8, 1)
    _, said = loaded(kept(tmp_path, x=IMAGES, weights=np.zeros(3), z=np.zeros(2)))
    assert said == ["arrays of a file that are not used: weights, z"]
    with pytest.raises(data.DataError, match="its arrays are a, b"):
        data.load(kept(tmp_path, a=IMAGES, b=IMAGES))


def test_images_without_their_channel_axis(tmp_path):
    grey = np.arange(60, dtype=np.uint8)[:, None, None] + np.zeros((1, 28, 28), np.uint8)
    with pytest.raises(data.DataError, match="channel axis is missing.*None"):
        data.from_arrays(grey)
    found, said = loaded(kept(tmp_path, x_train=grey, y_train=np.arange(60) % 3))
    assert found.data_shape == (28, 28, 1) and "channel axis is missing" in said[0]
    floats = (grey / 255.0).astype(np.float32)
    with pytest.warns(UserWarning, match="sequences of 28 steps of 28 .* channel axis is missing"):
        assert data.from_arrays(floats).is_sequence
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.from_arrays(np.random.default_rng(0).normal(size=(20, 16, 2)))  # a sequence


@pytest.mark.parametrize("value", [1e300, -1e300, np.inf, np.nan])
@pytest.mark.parametrize("stream", [False, True])
def test_finiteness_is_looked_at_after_the_cast(value, stream, tmp_path):
    x = np.random.default_rng(0).random((40, 8))
    x[7, 3] = value
    with pytest.raises(data.DataError, match=r"must be finite. Received: .* at index \(7, 3\)"):
        data.load(kept(tmp_path, x=x), stream=stream)


# Files


def header(shape, descr="<f4", extra=""):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, {extra}}}"
    text = (text.ljust(117) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def larger():
    """An .npz whose array is larger in its header than in the file."""
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w") as member:
            member.write(header("(1000, 1000)"))
            member.write(b"\0" * 3000)
    return opened.getvalue()


def archive_of(**members):
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return opened.getvalue()


def whole():
    opened = io.BytesIO()
    np.savez(opened, x=IMAGES, y=np.arange(40) % 4)
    return opened.getvalue()


def flipped(content, place):
    content = bytearray(content)
    content[place] ^= 1
    return bytes(content)


HOSTILE = {
    "empty.npz": b"",
    "empty.npy": b"",
    "cut.npz": whole()[: len(whole()) // 2],
    "cut.npy": header("(4, 4)") + b"\0" * 60,
    "long.npy": header("(4, 4)") + b"\0" * 68,
    "flipped.npz": flipped(whole(), 3000),
    "29 TiB.npy": header("(1000000000000, 8)") + b"\0" * 64,
    "beyond.npy": header("(" + "9" * 30 + ",)") + b"\0" * 64,
    "negative.npy": header("(-1, 4)") + b"\0" * 64,
    "no rows.npy": header("(0, 4)"),
    "scalar.npy": header("()") + b"\0" * 4,
    "deep.npy": header("(" * 900 + ")" * 900),
    "nested.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", 6000) + b"[" * 3000 + b"]" * 3000,
    "code.npy": header("(4, 4)", extra="'x': __import__('os').system('true'), "),
    "words.npy": header("(4, 4)", "|V9") + b"\0" * 144,
    "complex.npy": header("(4, 4)", "<c8") + b"\0" * 128,
    "objects.npy": header("(4, 4)", "|O") + b"\0" * 128,
    "version.npy": b"\x93NUMPY\x09\x00" + b"\0" * 100,
    "short header.npy": b"\x93NUMPY\x01\x00\xff\xff{",
    "long header.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", 60000) + b" " * 60000,
    "no array.npz": archive_of(),
    "text.npz": archive_of(x_txt="no array"),
    "no npy.npz": archive_of(x_npy="no array"),
    "lying.npz": larger(),
    "text.npy": b"x y\n1 2\n",
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_and_hostile_files_end_in_one_line(name, stream, tmp_path):
    (tmp_path / name).write_bytes(HOSTILE[name])
    with pytest.raises(data.DataError) as error:
        data.load(str(tmp_path / name), stream=stream)
    words = str(error.value)
    assert "\n" not in words and len(words) < 500 and "Received" in words


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(data.DataError, match="none.npz"):
        data.load(f"npz:{tmp_path / 'none.npz'}")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "|u1"])
def test_every_order_and_kind_of_number_is_read(dtype, order, tmp_path):
    x = np.asarray(255 * IMAGES if dtype == "|u1" else IMAGES, dtype=dtype, order=order)
    for name, save in (("a.npy", np.save), ("a.npz", np.savez), ("b.npz", np.savez_compressed)):
        save(tmp_path / name, x)
        found = data.load(str(tmp_path / name))
        expected = x.astype(np.float32) / (255.0 if dtype == "|u1" else 1.0)
        rows = np.concatenate([found.train, found.test])
        sides = [np.sort(side.reshape(40, -1), axis=0) for side in (rows, expected)]
        np.testing.assert_array_equal(*sides)


def test_the_command_says_one_line_and_exits_with_2(tmp_path, capsys):
    from zoo.training import cli

    path = tmp_path / "flipped.npz"
    path.write_bytes(HOSTILE["flipped.npz"])
    assert cli.main(["train", "vae", "--data", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "flipped.npz" in said[0] and not (tmp_path / "out").exists()


# Objects that are read by index


class Own:
    def __init__(self, *sides):
        self.sides = sides

    def __len__(self):
        return len(self.sides[0])

    def __getitem__(self, index):
        rows = [side[index] for side in self.sides]
        return rows[0] if len(rows) == 1 else tuple(rows)


def test_an_object_that_is_read_by_index_is_a_data_set():
    levels = (255 * IMAGES).astype(np.uint8)
    labels = np.arange(40) % 3
    whole = data.from_arrays(levels, train_labels=labels)
    found = data.from_arrays(Own(levels, labels))
    assert not found.in_memory and whole.in_memory and found.num_classes == 3
    np.testing.assert_array_equal(np.asarray(found.train), whole.train)
    np.testing.assert_array_equal(np.asarray(found.test), whole.test)
    np.testing.assert_array_equal(found.train_labels, whole.train_labels)
