"""Checkpoints are whole or not there; what is damaged is found, named and passed over."""

import errno
import os
import random
import subprocess

import numpy as np
import pytest

from zoo.training.fault_tolerance import checkpoints
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Damaged, Place
from zoo.training.files import NotWritten

FILES = ("arrays.npz", "record.json", "SHA256SUMS")
PLACES = [Place(0, 0), Place(0, 20), Place(1, 0)]


def arrays(seed=0):
    chosen = np.random.default_rng(seed)
    return {
        "model/0": chosen.normal(size=(3, 4)).astype("float32"),
        "model/1": chosen.integers(0, 9, ()),
        "optimizer/a/0": chosen.normal(size=(2, 0)).astype("float16"),
        "log/loss/0": np.array(True),
    }


@pytest.fixture
def store(tmp_path):
    """Three checkpoints, each with arrays of its own."""
    made = Checkpoints(tmp_path / "run")
    for number, place in enumerate(PLACES):
        made.write(place, arrays(number), {"number": number})
    return made


def assert_holds(found, number):
    place, read, record = found
    assert place == PLACES[number] and record == {"number": number}
    assert list(read) == list(arrays(number))
    for name, array in arrays(number).items():
        assert read[name].dtype == array.dtype and read[name].shape == array.shape
        assert read[name].tobytes() == array.tobytes()


def test_what_is_written_is_read_to_the_bit(store):
    for number, place in enumerate(PLACES):
        assert_holds((place, *store.read(place)), number)
    assert_holds(store.newest(), 2)
    assert Checkpoints(store.folder / "none").newest() is None


def test_sums_are_those_of_the_usual_tool(store):
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=store.path(PLACES[0]))
    assert done.returncode == 0


def test_places_follow_one_another_by_their_numbers_and_not_by_clocks(store):
    for number, place in enumerate(PLACES):
        os.utime(store.path(place), (1e9 - number * 1e6,) * 2)
    assert store.places() == PLACES[::-1]
    later = [Place(1, 0, 1), Place(100_000, 0), Place(1, 7, stopped=True)]
    for place in later:  # whatever was trained before training went back is earlier
        store.write(place, arrays(), {})
    assert store.places()[:4] == [*later, Place(1, 0)]
    assert store.places(stopped=False)[:3] == [*later[:2], Place(1, 0)]
    assert [Place.parse(str(place)) for place in store.places()] == store.places()


@pytest.mark.parametrize("flip", range(60))
def test_a_flipped_bit_is_found_and_the_one_before_is_used(store, flip, caplog):
    chosen = random.Random(flip)
    file = store.path(PLACES[2]) / FILES[flip % 3]
    written = bytearray(file.read_bytes())
    written[chosen.randrange(len(written))] ^= 1 << chosen.randrange(8)
    file.write_bytes(written)
    with pytest.raises(Damaged, match=str(PLACES[2])):
        store.read(PLACES[2])
    assert_holds(store.newest(), 1)
    assert str(PLACES[2]) in caplog.text and str(PLACES[1]) in caplog.text
    assert store.places() == PLACES[1::-1]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kept", [0, 10, 0.5, -1, None])
def test_a_file_that_was_cut_or_lost_is_found(store, file, kept):
    path = store.path(PLACES[2]) / file
    if kept is None:
        path.unlink()
    else:
        size = int(path.stat().st_size * kept) if kept == 0.5 else kept
        path.write_bytes(path.read_bytes()[:size])
    assert_holds(store.newest(), 1)
    assert next(path.name for path in store.folder.glob("damaged-*"))[8:].startswith(str(PLACES[2]))


def test_nothing_is_renamed_by_a_reader_that_does_not_hold_the_folder(store):
    (store.path(PLACES[2]) / "arrays.npz").unlink()
    assert_holds(store.newest(aside=False), 1)
    assert store.places() == PLACES[::-1]


def test_where_none_is_whole_all_are_named(store):
    for place in PLACES:
        (store.path(place) / "record.json").write_text("{}")
    with pytest.raises(Damaged, match=r"No checkpoint of .*record.json.*Move the folder away"):
        store.newest()
    assert store.places() == PLACES[::-1]


def test_the_newest_few_and_the_best_are_kept(store):
    store.keep = 1
    store.prune(best=str(PLACES[0]))
    assert store.places() == [PLACES[2], PLACES[0]]
    assert sorted(os.listdir(store.folder)) == [str(PLACES[0]), str(PLACES[2])]


def test_those_of_stops_displace_no_usual_one_and_only_the_newest_of_them_stays(store):
    stops = [Place(1, step, stopped=True) for step in range(1, 6)]
    store.keep = 2
    for place in stops:
        store.write(place, arrays(), {})
        store.prune()
        assert store.places() == [place, PLACES[2], PLACES[1]]
    store.write(Place(2, 0), arrays(), {})
    store.prune()
    assert store.places() == [Place(2, 0), PLACES[2]]


def test_a_checkpoint_that_goes_while_it_is_read_is_passed_over(store, monkeypatch):
    listed = store.places()
    monkeypatch.setattr(store, "places", lambda stopped=True: listed)
    store.remove(PLACES[2])
    assert_holds(store.newest(), 1)


def fails(number, message):
    def call(*given, **named):
        raise OSError(number, message)

    return call


@pytest.mark.parametrize("what, where", [("savez", np), ("rename", os), ("fsync", os)])
def test_a_full_disk_leaves_what_was_there_and_says_how_much_is_missing(
    store, what, where, monkeypatch
):
    monkeypatch.setattr(where, what, fails(errno.ENOSPC, "No space left on device"))
    words = rf"{Place(2, 0)} cannot be written: No space.*needs 57 bytes, [\d,]+ are free"
    with pytest.raises(NotWritten, match=rf"{words}; .*{PLACES[2]} stays as it was\.$"):
        store.write(Place(2, 0), arrays(), {})
    monkeypatch.undo()
    assert sorted(os.listdir(store.folder)) == sorted(map(str, PLACES))
    assert_holds(store.newest(), 2)


def test_what_a_killed_write_left_is_not_seen_and_is_cleaned(store, monkeypatch):
    monkeypatch.setattr(os, "rename", fails(errno.EIO, "never"))
    monkeypatch.setattr(checkpoints.shutil, "rmtree", lambda *given, **named: None)
    with pytest.raises(NotWritten):
        store.write(Place(2, 0), arrays(), {})
    monkeypatch.undo()
    assert store.places() == PLACES[::-1] and len(os.listdir(store.folder)) == 4
    store.clean()
    assert len(os.listdir(store.folder)) == 3


def test_a_place_that_has_a_checkpoint_keeps_it(store):
    store.write(PLACES[2], arrays(7), {})
    assert_holds(store.newest(), 2)
