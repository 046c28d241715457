"""`zoo data` tells what a path holds; training images change in every epoch by a rule."""

import shlex

import numpy as np
import pytest
from PIL import Image

from zoo.training import cli, data
from zoo.training.config import Config
from zoo.training.data.survey import survey


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def folder(root, sides=((8, 8),), count=20, classes=("cat", "dog")):
    """Images of these heights and widths in turn, in folders of classes."""
    drawn = np.random.default_rng(0)
    for number in range(count):
        place = root / classes[number % len(classes)]
        place.mkdir(parents=True, exist_ok=True)
        pixels = drawn.integers(256, size=(*sides[number // 2 % len(sides)], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")
    return root


def test_a_folder_is_told_of_line_by_line(tmp_path):
    root = folder(tmp_path / "pets", sides=[(8, 10), (8, 10), (12, 12)])
    (root / "cat" / "notes.txt").write_text("no image")
    Image.new("L", (8, 8)).save(root / "cat" / "other.gif")
    told = survey(str(root))
    text = "\n".join(told.lines)
    for words in (
        "layout: images",
        "train: 20 files",
        "stored as: 20 PNG RGB",
        "of several sizes: --size 8,10 is what follows",
        "examples: 8 x 10 x 3, values from",
        "train: 18, held out: 2",
        "classes (train + held out): 2",
        "cat: 9 + 1",
        "dog: 9 + 1",
        "order of training: permutation",
        ".gif",
    ):
        assert words in text, (words, text)
    assert told.command == f"zoo train vae --data {root} --size 8,10 --out runs/vae"


def test_the_command_that_is_told_trains_on_what_was_seen(tmp_path, capsys, monkeypatch):
    root, seen = folder(tmp_path / "our pets"), []
    picture = tmp_path / "seen.png"
    assert cli.main(["data", str(root), "--size", "9", "--out", str(picture)]) == 0
    told = capsys.readouterr().out
    assert Image.open(picture).size[0] >= 9
    command = next(line for line in told.splitlines() if "zoo train" in line)
    words = shlex.split(command[command.index("zoo train") :])

    def loaded(self):
        seen.append(self)
        raise data.DataError("seen")

    monkeypatch.setattr(Config, "load_data", loaded)
    assert cli.main(words[1:]) == 2
    assert seen[0].data == str(root) and seen[0].size == 9


@pytest.mark.parametrize("path", ["missing/", "missing.npz", "./missing"])
def test_what_is_not_there_is_told_in_one_line(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["data", path]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


# Changes of training images


def changed(root, **options):
    """Training rows in two epochs, and the rows themselves."""
    found = data.load(str(root), **options)
    rows = np.arange(len(found.train))
    epochs = [found.train.read_in_epoch(rows, epoch) for epoch in (0, 1)]
    return (*epochs, np.asarray(found.train))


@pytest.mark.parametrize("options", [{"flip": True}, {"crop": 2}, {"color": 0.3}])
def test_images_change_with_seed_and_epoch_alone_and_stay_images(options, tmp_path):
    root = folder(tmp_path / "pets", count=60)
    first, second, plain = changed(root, **options)
    again, _, _ = changed(root, **options)
    other, _, _ = changed(root, seed=1, **options)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second) and not np.array_equal(first, other)
    assert first.dtype == np.float32 and 0.0 <= first.min() <= first.max() <= 1.0
    np.testing.assert_array_equal(plain, data.load(str(root)).train)  # outside of training


def test_a_row_does_not_depend_on_the_batch_that_it_is_in(tmp_path):
    root = folder(tmp_path / "pets", count=40)
    train = data.load(str(root), flip=True, crop=3, color=0.2).train
    together = train.read_in_epoch(np.arange(30), 5)
    alone = np.concatenate([train.read_in_epoch(np.array([row]), 5) for row in range(30)])
    np.testing.assert_array_equal(together, alone)


def test_half_are_mirrored_and_the_others_are_as_they_were(tmp_path):
    first, _, plain = changed(folder(tmp_path / "pets", count=200), flip=True)
    kept = (first == plain).all(axis=(1, 2, 3))
    mirrored = (first == plain[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (kept ^ mirrored).all() and 0.35 < mirrored.mean() < 0.65


def test_crops_move_by_whole_pixels_of_every_number_up_to_the_most(tmp_path):
    first, _, plain = changed(folder(tmp_path / "pets", count=200), crop=1)
    inner, moves = first[:, 1:-1, 1:-1], {}
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            there = plain[:, 1 - down : 7 - down, 1 - right : 7 - right]
            moves[down, right] = (inner == there).all(axis=(1, 2, 3))
    assert np.sum(list(moves.values()), axis=0).tolist() == [1] * len(first)
    assert min(move.mean() for move in moves.values()) > 0.03  # a ninth each


def test_both_images_of_a_pair_are_changed_alike(tmp_path):
    for side in ("input", "target"):
        folder(tmp_path / "pairs", count=40, classes=(side,))
    for number in range(40):
        source = tmp_path / "pairs" / "input" / f"{number}.png"
        (tmp_path / "pairs" / "target" / f"{number}.png").write_bytes(source.read_bytes())
    found = data.load(str(tmp_path / "pairs"), flip=True, crop=2)
    rows = np.arange(len(found.train))
    assert "train" in found.paired
    np.testing.assert_array_equal(
        found.train.read_in_epoch(rows, 3), found.train_targets.read_in_epoch(rows, 3)
    )


@pytest.mark.parametrize("options", [{"crop": 8}, {"crop": -1}, {"color": 1.0}, {"color": -0.1}])
def test_changes_that_no_image_can_have_are_refused(options, tmp_path):
    with pytest.raises(data.DataError, match=r"`flip`, `crop` and `color` must .*Received"):
        data.load(str(folder(tmp_path / "pets")), **options)
