"""Data that stay on disk: the same rows are the same bits, made once, within bounds, resumable."""

import json
import multiprocessing
import os
import pathlib
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from zoo.input_pipeline.rows import Rows
from zoo.training import data
from zoo.training.data import cache, decoding, progress, records, tables
from zoo.training.data.images import Reader
from zoo.training.data.pictures import Files
from zoo.training.data.stored import npy_rows

SIDES = ("train", "test", "train_labels", "test_labels", "train_targets", "test_targets")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache for each test, which keeps pictures of any number."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(decoding, "WITHOUT_CACHE", 0)
    monkeypatch.setattr(tables, "WITHOUT_CACHE", 0)
    return tmp_path / "cache"


def pictures(root, count=40, classes=("cat", "dog"), color=False):
    drawn = np.random.default_rng(0)
    for number in range(count):
        place = root / classes[number % len(classes)]
        place.mkdir(parents=True, exist_ok=True)
        pixels = drawn.integers(256, size=(8, 6, 3), dtype=np.uint8)
        image = Image.fromarray(pixels if color else pixels[..., 0])
        image.save(place / f"{number}.png")
    return root


def equal(ours, theirs):
    """Whether two data sets hold the same bits."""
    for side in SIDES:
        pair = [getattr(each, side) for each in (ours, theirs)]
        if any(rows is None for rows in pair):
            assert pair == [None, None]
            continue
        assert np.asarray(pair[0]).tobytes() == np.asarray(pair[1]).tobytes()
    return ours.class_names == theirs.class_names


def sources(root):
    """Name -> path of data that can stay on disk."""
    drawn = np.random.default_rng(0)
    x, y = drawn.integers(256, size=(40, 8, 6, 3), dtype=np.uint8), np.arange(40) % 3
    pictures(root / "folder")
    pictures(root / "domains", classes=("trainA", "trainB"))
    for side in ("input", "target"):
        pictures(root / "pairs", 20, (side,), color=side == "target")
    for number in range(20):
        Image.fromarray(x[number]).save(root / "pairs" / "target" / f"{number}.png")
        (root / "halves").mkdir(exist_ok=True)
        Image.fromarray(x[number]).save(root / "halves" / f"{number}.png")
    np.savez(root / "images.npz", x=x, y=y)
    np.savez_compressed(root / "compressed.npz", x_train=x, x_test=x[:9], y_train=y, y_test=y[:9])
    np.save(root / "floats.npy", drawn.normal(size=(50, 7)))
    rows = [f"{a},{b},{'xyz'[k % 3]}" for k, (a, b) in enumerate(drawn.normal(size=(30, 2)))]
    (root / "table.csv").write_text("\n".join(["height,weight,label", *rows]))
    names = (
        "folder",
        "domains",
        "pairs",
        "images.npz",
        "compressed.npz",
        "floats.npy",
        "table.csv",
    )
    return {**{name: str(root / name) for name in names}, "halves": f"pairs:{root / 'halves'}"}


NAMES = ("folder", "domains", "pairs", "images.npz", "compressed.npz", "floats.npy", "table.csv")


@pytest.mark.parametrize("name", [*NAMES, "halves"])
def test_the_same_rows_are_the_same_bits_from_memory_and_from_disk(name, tmp_path, monkeypatch):
    path = sources(tmp_path)[name]
    held, streamed = (data.load(path, stream=stream, seed=3) for stream in (False, True))
    assert held.in_memory and not streamed.in_memory and isinstance(streamed.train, Rows)
    assert equal(streamed, held) and equal(data.load(path, stream=True, seed=3), held)
    assert held.source == streamed.source and held.paired == streamed.paired
    monkeypatch.setattr(decoding, "WITHOUT_CACHE", 1 << 30)
    assert equal(data.load(path, seed=3), held)
    assert equal(data.load(path, seed=3, limit=7, stream=True), data.load(path, seed=3, limit=7))


@pytest.mark.parametrize("name", ["folder", "images.npz", "floats.npy"])
def test_a_set_knows_whether_its_rows_are_what_they_were(name, tmp_path):
    path = sources(tmp_path)[name]
    prints = {data.load(path, stream=True).train.fingerprint() for _ in range(2)}
    moved = tmp_path / "elsewhere" / name
    moved.parent.mkdir()
    shutil.move(path, moved)
    prints.add(data.load(str(moved), stream=True).train.fingerprint())
    assert len(prints) == 1
    if name == "folder":
        Image.new("L", (6, 8), 7).save(moved / "cat" / "0.png")
    elif name == "images.npz":
        np.savez(moved, x=np.load(moved)["x"] // 2, y=np.load(moved)["y"])
    else:
        np.save(moved, np.load(moved) + 1e-9)
    assert data.load(str(moved), stream=True).train.fingerprint() not in prints
    assert data.load(str(moved), stream=True, seed=1).train.fingerprint() not in prints


# The cache


def entries(root):
    return sorted((root / "rows").glob("*")) if (root / "rows").exists() else []


def test_pictures_are_decoded_once(tmp_path, own_cache, monkeypatch):
    path = pictures(tmp_path / "p")
    first = data.load(str(path))
    assert len(entries(own_cache)) == 1
    rows = np.load(entries(own_cache)[0] / "rows.npy", mmap_mode="r")
    assert rows.shape == (40, 8, 6, 1) and rows.dtype == np.uint8
    read = []
    whole = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, c: read.append(1) or whole(self, c))
    assert equal(data.load(str(path)), first) and len(read) == 1  # for its size
    shutil.copy(path / "cat" / "0.png", path / "cat" / "2.png")
    changed = data.load(str(path))
    assert len(read) > 40 and not np.array_equal(changed.train, first.train)
    data.load(str(path), size=4)
    data.load(str(path), size=4, fit="crop")
    assert len(entries(own_cache)) == 4


def test_colour_that_comes_late_is_kept(tmp_path, own_cache):
    path = pictures(tmp_path / "p", classes=("all",))
    Image.new("RGB", (6, 8), (255, 0, 0)).save(path / "all" / "z.png")
    found = data.load(str(path))
    assert found.data_shape == (8, 6, 3) and len(entries(own_cache)) == 1
    both = np.concatenate([found.train, found.test])
    assert (both[..., 0] != both[..., 1]).any(axis=(1, 2)).sum() == 1


class Interrupted(BaseException):
    """As SIGKILL: nothing of the library answers to it."""


def test_work_that_is_interrupted_goes_on_where_it_was(tmp_path, own_cache, monkeypatch):
    monkeypatch.setattr(decoding, "PART", 4)
    path = pictures(tmp_path / "p")
    (path / "cat" / "0.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning):
        whole = data.load(str(path))
    shutil.rmtree(own_cache)
    written = cache.Writer.write

    def stop(self, start, block, report):
        if start == 20:
            raise Interrupted
        written(self, start, block, report)

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(cache.Writer, "write", stop)
        data.load(str(path))
    journal = entries(own_cache)[0] / "journal.jsonl"
    journal.write_text(journal.read_text() + '{"start": 20, "st')  # cut while it was written
    read = []
    files_read = Files.read
    monkeypatch.setattr(Files, "read", lambda self, k: read.append(k) or files_read(self, k))
    with pytest.warns(UserWarning, match="1 of 40 images could not be read.*cat/0.png"):
        assert equal(data.load(str(path)), whole)
    assert sorted(read) == [0, 1, *range(20, 40)]  # 0 and 1 for the size


def test_what_is_damaged_in_the_cache_is_made_anew(tmp_path, own_cache):
    path = pictures(tmp_path / "p")
    whole = data.load(str(path))
    entry = entries(own_cache)[0]
    for name, content in (
        ("complete.json", b"{"),
        ("complete.json", b"[" * 3000),
        ("rows.npy", b""),
        ("rows.npy", (entry / "rows.npy").read_bytes()[:-1]),
    ):
        (entry / name).write_bytes(content)
        assert equal(data.load(str(path)), whole), name


def decode(path, folder, ready):
    os.environ["ZOO_CACHE"] = folder
    decoding.WITHOUT_CACHE = 0
    whole = Files.read

    def slowly(self, index):
        time.sleep(0.01)
        return whole(self, index)

    Files.read = slowly
    ready.wait()
    found = data.load(path)
    np.save(pathlib.Path(folder) / f"{os.getpid()}.npy", found.train)


@pytest.mark.fault
def test_two_processes_decode_together_what_is_decoded_once(tmp_path, own_cache):
    path = pictures(tmp_path / "p")
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    own_cache.mkdir()
    both = [
        context.Process(target=decode, args=(str(path), str(own_cache), ready)) for _ in range(2)
    ]
    for process in both:
        process.start()
    ready.set()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    first, second = (np.load(file) for file in own_cache.glob("*.npy"))
    np.testing.assert_array_equal(first, second)
    assert len(entries(own_cache)) == 1


def test_the_size_is_told_and_limited(tmp_path, own_cache, monkeypatch, capsys):
    path = pictures(tmp_path / "p")
    data.load(str(path))
    words = "40 images of 8 x 6 x 1 are decoded once: 1.9 kB in"
    assert words in capsys.readouterr().err
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "1 kB")
    with pytest.raises(data.DataError, match="needs 7.7 kB, more than its limit of 1.0 kB.*LIMIT"):
        data.load(str(path), size=(16, 12))
    for wrong in ("much", "-3", "1 XB"):
        monkeypatch.setenv("ZOO_CACHE_LIMIT", wrong)
        with pytest.raises(data.DataError, match="`ZOO_CACHE_LIMIT` must be a size"):
            data.load(str(path), size=(16, 12))


def test_what_was_not_used_for_longest_goes_first(tmp_path, own_cache, monkeypatch):
    path = pictures(tmp_path / "p")
    kept = {}
    for number, size in enumerate([(8, 6), (8, 7), (8, 8)]):
        before = set(entries(own_cache))
        kept[size] = data.load(str(path), size=size, stream=True)
        (entry,) = set(entries(own_cache)) - before
        os.utime(entry / "complete.json", (number + 1, number + 1))
    first = set(entries(own_cache))
    data.load(str(path), size=(8, 6))  # is used again, and so the newest
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "9 kB")
    data.load(str(path), size=(8, 9))
    left = {json.loads((e / "complete.json").read_text()) and e for e in entries(own_cache)}
    shapes = sorted(np.load(entry / "rows.npy").shape[2] for entry in left)
    assert len(first - left) == 1 and shapes == [6, 8, 9]
    assert np.asarray(kept[8, 7].train).shape[0] == 36  # who reads it is not disturbed


@pytest.mark.parametrize("full", ["posix_fallocate", "pwrite"])
def test_a_full_disk_is_told_in_one_line(full, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    path = pictures(tmp_path / "p")
    monkeypatch.setattr(os, full, fail)
    with pytest.raises(data.DataError, match="needs 1.9 kB in .* are free: set ZOO_CACHE"):
        data.load(str(path))
    monkeypatch.undo()


def test_a_disk_without_room_is_refused_before_anything_is_decoded(tmp_path, monkeypatch):
    path = pictures(tmp_path / "p")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(data.DataError, match="needs 1.9 kB in .*, where 1.0 kB are free"):
        data.load(str(path))


def test_a_file_that_is_cut_while_it_is_read_is_an_error(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((40, 8), np.float32))
    rows = npy_rows(tmp_path / "a.npy")
    os.truncate(tmp_path / "a.npy", 600)
    with pytest.raises(OSError, match="has become shorter"):
        rows[:]


@pytest.mark.parametrize("indices", [[3], [0, 1, 2], [5, 4, 3], [2, 3, 9, 10, 11, 0], [7, 7], []])
def test_rows_of_a_file_are_read_at_their_places(indices, tmp_path):
    whole = np.random.default_rng(0).integers(99, size=(12, 3, 2))
    np.save(tmp_path / "a.npy", whole)
    rows = npy_rows(tmp_path / "a.npy").read(np.array(indices, int))
    np.testing.assert_array_equal(rows, whole[np.array(indices, int)])


def test_many_numbers_stay_on_disk_and_few_do_not(tmp_path, monkeypatch):
    from zoo.training.data import dataset

    path = pictures(tmp_path / "p")
    assert data.load(str(path)).in_memory
    monkeypatch.setattr(dataset, "MOST_IN_MEMORY", 40 * 48 - 1)
    assert not data.load(str(path)).in_memory
    assert data.load(str(path), stream=False).in_memory


def test_long_work_is_told_of_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SLOW", 0.0)
    for total in (progress.LONG - 1, progress.LONG):
        with progress.bar("Decoding", total, "images") as advance:
            advance(total)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("Decoding 1,000 images: ")


def test_a_terminal_shows_a_bar(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.bar("Decoding", 2000, "images") as advance:
        advance(2000)
    assert "2000/2000" in capsys.readouterr().err


# Tables


def table(path, rows, text):
    path.write_text(text + "\n".join(rows) + "\n")
    return str(path)


def test_a_table_is_rows_of_numbers_and_perhaps_labels(tmp_path):
    import pyarrow
    import pyarrow.parquet

    columns = {
        "a": [1, 2, 3, 4] * 5,
        "b": [0.5, 1.5, -2.5, 1e3] * 5,
        "label": ["x", "y", "x", "y"] * 5,
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet", row_group_size=7)
    lines = [f"{a},{b},{c}" for a, b, c in zip(*columns.values(), strict=True)]
    csv = table(tmp_path / "t.csv", lines, "a,b,label\n")
    tsv = table(tmp_path / "t.tsv", [line.replace(",", "\t") for line in lines], "a\tb\tlabel\n")
    for path in (csv, tsv, str(tmp_path / "t.parquet")):
        found = data.load(path)
        assert found.data_shape == (2,) and found.class_names == ("x", "y")
        rows = np.concatenate([found.train, found.test])
        labels = np.concatenate([found.train_labels, found.test_labels])
        np.testing.assert_array_equal(rows[:, 0].astype(int) % 2 == 0, labels == 1)
        assert "columns a, b" in found.source
    plain = table(tmp_path / "p.csv", [line[:-2] for line in lines], "a,b\n")
    with pytest.warns(UserWarning, match="numbered anew: 1, 2, 3, 4 are classes 0 to 3"):
        found = data.load(plain, label_column="a")
    assert found.class_names == ("1", "2", "3", "4") and found.data_shape == (1,)
    assert data.load(plain).num_classes is None
    for name in ("target", "y"):  # a number that is to be predicted is no class
        path = table(tmp_path / "r.csv", [f"{k / 7},{k / 3}" for k in range(20)], f"a,{name}\n")
        assert data.load(path).data_shape == (2,)


WRONG_TABLES = {
    "a,b\n1,x\n2,y\n": "must hold numbers.*b of string",
    "a,b\n1,2\n3\n": "table of numbers",
    "a,b\n1,2\n3,\n": "must be filled. Received: nothing in row 1, column 'b'",
    "a,a\n1,2\n3,4\n": "names of their own",
    "a,b\n": "must hold rows",
    "": "table of numbers",
    "a,b\n1,2\n3,inf\n": r"must be finite. Received: inf at index \(1, 1\)",
}


@pytest.mark.parametrize("text", WRONG_TABLES)
def test_tables_that_cannot_be_used_are_refused_in_one_line(text, tmp_path):
    with pytest.raises(data.DataError, match=WRONG_TABLES[text]) as error:
        data.load(table(tmp_path / "t.csv", [], text))
    assert "\n" not in str(error.value)


def test_other_files_are_no_tables(tmp_path):
    for name in ("t.csv", "t.parquet"):
        (tmp_path / name).write_bytes(os.urandom(300))
        with pytest.raises(data.DataError, match="Received"):
            data.load(str(tmp_path / name))
    with pytest.raises(data.DataError, match="must name a file"):
        data.load(f"csv:{tmp_path / 'none.csv'}")
    path = table(tmp_path / "u.csv", ["1,2", "3,4"], "a,b\n")
    with pytest.raises(data.DataError, match="`label_column` must be of a, b. Received: 'c'"):
        data.load(path, label_column="c")


def test_tables_need_an_extra_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.csv", None)
    with pytest.raises(data.DataError, match=r"pip install 'keras-generative-zoo\[tables\]'"):
        data.load(table(tmp_path / "t.csv", ["1,2"] * 9, "a,b\n"))


# Records of TFDS


def tfds_set(folder, file_format="tfrecord", shards=1, count=70, ordered=True):
    """A prepared set of numbered images, its rows in one or several files."""
    import tensorflow_datasets as tfds

    folder.mkdir(parents=True, exist_ok=True)

    class Numbered(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")
        pkg_dir_path = folder

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(4, 4, 1)),
                "label": tfds.features.ClassLabel(names=["even", "odd"]),
            }
            return self.dataset_info_from_configs(
                features=tfds.features.FeaturesDict(features), disable_shuffling=ordered
            )

        def _split_generators(self, _):
            return {"train": self.rows(count), "test": self.rows(20)}

        def rows(self, count):
            for k in range(count):
                yield k, {"image": np.full((4, 4, 1), k % 256, np.uint8), "label": k % 2}

        def _generate_examples(self):
            return []

    builder = Numbered(data_dir=folder, file_format=file_format)
    options = tfds.download.DownloadConfig(num_shards=shards, try_download_gcs=False)
    builder.download_and_prepare(download_config=options)
    return pathlib.Path(builder.data_dir)


@pytest.fixture(scope="module")
def tfds_folder(tmp_path_factory):
    """A prepared set in one file."""
    return tfds_set(tmp_path_factory.mktemp("tfds"))


@pytest.mark.parametrize("shards, ordered", [(3, True), (20, False)])
def test_records_come_in_the_order_of_tfds(shards, ordered, tmp_path):
    import tensorflow_datasets as tfds

    count = 70 if shards < 20 else 700
    path = tfds_set(tmp_path, shards=shards, count=count, ordered=ordered)
    found = data.load(str(path))
    expected = tfds.builder_from_directory(path).as_dataset("train", batch_size=-1)
    images = expected["image"].numpy()
    np.testing.assert_array_equal(found.train, images.astype(np.float32) / 255.0)
    np.testing.assert_array_equal(found.train_labels, expected["label"].numpy())
    assert found.class_names == ("even", "odd")
    assert (len(found.train), len(found.test)) == (count, 20)
    assert equal(data.load(str(path), stream=True), found)


def test_array_records_are_read_by_index(tfds_folder, tmp_path):
    pytest.importorskip("array_record")
    found = data.load(str(tfds_set(tmp_path, "array_record")))
    assert equal(found, data.load(str(tfds_folder)))


def test_the_index_of_records_is_made_once(tfds_folder, monkeypatch):
    path = tfds_folder
    monkeypatch.setattr(records, "WITHOUT_CACHE", 0)
    first, made = data.load(str(path)), []
    monkeypatch.setattr(records, "indexed", lambda *_: made.append(1))
    assert equal(data.load(str(path)), first) and made == []


def damaged(path, copy, name, change):
    """A copy of a prepared set in which one file is another."""
    shutil.copytree(path, copy)
    file = next(copy.glob(name))
    file.write_bytes(change(file.read_bytes()))
    return str(copy)


def flip(content, place):
    content = bytearray(content)
    content[place] ^= 4
    return bytes(content)


DAMAGES = {
    "cut record": ("*train.tfrecord*", lambda b: b[: len(b) // 2]),
    "cut length": ("*train.tfrecord*", lambda b: b[:-3]),
    "no record": ("*train.tfrecord*", lambda b: b""),
    "flipped length": ("*train.tfrecord*", lambda b: flip(b, 1)),
    "flipped record": ("*train.tfrecord*", lambda b: flip(b, 60)),
    "no JSON": ("dataset_info.json", lambda b: b"{"),
    "nested JSON": ("dataset_info.json", lambda b: b"[" * 3000 + b"]" * 3000),
    "nested values": ("dataset_info.json", lambda b: b'{"name": ' * 3000 + b"1" + b"}" * 3000),
    "other counts": ("dataset_info.json", lambda b: b.replace(b'"70"', b'"71"')),
    "other names": ("dataset_info.json", lambda b: b.replace(b'"train"', b'"other"')),
    "large JSON": ("dataset_info.json", lambda b: b + b" " * (1 << 21)),
    "no features": ("features.json", lambda b: b"{}"),
    "nested features": ("features.json", lambda b: b'{"a": ' * 3000 + b"1" + b"}" * 3000),
    "foreign features": (
        "features.json",
        lambda b: b.replace(b"image_feature.Image", b"os.system"),
    ),
    "other shape": ("features.json", lambda b: b.replace(b'"4"', b'"5"')),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_damaged_and_hostile_tfds_data_end_in_one_line(case, tfds_folder, tmp_path):
    path = damaged(tfds_folder, tmp_path / "copy", *DAMAGES[case])
    try:
        found = data.load(path)
    except data.DataError as error:
        assert "\n" not in str(error) and "Received" in str(error) and len(str(error)) < 600
        return
    assert case == "other shape" and found.data_shape == (4, 4, 1)  # the images say what they are


# Training from disk


def fitted(found, folder=None, before=(), name="vae"):
    """A small model trained on a data set with `Resume`, or without where there is no folder."""
    import keras

    import zoo
    from zoo.training import callbacks

    keras.utils.set_random_seed(0)
    model = zoo.create(name, found.data_shape, 2, channels=(2, 4), hidden=(4,), seed=1)
    model.compile()
    last = [callbacks.Resume(folder, every_steps=1)] if folder else []
    model.fit(
        found.train,
        validation_data=found.test,
        batch_size=6,
        epochs=2,
        verbose=0,
        callbacks=[*before, *last],
    )
    return model


def test_streamed_training_killed_ten_times_equals_training_in_memory(tmp_path):
    from kills import Before, Killed, different, held, kill

    root = str(pictures(tmp_path / "folder", count=60, classes=("one",)))
    options = {"size": 8, "flip": True, "order": "counter"}
    streamed = data.load(root, stream=True, **options)
    assert isinstance(streamed.train, Rows) and len(streamed.train) == 54  # nine steps an epoch
    for number in (0, 1, 2, 1, 3, 1, 2, 1, 2, 1):  # steps of one process
        with pytest.raises(Killed):
            fitted(
                data.load(root, stream=True, **options), tmp_path / "run", [Before(number, kill)]
            )
    resumed = held(fitted(streamed, tmp_path / "run"))
    assert different(resumed, held(fitted(data.load(root, stream=False, **options)))) == []
