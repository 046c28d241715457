"""Data sets: what is real is real, what is planted is right, what is wrong is refused."""

import json
import pathlib
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from zoo.training import data
from zoo.training.data import DataError, planted
from zoo.training.data.derived import assembled

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_digits_are_the_1797_of_scikit_learn():
    digits = data.load("digits")
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    assert digits.train.shape[1:] == digits.data_shape == (8, 8, 1)
    assert len(digits.train) + len(digits.test) == 1797
    assert 174 <= np.bincount(labels).min() and np.bincount(labels).max() <= 183
    assert digits.train.dtype == np.float32 and digits.train.min() == 0 and digits.train.max() == 1


def test_digits_are_split_alike_whatever_the_global_seed():
    np.random.seed(1)
    first = data.load("digits")
    np.random.seed(2)
    assert np.array_equal(first.test, data.load("digits").test)


def test_linear_gaussian_likelihood_is_the_law_of_its_draws():
    x, info = planted.linear_gaussian(count=50_000, seed=3)
    covariance = info["W"] @ info["W"].T + info["sigma"] ** 2 * np.eye(5)
    gap = x.astype(np.float64) - info["b"]
    by_hand = -0.5 * (
        np.einsum("ni,ij,nj->n", gap, np.linalg.inv(covariance), gap)
        + np.linalg.slogdet(covariance)[1]
        + 5 * np.log(2 * np.pi)
    )
    np.testing.assert_allclose(info["log_likelihood"](x), by_hand, rtol=1e-6)
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=0.1)


@pytest.mark.parametrize("n", [8, 16])
def test_the_manifold_has_its_dimension_almost_everywhere(n):
    x, info = planted.manifold(n, count=2_000)
    inner = 1 - np.tanh(info["z"] @ info["W1"]) ** 2
    jacobians = (info["W1"] * inner[:, None]) @ info["W2"] * (1.5 * x * (1 - x))[:, None]
    values = np.linalg.svd(jacobians, compute_uv=False)
    assert values.shape == (2_000, n)
    assert np.quantile(values[:, n - 1] / values[:, 0], 0.01) > 0.05
    variances = [planted.manifold(n, count=2_000, seed=seed)[0].var(axis=0) for seed in range(4)]
    assert 0.073 < np.mean(variances) < 0.080


@pytest.mark.parametrize("n", [1, 8])
def test_the_manifold_stretches_by_no_more_than_it_says(n):
    x, info = planted.manifold(n, count=2_000)
    assert info["lipschitz"] == pytest.approx(
        0.375 * np.linalg.norm(info["W1"], 2) * np.linalg.norm(info["W2"], 2)
    )
    inner = 1 - np.tanh(info["z"] @ info["W1"]) ** 2
    jacobians = (info["W1"] * inner[:, None]) @ info["W2"] * (1.5 * x * (1 - x))[:, None]
    steepest = np.linalg.svd(jacobians, compute_uv=False).max()
    gaps = [np.linalg.norm(rows[:1_000] - rows[1_000:], axis=1) for rows in (x, info["z"])]
    assert np.max(gaps[0] / gaps[1]) <= 1.001 * steepest <= info["lipschitz"] < 5.0 * steepest


def test_ring_and_grid_have_their_modes_where_they_say():
    for draw, modes in ((planted.ring, 8), (planted.grid, 25)):
        x, info = draw(count=5000)
        gaps = np.linalg.norm(x[:, None] - info["centres"], axis=-1)
        assert len(info["centres"]) == modes
        assert np.array_equal(gaps.argmin(axis=1), info["mode"])
        assert np.isclose((x - info["centres"][info["mode"]]).std(), info["sigma"], rtol=0.05)


def test_sprites_show_their_factors_and_no_two_combinations_look_alike():
    x, info = planted.sprites(count=3_000, seed=1)
    factors, sizes, examples = info["factors"], info["sizes"], info["examples"][..., 0]
    assert sizes == tuple(planted.SPRITES.values()) and len(examples) == np.prod(sizes)
    np.testing.assert_array_equal(x[..., 0], examples[np.ravel_multi_index(factors.T, sizes)])
    assert len(np.unique(examples.reshape(len(examples), -1), axis=0)) == len(examples)
    for number, size in enumerate(sizes):  # each value as often as any other
        shares = np.bincount(factors[:, number], minlength=size) / len(factors)
        np.testing.assert_allclose(shares, 1.0 / size, atol=0.03)
    by_factor = examples.reshape(*sizes, 16, 16)
    mass = by_factor.sum(axis=(-2, -1))
    assert (np.diff(mass, axis=1) > 0).all()  # larger
    places = np.arange(16) - 7.5
    for factor, summed in ((3, -2), (4, -1)):  # to the right, and down
        centre = by_factor.sum(axis=summed) @ places / mass
        np.testing.assert_allclose(np.diff(centre, axis=factor), 1.6, atol=0.2)
    assert data.load("sprites", limit=7).train.shape == (7, 16, 16, 1)


def test_blobs_are_spread_around_points_of_a_sphere_and_carry_their_labels():
    x, info = planted.blobs(count=20_000)
    np.testing.assert_allclose(np.linalg.norm(info["centres"], axis=1), 2.5)
    gap = x - info["centres"][info["mode"]]
    assert info["centres"].shape == (5, 20) and abs(gap.std() - 1.0) < 0.01
    found = data.load("blobs", seed=3)
    assert found.num_classes == 5 and found.train_labels.dtype == np.int32
    np.testing.assert_array_equal(
        np.concatenate([found.train_labels, found.test_labels]), found.info["mode"]
    )


def test_a_few_labels_of_each_class_are_kept_by_seed():
    whole, few = data.load("digits"), data.load("digits", labels_per_class=3, seed=1)
    kept = few.train_labels >= 0
    np.testing.assert_array_equal(np.bincount(few.train_labels[kept]), [3] * 10)
    np.testing.assert_array_equal(few.train_labels[kept], whole.train_labels[kept])
    assert (few.train_labels[~kept] == -1).all() and few.num_classes == 10
    np.testing.assert_array_equal(few.test_labels, whole.test_labels)
    again, other = (data.load("digits", labels_per_class=3, seed=s).train_labels for s in (1, 2))
    assert (few.train_labels == again).all() and (few.train_labels != other).any()


@pytest.mark.parametrize("name, wanted", [("digits", 0), ("digits", 1000), ("manifold8", 1)])
def test_labels_that_are_not_there_cannot_be_kept(name, wanted):
    with pytest.raises(data.DataError, match="`labels_per_class` must be from 1 to .*Received"):
        data.load(name, labels_per_class=wanted)


def test_shapes_fill_their_outlines_and_are_loaded_as_pairs():
    x, info = planted.shapes(200)
    filled = info["target"]
    assert (x <= filled).all() and 0 < x.mean() < filled.mean() < 0.5
    inner = (filled > x)[..., 0]
    for axis in (1, 2):  # the outline parts the inside of a shape from its outside
        for shift in (-1, 1):
            assert (np.roll(inner, shift, axis) <= filled[..., 0]).all()
    assert not filled[:, [0, -1]].any() and not filled[:, :, [0, -1]].any()
    found = data.load("shapes", limit=7)
    assert found.paired == ("train", "test") and found.target_shape == (16, 16, 1)
    assert len(found.train) == len(found.train_targets) == 7
    assert (found.train <= found.train_targets).all() and (found.test <= found.test_targets).all()


def test_inverted_digits_are_a_domain_of_their_own_and_pairs_in_the_test_split_alone():
    found, digits = data.load("digits_inverted"), data.load("digits")
    assert found.paired == ("test",) and found.target_shape == found.data_shape
    np.testing.assert_array_equal(found.test, digits.test)
    np.testing.assert_array_equal(found.test_targets, 1.0 - digits.test)
    assert len(found.train) + len(found.train_targets) == len(digits.train)
    both = np.concatenate([found.train, 1.0 - found.train_targets]).reshape(len(digits.train), -1)
    np.testing.assert_array_equal(
        np.sort(both, axis=0), np.sort(digits.train.reshape(both.shape), axis=0)
    )


def test_targets_of_a_file_are_pairs_where_they_are_as_many(tmp_path):
    x = np.arange(30, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 8, 8, 1), np.uint8)
    for count, paired in ((30, ("train", "test")), (20, ())):
        np.savez(tmp_path / "own.npz", x=x, target=x[:count].repeat(3, axis=-1))
        found = data.load(f"npz:{tmp_path / 'own.npz'}")
        assert found.paired == paired and found.target_shape == (8, 8, 3)
        assert len(found.train_targets) + len(found.test_targets) == count
        if paired:
            np.testing.assert_array_equal(found.train.repeat(3, -1), found.train_targets)


def test_planted_sets_follow_from_their_seed():
    assert np.array_equal(data.load("ring", seed=1).train, data.load("ring", seed=1).train)
    assert not np.array_equal(data.load("ring", seed=1).train, data.load("ring", seed=2).train)


def test_a_folder_of_images_gives_pixels_and_classes(tmp_path):
    for number in range(20):
        place = tmp_path / ("a" if number % 2 else "b")
        place.mkdir(exist_ok=True)
        Image.fromarray(np.full((9, 7), number, np.uint8)).save(place / f"{number}.png")
    found = data.load(f"folder:{tmp_path}")
    pixels = np.concatenate([found.train, found.test])[:, 0, 0, 0] * 255
    assert found.data_shape == (9, 7, 1) and found.num_classes == 2
    assert sorted(np.rint(pixels).astype(int)) == list(range(20))
    assert len(found.test) == 2


def test_broken_images_are_skipped_and_counted(tmp_path):
    for number in range(4):
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"not an image")
    with pytest.warns(UserWarning, match="1 of 5 images could not be read"):
        assert data.load(f"folder:{tmp_path}").data_shape == (8, 8, 3)


def test_a_folder_of_hostile_images_is_read_in_little_memory(tmp_path):
    """F28: what is broken or huge is counted; 20,000 x 20,000 pixels are never unpacked."""
    for number in range(4):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / f"{number}.png")
    whole = (tmp_path / "3.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpeg").write_text("not an image")
    (tmp_path / "wrong.jpg").write_bytes(whole)  # read by what it holds
    for side in (8000, 10_000, 20_000):  # fine, warned of and refused by Pillow
        Image.new("1", (side, side)).save(tmp_path / f"bomb{side}.png")
    code = """
import sys, warnings
import PIL.Image, PIL.PngImagePlugin, numpy, zoo.training.data
PIL.Image.init()
def most():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
before = most()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    found = zoo.training.data.load(f"folder:{sys.argv[1]}")
print([len(found.train) + len(found.test), found.data_shape, str(said[0].message), len(said)])
print(most() - before)
"""
    command = [sys.executable, "-c", code, tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    told, kilobytes = done.stdout.splitlines()
    words = "6 of 11 images could not be read: skipped. bomb10000.png: 10000 x 10000 pixels, "
    assert told.startswith(str([5, (8, 8, 1), words])[:-2]) and told.endswith(", 1]"), told
    assert int(kilobytes) < 20_000  # the smallest bomb has 64 MB


def test_images_that_would_fill_the_memory_are_refused(tmp_path):
    """F28: the size of the first would be that of all."""
    for number in range(3):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.raises(data.DataError, match="`size` must be of at most .*: 20000 x 20000"):
        data.load(f"folder:{tmp_path}", size=20_000)


def test_a_folder_brings_images_to_one_size(tmp_path):
    for number in range(4):
        Image.fromarray(np.zeros((8 + number, 8), np.uint8)).save(tmp_path / f"{number}.png")
    assert data.load(f"folder:{tmp_path}", size=12).data_shape == (12, 12, 1)


def test_a_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(data.DataError, match="must hold images that can be read.*: 0"):
        data.load(f"folder:{tmp_path}")


def test_arrays_of_a_file_are_split(tmp_path):
    np.savez(tmp_path / "own.npz", x=np.zeros((30, 8, 8, 1), np.uint8), y=np.arange(30) % 3)
    found = data.load(f"npz:{tmp_path / 'own.npz'}")
    assert (len(found.train), len(found.test), found.num_classes) == (27, 3, 3)


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "own.npy", np.array([{"code": 1}], object), allow_pickle=True)
    with pytest.raises(data.DataError, match="allow_pickle=False"):
        data.load(f"npy:{tmp_path / 'own.npy'}")


def test_bytes_are_scaled_to_the_unit_interval():
    found = data.from_arrays(np.full((10, 8, 8, 1), 255, np.uint8))
    assert found.train.dtype == np.float32 and found.train.max() == 1.0


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((4, 3, 8, 8, 1, 1)), "`train` must be .N, size.,.* .N, height, width, channels."),
        (np.zeros((0, 8)), "Received: shape .0, 8."),
        (np.zeros((4, 8, 8, 1), np.int64), "`train` must be float, or uint8 images"),
        (np.full((4, 8, 8, 1), 255.0), "in .0, 1. .* Divide by 255"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), r"finite. Received: nan at index \(1, 0\)"),
    ],
)
def test_wrong_arrays_are_refused_by_name(x, words):
    with pytest.raises(data.DataError, match=words):
        data.from_arrays(x, x)


def test_labels_must_be_as_many_integers():
    with pytest.raises(data.DataError, match="`train_labels` must be 4 integers"):
        data.from_arrays(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros(3, int), np.zeros(4, int))


def test_a_name_that_is_no_data_set_names_the_nearest():
    with pytest.raises(data.DataError, match="Nearest: mnist"):
        data.load("mnits")


@pytest.mark.parametrize("name", ["mnist", "olivetti_edges2faces"])  # the latter is not TFDS's own
def test_data_that_are_not_prepared_fail_at_once_and_touch_no_network(name, tmp_path, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("asked the network"))
    with pytest.raises(data.DataError, match="not prepared in .* --data digits") as error:
        data.load(name, data_dir=tmp_path)
    assert "\n" not in str(error.value)


def test_a_download_without_network_is_one_line(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError("unreachable")

    monkeypatch.setattr(socket, "create_connection", refused)
    with pytest.raises(data.DataError, match="no network") as error:
        data.load("mnist", data_dir=tmp_path, download=True)
    assert "\n" not in str(error.value)


@pytest.mark.fault
def test_without_a_network_built_in_data_work_and_others_fail_in_time(tmp_path):
    """F30: less than 10 s, one line."""
    alone = ["unshare", "-Urn"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("networks cannot be taken away here")
    command = [*alone, sys.executable, "-m", "zoo.training.cli", "train", "vae", "--epochs", "1"]
    for name, code in (("mnist", 2), ("kmnist", 2), ("digits", 0)):
        argv = [*command, "--data", name, "--data-dir", tmp_path, "--out", tmp_path / f"run_{name}"]
        began = time.monotonic()
        done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == code, done.stderr[-1000:]
        if code:
            said = done.stderr.splitlines()
            assert time.monotonic() - began < 10 and "are not prepared in" in said[-1]
            assert "Traceback" not in done.stderr and not (tmp_path / f"run_{name}").exists()


def stored(tmp_path, features, example, supervised_keys=None):
    """Six examples as prepared TFDS data named tiny, two of them held out."""
    import tensorflow_datasets as tfds

    rows = [(n, example(n)) for n in range(6)]
    tfds.dataset_builders.store_as_tfds_dataset(
        "tiny",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        data_dir=tmp_path,
        split_datasets={"train": rows[:4], "test": rows[4:]},
        disable_shuffling=True,
    )
    if supervised_keys:  # which that function has no argument for
        path = tmp_path / "tiny" / "1.0.0" / "dataset_info.json"
        keys = {"tuple": {"items": [{"featureKey": key} for key in supervised_keys]}}
        path.write_text(json.dumps({**json.loads(path.read_text()), "supervisedKeys": keys}))


def test_prepared_tfds_data_are_read(tmp_path):
    from tensorflow_datasets import features

    kinds = {"image": features.Image(shape=(8, 8, 1)), "label": features.ClassLabel(num_classes=2)}
    stored(tmp_path, kinds, lambda n: {"image": np.full((8, 8, 1), n, np.uint8), "label": n % 2})
    for size, shape in ((None, (8, 8, 1)), (4, (4, 4, 1)), ((9, 6), (9, 6, 1))):
        found = data.load("tiny", data_dir=tmp_path, size=size)
        assert found.train.shape == (4, *shape) and found.num_classes == 2
        assert sorted(np.rint(found.train[:, 0, 0, 0] * 255)) == [0, 1, 2, 3]


def test_prepared_tfds_data_with_two_supervised_images_are_pairs(tmp_path):
    from tensorflow_datasets import features

    kinds = {"input": features.Image(shape=(8, 8, 1)), "target": features.Image(shape=(8, 8, 3))}
    made = [np.full((8, 8, depth), 1, np.uint8) for depth in (1, 3)]
    stored(
        tmp_path,
        kinds,
        lambda n: {"input": n * made[0], "target": (10 + n) * made[1]},
        ("input", "target"),
    )
    found = data.load("tiny", data_dir=tmp_path)
    assert found.paired == ("train", "test") and found.train_labels is None
    assert found.data_shape == (8, 8, 1) and found.target_shape == (8, 8, 3)
    gap = found.train_targets[..., :1] - found.train
    np.testing.assert_allclose(gap * 255, 10.0, atol=1e-4)


def test_points_go_round_the_way_that_is_planted():
    x, info = planted.rotation(200, seed=1, steps=9, period=8, sigma=0.0)
    assert x.shape == (200, 9, 2) and x.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(x[:, 8], x[:, 0], atol=1e-6)
    np.testing.assert_allclose(x[:, 0, 1], np.sin(info["phase"]), atol=1e-6)
    crossed = x[:, 0, 0] * x[:, 1, 1] - x[:, 0, 1] * x[:, 1, 0]
    np.testing.assert_allclose(crossed, info["way"] * np.sin(np.pi / 4), atol=1e-6)
    assert set(info["way"]) == {-1, 1}
    assert set(planted.rotation(50, ways=(1,))[1]["way"]) == {1}
    assert data.load("rotation").is_sequence


def test_digits_move_a_pixel_a_step_and_come_back():
    found, digits = data.load("digits_moving"), data.load("digits")
    assert found.data_shape == (16, 8, 8, 1) and found.is_sequence and not found.is_image
    assert len(found.train) == 4 * len(digits.train) == len(found.train_labels)
    np.testing.assert_array_equal(found.test[:, 8:], found.test[:, :8])
    turns = [np.roll(digits.test, shift, axis=2) for shift in range(8)]
    same = np.stack([(found.test[:, 0] == t).all(axis=(1, 2, 3)) for t in turns])
    assert same.any(axis=0).all()
    step = [np.roll(found.test[:, :-1], way, axis=3) for way in (-1, 1)]
    ways = np.stack([(found.test[:, 1:] == s).all(axis=(1, 2, 3, 4)) for s in step])
    assert ways.any(axis=0).all() and ways.any(axis=1).all()
    again = data.load("digits_moving", seed=1)
    assert (again.test == found.test).all(axis=(1, 2, 3, 4)).mean() < 0.2


def test_sequences_of_images_in_a_file_are_images(tmp_path):
    x = np.full((20, 3, 8, 8, 1), 255, np.uint8)
    np.save(tmp_path / "own.npy", x)
    found = data.load(f"npy:{tmp_path / 'own.npy'}")
    assert found.data_shape == (3, 8, 8, 1) and found.train.max() == 1.0
    np.save(tmp_path / "own.npy", x.astype(np.float32))
    with pytest.raises(data.DataError, match=r"in \[0, 1\] where it holds images"):
        data.load(f"npy:{tmp_path / 'own.npy'}")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_quadrants_are_pairs_that_make_the_image_again(count):
    whole, made = data.load("digits"), data.load(f"quadrants{count}:digits")
    assert made.data_shape == (4, 4, count) and made.target_shape == (4, 4, 4 - count)
    assert made.paired == ("train", "test") and made.info["quadrants"] == count
    np.testing.assert_array_equal(assembled(made.test, made.test_targets), whole.test)
    np.testing.assert_array_equal(made.test[..., 0], whole.test[:, 4:, :4, 0])  # lower left first


def test_binary_images_are_zeros_and_ones():
    made = data.load("binary:digits")
    assert made.name == "binary:digits" and set(np.unique(made.train)) == {0.0, 1.0}
    np.testing.assert_array_equal(made.test, data.load("digits").test > 0.5)


@pytest.mark.parametrize("name", ["quadrants1:ring", "binary:moons"])
def test_only_images_are_cut_or_rounded(name):
    with pytest.raises(DataError, match="must name grey images of even height and width. Received"):
        data.load(name)
