"""What a folder holds is found out, and what is not read is named."""

import os
import warnings

import numpy as np
import pytest
from PIL import Image

from zoo.training import data


def made(root, *names, first=0, size=(8, 8), mode="L"):
    """Images of these names, each of one level of its own: the next number."""
    for level, name in enumerate(names, start=first):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, level if mode == "L" else (level, 0, 255 - level)).save(path)
    return root


def several(folder, count=10):
    return [f"{folder}/{k}.png" for k in range(count)]


def loaded(path, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = data.load(str(path), **options)
    return found, [str(warning.message) for warning in caught]


def levels(rows):
    return sorted(np.rint(np.asarray(rows)[:, 0, 0, 0] * 255).astype(int).tolist())


def test_folders_are_classes_and_their_names_are_kept(tmp_path):
    made(tmp_path, *several("10"), *several("2"), *several("cat"))
    found, said = loaded(tmp_path)
    assert found.class_names == ("10", "2", "cat") and found.num_classes == 3 and said == []
    assert "3 classes: 10, 2, cat" in found.source
    for rows, labels in ((found.train, found.train_labels), (found.test, found.test_labels)):
        np.testing.assert_array_equal(np.rint(rows[:, 0, 0, 0] * 255) // 10, labels)
    assert np.bincount(found.test_labels).tolist() == [1, 1, 1]


def test_classes_that_are_numbers_are_in_their_order(tmp_path):
    made(tmp_path, *several("10", 2), *several("9", 2), *several("0", 2))
    assert loaded(tmp_path)[0].class_names == ("0", "9", "10")


def test_images_deeper_in_a_class_belong_to_it(tmp_path):
    made(tmp_path, *several("cat/old/1", 3), *several("cat/new", 3), *several("dog", 3))
    found, said = loaded(tmp_path)
    assert found.class_names == ("cat", "dog") and said == []
    assert len(found.train) + len(found.test) == 9


def test_a_folder_in_a_folder_is_no_class(tmp_path):
    made(tmp_path, *several("images/all", 4))
    found, _ = loaded(tmp_path)
    assert found.train_labels is None and found.class_names == ()
    made(tmp_path / "deep", *several("a/b/cat", 4), *several("a/b/dog", 4))
    assert loaded(tmp_path / "deep")[0].class_names == ("cat", "dog")


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation", "testing", "Test"])
def test_splits_are_no_classes(test, tmp_path):
    names = [*several("train/cat", 5), *several("train/dog", 5)]
    made(tmp_path, *names, *several(f"{test}/cat", 2), *several(f"{test}/dog", 3))
    found, said = loaded(tmp_path)
    assert (len(found.train), len(found.test), found.num_classes, said) == (10, 5, 2, [])
    assert levels(found.train) == list(range(10)) and levels(found.test) == list(range(10, 15))
    assert np.bincount(found.test_labels).tolist() == [2, 3]


def test_splits_without_classes_and_a_third_split_that_is_named(tmp_path):
    made(tmp_path, *several("train", 6), *several("test", 2), *several("val", 3))
    found, said = loaded(tmp_path)
    assert (len(found.train), len(found.test), found.train_labels) == (6, 2, None)
    assert said == ["the split of validation is not used, test is: 3 images"]


def test_a_class_may_be_called_train(tmp_path):
    made(tmp_path, *several("train", 4), *several("car", 4), *several("plane", 4))
    assert loaded(tmp_path)[0].class_names == ("car", "plane", "train")


def test_what_is_neither_splits_nor_classes_is_refused(tmp_path):
    made(tmp_path, *several("train", 4), *several("test", 4), *several("cat", 4))
    with pytest.raises(data.DataError, match="splits or classes, not both.*cat"):
        data.load(str(tmp_path))
    made(tmp_path / "b", *several("test", 4), *several("val", 4))
    with pytest.raises(data.DataError, match="must hold a split train.*test, val"):
        data.load(str(tmp_path / "b"))
    made(tmp_path / "c", *several("train/cat", 2), *several("train/dog", 2), *several("test", 2))
    with pytest.raises(data.DataError, match="classes of one split in the other.*cat, dog"):
        data.load(str(tmp_path / "c"))


def test_a_class_that_is_in_one_split_only_is_named(tmp_path):
    made(tmp_path, *several("train/a", 3), *several("train/b", 3), *several("test/a", 3))
    found, said = loaded(tmp_path)
    assert said == ["classes without an image in test: b"] and found.num_classes == 2


def test_images_beside_class_folders_are_named_and_not_read(tmp_path):
    made(tmp_path, *several("cat", 4), *several("dog", 4), "preview.png", "logo.png")
    found, said = loaded(tmp_path)
    assert said == ["images beside the class folders are not read: logo.png, preview.png"]
    assert found.num_classes == 2 and len(found.train) + len(found.test) == 8
    made(tmp_path / "one", *several("thumbs", 4), *several(".", 4))
    with pytest.raises(data.DataError, match="images or folders of them, not both.*4 images"):
        data.load(str(tmp_path / "one"))


def test_names_that_begin_with_a_dot_are_neither_classes_nor_images(tmp_path):
    names = [*several(".ipynb_checkpoints"), *several("__MACOSX"), "cat/._0.png", ".DS_Store.png"]
    made(tmp_path, *several("cat", 4), *several("dog", 4), *names)
    found, said = loaded(tmp_path)
    assert found.class_names == ("cat", "dog") and len(found.train) + len(found.test) == 8
    assert said == []


def test_linked_folders_are_followed_and_those_that_lead_nowhere_are_named(tmp_path):
    made(tmp_path / "else", *several("dogs", 4))
    root = made(tmp_path / "data", *several("cat", 4))
    (root / "dog").symlink_to(tmp_path / "else" / "dogs")
    (root / "cat" / "again").symlink_to(root)
    (root / "cat" / "gone.png").symlink_to(tmp_path / "nothing.png")
    found, said = loaded(root)
    assert found.class_names == ("cat", "dog") and len(found.train) + len(found.test) == 8
    assert said == [
        "links without a file are not read: cat/gone.png",
        "links to a folder around them are not followed: cat/again",
    ]


def test_folders_without_end_are_refused_in_a_line(tmp_path):
    path = tmp_path
    for _ in range(60):
        path = path / "d"
    path.mkdir(parents=True)
    with pytest.raises(data.DataError, match="at most 50 levels"):
        data.load(str(tmp_path))


def test_classes_whose_images_cannot_be_read_count_what_can(tmp_path):
    made(tmp_path, *several("cat", 6), *several("dog", 6))
    for number in range(3):
        (tmp_path / "dog" / f"{number}.png").write_bytes(b"no picture")
    found, said = loaded(tmp_path)
    labels = np.concatenate([found.train_labels, found.test_labels])
    assert np.bincount(labels).tolist() == [6, 3] and said[0].startswith("3 of 12 images could not")
    pixels = np.concatenate([found.train, found.test])[:, 0, 0, 0] * 255
    np.testing.assert_array_equal(labels, np.rint(pixels) >= 6)


def test_two_domains_are_unpaired_and_of_one_shape(tmp_path):
    made(tmp_path, *several("trainA", 5), *several("testA", 2))
    made(tmp_path, *several("trainB", 4), *several("testB", 3), first=100, mode="RGB")
    found, said = loaded(tmp_path)
    assert found.paired == () and said == []
    assert found.data_shape == found.target_shape == (8, 8, 3)
    sides = (found.train, found.test, found.train_targets, found.test_targets)
    assert [len(side) for side in sides] == [5, 2, 4, 3]
    assert levels(found.train) == [0, 1, 2, 3, 4] and levels(found.test_targets) == [104, 105, 106]
    assert "7 images of a domain of a folder, 7 of another" in found.source


def test_two_domains_without_held_out_images_give_a_tenth_of_each(tmp_path):
    made(tmp_path, *several("trainA", 20), *several("trainB", 30))
    found, _ = loaded(tmp_path)
    sides = (found.train, found.test, found.train_targets, found.test_targets)
    assert [len(side) for side in sides] == [18, 2, 27, 3] and found.paired == ()
    with pytest.raises(data.DataError, match="testA and testB or neither"):
        data.load(str(made(tmp_path, *several("testA", 2))))


@pytest.mark.parametrize("split", ["", "train/"])
def test_pairs_lie_in_folders_of_inputs_and_targets(split, tmp_path):
    made(tmp_path, *several(f"{split}input", 10))
    made(tmp_path, *several(f"{split}target", 9), first=100, mode="RGB")
    if split:
        made(tmp_path, *several("test/input", 3), first=50)
        made(tmp_path, *several("test/target", 3), first=150, mode="RGB")
    found, said = loaded(tmp_path)
    assert said == ["images without a partner are not read: 9"]
    assert found.paired == ("train", "test") and found.data_shape == (8, 8, 1)
    assert found.target_shape == (8, 8, 3) and len(found.train) == (9 if split else 8)
    for x, y in ((found.train, found.train_targets), (found.test, found.test_targets)):
        gap = np.rint((y[:, 0, 0, 0] - x[:, 0, 0, 0]) * 255)
        assert (gap == 100).all()


def test_a_pair_of_which_one_cannot_be_read_is_left_out(tmp_path):
    made(tmp_path, *several("input", 6), *several("target", 6))
    (tmp_path / "input/2.png").write_bytes(b"")
    (tmp_path / "target/4.png").write_bytes(b"")
    found, said = loaded(tmp_path)
    both = (
        np.concatenate([found.train, found.test]),
        np.concatenate([found.train_targets, found.test_targets]),
    )
    assert levels(both[0]) == [0, 1, 3, 5] and levels(both[1]) == [6, 7, 9, 11]
    assert len(said) == 2


def test_inputs_and_targets_that_have_no_name_in_common_are_refused(tmp_path):
    made(tmp_path, "input/a.png", "input/b.png", "target/c.png", "target/d.png")
    with pytest.raises(data.DataError, match="of equal names. Received: no two of 4 alike"):
        data.load(str(tmp_path))


def test_pairs_side_by_side_are_cut_in_the_middle(tmp_path):
    for number in range(10):
        both = np.zeros((8, 16, 3), np.uint8)
        both[:, :8], both[:, 8:] = number, 100 + number
        (tmp_path / "d").mkdir(exist_ok=True)
        Image.fromarray(both).save(tmp_path / "d" / f"{number}.png")
    found, _ = loaded(f"pairs:{tmp_path / 'd'}")
    assert found.data_shape == found.target_shape == (8, 8, 3) and found.paired
    np.testing.assert_allclose(found.train_targets * 255 - found.train * 255, 100, atol=1e-3)
    made(tmp_path / "odd", *several(".", 3), size=(7, 8))
    with pytest.raises(data.DataError, match="even width. Received: 7"):
        data.load(f"pairs:{tmp_path / 'odd'}")
    made(tmp_path / "e", *several("input", 3), *several("target", 3))
    with pytest.raises(data.DataError, match="pairs side by side.*use folder:PATH"):
        data.load(f"pairs:{tmp_path / 'e'}")


def test_a_path_is_what_it_is_on_disk(tmp_path, monkeypatch):
    made(tmp_path / "digits", *several("cat", 4))
    monkeypatch.chdir(tmp_path)
    assert data.load("digits").name == "digits" and data.load("digits").data_shape == (8, 8, 1)
    assert len(data.load("digits").train) == 1437  # the data set of that name
    assert len(data.load("./digits").train) == 3
    np.savez("own.npz", x=np.zeros((30, 5), np.float32))
    for name in ("own.npz", "./own.npz", str(tmp_path / "own.npz"), "npz:own.npz"):
        assert data.load(name).data_shape == (5,)
    (tmp_path / "own.txt").write_text("1 2 3")
    for name, words in (("./own.txt", "a file"), ("./none", "nothing there"), ("x.npz", "x.npz")):
        with pytest.raises(data.DataError, match=f"`data` must .*{words}"):
            data.load(name)


def test_a_run_of_0_1_0_sees_its_folder_as_it_did(tmp_path):
    """Every folder with an image was a class, and a tenth was held out whatever its class."""
    made(tmp_path, *several("train/a", 12), *several("test/a", 8), *several(".", 4))
    Image.new("L", (8, 8), 99).save(tmp_path / "train" / "b.webp")
    found = data.load(f"folder:{tmp_path}", version=1)
    assert found.num_classes == 3 and len(found.train) + len(found.test) == 24
    files = sorted(p for p in tmp_path.rglob("*.png"))
    order = np.random.default_rng(0).permutation(24)
    values = [np.asarray(Image.open(files[k]))[0, 0] for k in order]
    np.testing.assert_array_equal(np.rint(found.test[:, 0, 0, 0] * 255), values[:2])
    np.testing.assert_array_equal(np.rint(found.train[:, 0, 0, 0] * 255), values[2:])
    classes = sorted({f.parent for f in files})
    labels = [classes.index(files[k].parent) for k in order]
    np.testing.assert_array_equal(found.train_labels, labels[2:])


def test_a_folder_that_cannot_be_listed_is_an_error_of_the_system(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("the superuser reads everything")
    made(tmp_path, *several("cat", 4))
    (tmp_path / "cat").chmod(0)
    with pytest.raises(OSError):
        data.load(str(tmp_path))
