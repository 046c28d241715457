"""Runs of data and models of one's own, of models to begin with, and runs that are continued."""

import json
import os
import shutil
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from kills import Before, Killed, different, held, kill, terminate

import zoo
from zoo.training import cli, data
from zoo.training import run as runs
from zoo.training.callbacks import Stopped
from zoo.training.fault_tolerance.changes import Changed
from zoo.training.run import Run

ROWS = np.random.default_rng(0).random((96, 6), np.float32)
OPTIONS = {"epochs": 2, "batch_size": 16, "save_every": 1, "verbose": 0}
TINY = {"settings": {"hidden": [8]}, "latent_dim": 2, "data": ROWS, **OPTIONS}


def built(seed=1, compiled=False):
    """A model of one's own; the same each time."""
    keras.utils.set_random_seed(0)
    model = zoo.create("vae", (6,), 2, hidden=(8,), seed=seed)
    if compiled:
        model.compile()
    return model


def assert_equal(path, other):
    """Two runs have the same history and the same bits."""
    one, two = Run.open(path), Run.open(other)
    assert one.history() == two.history()
    assert different(held(one.model()), held(two.model())) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run of an array and a built model, never stopped, of three epochs."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    runs.train(built(), path, data=ROWS, **{**OPTIONS, "epochs": 3})
    return path


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The folder of a run of a model by its name."""
    path = tmp_path_factory.mktemp("runs") / "named"
    runs.train("vae", path, **TINY)
    return path


def test_a_run_of_own_data_and_an_own_model_is_whole(whole):
    run = Run.open(whole)
    assert run.finished and (whole / "history.csv").is_file() and (whole / "samples").is_dir()
    assert (run.config.model, run.config.start, run.config.data) == ("vae", "given", "given:arrays")
    assert run.config.settings == {} or "hidden" not in run.config.settings
    assert run.provenance()["data"]["examples"] == [87, 9]
    assert run.model().sample(4, seed=0).shape == (4, 6)
    assert different(held(run.initial()()), held(built(compiled=True))) == []
    with pytest.raises(ValueError, match="were given in Python: .*resume"):
        run.data()


def stopped(monkeypatch, act, number, train):
    """Trains until before a step."""
    usual, before = runs.callbacks, Before(number, act)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "callbacks", lambda *a, **k: [before, *usual(*a, **k)])
        with pytest.raises((Killed, Stopped)):
            train()


@pytest.mark.parametrize("act", [kill, terminate])
def test_stopped_and_resumed_it_equals_never_stopped(act, whole, tmp_path, monkeypatch):
    path, options = tmp_path / "run", {**OPTIONS, "epochs": 3}
    stopped(monkeypatch, act, 8, lambda: runs.train(built(), path, data=ROWS, **options))
    if act is kill:
        runs.train(built(), path, data=ROWS, **options)
    else:
        runs.resume(path, verbose=0, data=ROWS)  # the model is that of the folder
    assert_equal(path, whole)


def test_a_finished_run_is_continued_for_more_epochs(whole, tmp_path):
    path = tmp_path / "run"
    runs.train(built(), path, data=ROWS, **OPTIONS)
    runs.resume(path, verbose=0, data=ROWS, epochs=3)
    assert_equal(path, whole)
    run = Run.open(path)
    assert run.changes == [{"after_epochs": 2, "epochs": [2, 3]}]
    assert (path / "model-epoch-0002.keras").is_file()
    runs.resume(path, verbose=0, data=ROWS, epochs=4, learning_rate=1e-4)
    assert Run.open(path).config.learning_rate == {"autoencoder": 1e-4}
    assert Run.open(path).changes[1]["learning_rate"] == [
        {"autoencoder": 1e-3},
        {"autoencoder": 1e-4},
    ]
    assert len(Run.open(path).history()["loss"]) == 4


def test_other_data_are_noticed_unless_accepted(whole, tmp_path, monkeypatch, caplog):
    path = shutil.copytree(whole, tmp_path / "run")
    with pytest.raises(Changed, match="`data` must be .*accept_changes"):
        runs.resume(path, verbose=0, data=1.0 - ROWS, epochs=4)
    path = shutil.copytree(whole, tmp_path / "other")
    run = runs.resume(path, verbose=0, data=1.0 - ROWS, epochs=4, accept_changes=True)
    assert len(run.history()["loss"]) == 4 and "`data`" in caplog.text
    assert "data" in Run.open(path).changes[-1]


def test_datasets_are_trained_on_as_they_are(tmp_path, monkeypatch):
    def sets():
        return tuple(tf.data.Dataset.from_tensor_slices(x).batch(16) for x in (ROWS, ROWS[:16]))

    paths = [tmp_path / name for name in ("whole", "stopped")]
    runs.train(built(compiled=True), paths[0], data=sets(), epochs=2, save_every=1, verbose=0)

    def again():
        options = {"epochs": 2, "save_every": 1, "verbose": 0}
        runs.train(built(compiled=True), paths[1], data=sets(), **options)

    stopped(monkeypatch, kill, 8, again)
    again()
    assert_equal(*paths)


class Examples:
    """Examples of a user's own, by their index."""

    def __len__(self):
        return len(ROWS)

    def __getitem__(self, index):
        return ROWS[index]


def test_examples_that_are_read_by_index_are_data(whole, tmp_path):
    run = runs.train(built(), tmp_path / "run", data=Examples(), **{**OPTIONS, "epochs": 3})
    assert run.history() == Run.open(whole).history()


@pytest.mark.parametrize(
    "given, words",
    [
        (3, "`data` must be the name of a data set, .*Received: int"),
        ((ROWS, ROWS, ROWS), "`data` must be the name"),
        (tf.data.Dataset.from_tensor_slices(ROWS).batch(16), "must be a pair of datasets.*: one"),
    ],
)
def test_what_is_no_data_is_refused(given, words, tmp_path):
    with pytest.raises((TypeError, ValueError), match=words):
        runs.train("vae", tmp_path / "run", data=given)
    assert not (tmp_path / "run").exists()


def test_a_run_begins_with_the_weights_of_another(named, tmp_path):
    run = runs.train(None, tmp_path / "run", start=str(named), data=ROWS, **OPTIONS)
    assert run.config.model == "vae" and run.config.as_dict()["from"] == str(named)
    source, initial = Run.open(named).model(), run.initial()()
    assert int(initial.optimizers["autoencoder"].iterations.numpy()) == 0
    for ours, theirs in zip(initial.trainable_variables, source.trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert len(run.history()["loss"]) == 2


@pytest.mark.parametrize(
    "argv, words",
    [
        (["gan", "--from", "NAMED"], "NAME must be 'vae', which"),
        (["vae", "--from", "NAMED", "--model.hidden", "4"], "Settings of the model are those of"),
        (["--from", "nothing"], "`from` must be a finished run, a preset"),
        (["--from", "gs://bucket/run"], "`from` must be"),
    ],
)
def test_what_training_cannot_begin_with_is_refused(argv, words, named, tmp_path, capsys):
    argv = [str(named) if word == "NAMED" else word for word in argv]
    assert cli.main(["train", *argv, "--out", str(tmp_path / "run")]) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_frozen_parts_stay_as_they_are(named, tmp_path):
    source = Run.open(named).model()
    options = {"start": str(named), "data": ROWS, **OPTIONS}
    whole = runs.train(None, tmp_path / "part", freeze=["encoder"], **options).model()
    first = source.encoder.layers[1].name
    layer = runs.train(None, tmp_path / "layer", freeze=[f"encoder/{first}"], **options).model()
    for part, frozen in (
        (whole.encoder, source.encoder),
        (layer.encoder.layers[1], source.encoder.layers[1]),
    ):
        for ours, theirs in zip(part.weights, frozen.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    for model in (whole, layer):
        moved = zip(model.decoder.weights, source.decoder.weights, strict=True)
        assert any(not np.array_equal(ours, theirs) for ours, theirs in moved)


@pytest.mark.parametrize(
    "names, words",
    [
        (["encodr"], "must be of the parts decoder, encoder.*Nearest: encoder"),
        (["encoder/conv*"], "must name layers of 'encoder'"),
        (["encoder", "decoder"], "must leave each player something to move"),
    ],
)
def test_parts_that_cannot_be_frozen_are_refused(names, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        runs.train("vae", tmp_path / "run", freeze=names, **TINY)
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_a_run_is_used_without_its_data_and_from_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("rows.npz", x=ROWS)
    argv = ["train", "vae", "--data", "npz:rows.npz", "--epochs", "1", "--batch-size", "16"]
    assert cli.main([*argv, "--latent-dim", "2", "--model.hidden", "8", "--out", "run"]) == 0
    assert Run.open("run").config.data == f"npz:{tmp_path / 'rows.npz'}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(Run.open("../run").data().train) == 87
    os.remove(tmp_path / "rows.npz")
    assert cli.main(["sample", "../run", "--count", "4", "--out", "rows.csv"]) == 0
    assert cli.main(["sample", "../run", "--count", "4", "--out", "points.png"]) == 0
    assert cli.main(["export", "../run", "--to", "served[1]"]) == 0
    about = json.loads((tmp_path / "elsewhere/served[1]/1/assets.extra/manifest.json").read_text())
    assert str(tmp_path) not in json.dumps(about)  # paths of this machine are not published
    assert_card(tmp_path / "elsewhere" / "served[1]")


def assert_card(folder):
    """A card says what is so: the range of the data, the device, a line that loads the model."""
    text = (folder / "CARD.md").read_text()
    assert f"values from {ROWS.min():.4g} to {ROWS.max():.4g}" in text
    assert "Trained on CPU" in text and str(folder.parent) not in text
    lines = [line.strip() for line in text.partition("## Use")[2].splitlines()]
    names = {}
    exec("\n".join(line for line in lines if line.startswith(("import", "model"))), names)
    assert names["model"].data_shape == (6,)


def test_a_run_of_a_stranger_is_looked_at_before_it_is_loaded(named, tmp_path, capsys):
    path = shutil.copytree(named, tmp_path / "run")
    with zipfile.ZipFile(path / "model.keras", "a") as packed:
        packed.writestr("../../x", b"1")
    for argv in (["sample"], ["evaluate"], ["export", "--to", str(tmp_path / "served")]):
        assert cli.main([argv[0], str(path), *argv[1:]]) == 2
        assert "../../x" in capsys.readouterr().err
    assert not (tmp_path / "served").exists()


def test_runs_and_exports_are_written_to_local_folders_alone(named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for argv in (
        ["train", "vae", "--out", "gs://bucket/run"],
        ["export", str(named), "--to", "s3://bucket/served"],
        ["compare", str(named), str(named), "--out", "gs://bucket/page.html"],
    ):
        assert cli.main(argv) == 2
        assert "://bucket" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_model_is_made_anew_and_never_counts_as_finished(whole, tmp_path):
    path = shutil.copytree(whole, tmp_path / "run")
    file = path / "model.keras"
    content = file.read_bytes()
    for damaged in (b"", content[: len(content) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(
            ValueError, match="damaged.*zoo train --resume .* makes a damaged one anew"
        ):
            Run.open(path).model()
        runs.resume(path, verbose=0, data=ROWS)
        assert_equal(path, whole)


def test_a_pair_of_arrays_is_examples_and_labels_or_targets():
    labels = np.arange(96) % 3
    labelled = runs.own.as_data((ROWS, labels))
    assert labelled.num_classes == 3 and len(labelled.train_labels) == len(labelled.train)
    paired = runs.own.as_data((ROWS, 1.0 - ROWS))
    np.testing.assert_allclose(paired.train + paired.train_targets, 1.0, atol=1e-6)
    assert paired.paired == ("train", "test")
    made = data.load("ring", limit=32)
    assert runs.own.as_data(made) is made
