"""The command and the runs it makes: what it refuses, writes and prints."""

import csv
import json
import math
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys

import keras
import numpy as np
import pytest
import yaml

import zoo
from zoo import catalogue, export
from zoo.training import build, cli
from zoo.training.config import Config, read_yaml
from zoo.training.files import atomic
from zoo.training.run import Run

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = ["--epochs", "2", "--latent-dim", "4", "--model.channels", "4,4", "--limit", "300"]
LIGHT = """
import sys
from zoo.training.cli import main
for argv in {commands}:
    try:
        main(argv)
    except SystemExit:
        pass
    heavy = [name for name in ("tensorflow", "keras") if name in sys.modules]
    if heavy:
        sys.exit(f"{{argv}} imports {{heavy}}")
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a tiny finished run."""
    folder = tmp_path_factory.mktemp("runs") / "vae"
    argv = ["train", "vae", "--data", "digits", "--out", folder, "--sample-every", "1", *TINY]
    assert cli.main(argv) == 0
    return folder


def size_of(png):
    """Width and height in the header of a PNG."""
    return struct.unpack(">II", pathlib.Path(png).read_bytes()[16:24])


def refused(capsys, *argv):
    """What a command that exits with 2 says, checked to be two lines at most."""
    assert cli.main(list(argv)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"zoo {argv[0]}: error: ") or argv[0] not in cli.COMMANDS
    assert len(said.splitlines()) <= 2
    return said


def test_names_and_help_need_no_tensorflow(tmp_path):
    out = str(tmp_path / "run")
    commands = [
        [],
        ["--help"],
        ["list"],
        ["list", "--family", "gan"],
        *([name, "--help"] for name in cli.COMMANDS),
        ["train", "vea", "--out", out],
        ["train", "vae", "--data", "digts", "--out", out],
        ["info", "vea"],
        ["info", "cyclegan"],
        ["recipes"],
        ["completion", "bash"],
        ["evaluate", out],
        ["sample", out],
        ["export", out, "--to", out],
        ["compare", out, out],
        ["train", "--resume", out],
        ["train", "--recipe", "vea", "--out", out],
        ["train", "beta_vae", "--model.bta", "4", "--out", out],
        ["train", "vae", "--epochs", "many", "--out", out],
        ["train", "vae", "--out", "gs://bucket/run"],
    ]
    code = LIGHT.format(commands=commands)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_of_each_command_has_an_example(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    assert f"example: zoo {command}" in capsys.readouterr().out


def test_list_names_every_model(capsys):
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [entry.name for entry in catalogue.ENTRIES]
    assert [line.split()[0] for line in lines[1:]] == names
    assert cli.main(["list", "--family", "gan"]) == 0
    assert "vae" not in capsys.readouterr().out


def test_info_tells_players_and_settings(capsys):
    assert cli.main(["info", "wgan_gp"]) == 0
    said = capsys.readouterr().out
    for words in ("Wasserstein", "5x", "discriminator", "penalty_weight", "Adam(0.0001", "sample("):
        assert words in said


def test_info_tells_defaults_as_yaml_writes_them_and_knows_models_of_vectors(capsys):
    assert cli.main(["info", "made"]) == 0
    assert re.search(r"orders +1 .*\n +binary +null ", capsys.readouterr().out)
    assert cli.main(["info", "maf"]) == 0
    assert re.search(r"batch_norm +true ", capsys.readouterr().out)


@pytest.mark.parametrize(
    "argv, words",
    [
        (["vea"], "vae"),
        (["vae", "--data", "digts"], "digits"),
        (["beta_vae", "--model.bta", "4"], "--model.beta"),
        (["vae", "--epoch", "4"], "--epochs"),
        (["beta_vae", "--model.beta", "much"], "a number"),
        (["beta_vae", "--model.beta", "-1"], "at least 0"),
        (["vae", "--model.channels", "0"], "positive integers"),
        (["rae", "--model.penalty", "all"], "'jacobian'"),
        (["vae", "--epochs", "0"], "positive integer"),
        (["vae", "--limit", "many"], "an integer or null"),
        (["cvae", "--data", "manifold8"], "CVAE needs labels"),
        (["cvae", "--labels-per-class", "3"], "CVAE needs every label"),
        (["vae", "--labels-per-class", "1000"], "the smallest class"),
        (["pix2pix"], "Pix2Pix needs images and their targets, which the data 'digits' have not"),
        (["pix2pix", "--data", "digits_inverted"], "Pix2Pix needs pairs. Received: 'digits_inv"),
        (["vae", "--learning-rate", "0"], "above 0"),
        (["vae", "--learning-rate.critic", "1e-3"], "['autoencoder']"),
        (["vae", "--batch-size", "100000"], "smaller `batch_size`"),
        (["vae", "--precision", "float16"], "`precision` must be 'float32' or 'mixed_bfl"),
        (["vae", "--ema", "1"], "`ema` must be between 0 and 1"),
        (["vae", "--accumulate", "0"], "`accumulate` must be a positive integer"),
        (["vae", "--accumulate", "3"], "times the 3 slices of `accumulate`"),
        (["vae", "--steps-per-execution", "0"], "`steps_per_execution` must be a positive"),
        (["vae", "--strategy", "workers"], "TF_CONFIG must name the workers and this one"),
        (["vae", "--strategy", "parameter_server"], "which is refused: its workers"),
        ([], "NAME"),
    ],
)
def test_refusals_write_nothing(argv, words, tmp_path, capsys):
    said = refused(capsys, "train", *argv, "--out", str(tmp_path / "run"))
    assert words in said
    assert not list(tmp_path.iterdir())


def test_unknown_command_names_the_nearest(capsys):
    assert "train" in refused(capsys, "trian")


@pytest.mark.parametrize(
    "text, words",
    [
        ("model: {name: no}", "quote it"),
        ("model: {name: vae, bta: 1}", "bta"),
        ("model: {name: vae}\nepochs: many", "an integer"),
        ("model: {name: vae}\nepochs: 3\nepochs: 4", "epochs"),
        ("model: [1, 2", "YAML"),
        ("a: &a [1]\nmodel: *a", "aliases"),
        ("model: !!python/object/apply:os.getcwd []", "YAML"),
        ("- 1", "names and values"),
        ("x" * 200_000, "bytes"),
    ],
)
def test_config_files_that_are_wrong(text, words, tmp_path, capsys):
    file = tmp_path / "run.yaml"
    file.write_text(text)
    said = refused(capsys, "train", "--config", str(file), "--out", str(tmp_path / "run"))
    assert words in said
    assert not (tmp_path / "run").exists()


def test_run_holds_config_history_pictures_and_model(run):
    written = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert written == {
        "config.yaml",
        "provenance.json",
        "history.csv",
        "curves.png",
        "model.keras",
        *(
            f"checkpoints/epoch-0000{n}-step-000000/{file}"
            for n in (0, 1, 2)
            for file in ("arrays.npz", "record.json", "SHA256SUMS")
        ),
        *(f"{kind}/epoch-000{n}.png" for kind in ("samples", "reconstructions") for n in (1, 2)),
    }
    rows = list(csv.DictReader((run / "history.csv").open()))
    assert len(rows) == 2 and {"signal_active_dims", "signal_diversity"} < set(rows[0])
    assert all(math.isfinite(float(row[name])) for row in rows for name in ("loss", "val_loss"))


def test_a_mirrored_run_is_that_of_one_device(run, tmp_path):
    words = ["train", "vae", "--out", tmp_path / "run", "--strategy", "mirrored", *TINY]
    code = "import sys; from training.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with open(run / "history.csv") as one, open(tmp_path / "run" / "history.csv") as mirrored:
        for ours, theirs in zip(csv.DictReader(one), csv.DictReader(mirrored), strict=True):
            for log, value in ours.items():
                assert float(theirs[log]) == pytest.approx(float(value), rel=1e-4), log


def test_config_of_a_run_is_whole_and_trains_again(run, tmp_path, capsys):
    fields = read_yaml(run / "config.yaml")
    assert fields["model"] == {
        "name": "vae",
        "hidden": [256, 256],
        "channels": [4, 4],
        "likelihood": None,
    }
    assert fields["batch_size"] == 128 and fields["learning_rate"] == {"autoencoder": 1e-3}
    assert set(fields["versions"]) == {"tensorflow", "keras", "zoo"}
    config = {key: value for key, value in fields.items() if key != "versions"}
    assert Config.from_dict(fields).as_dict() == config
    again = tmp_path / "again"
    assert cli.main(["train", "--config", str(run / "config.yaml"), "--out", str(again)]) == 0
    assert (again / "history.csv").read_text() == (run / "history.csv").read_text()


MODES = {
    "precision": "mixed_bfloat16",
    "jit_compile": True,
    "accumulate": 2,
    "ema": 0.9,
    "steps_per_execution": 4,
}


def test_modes_of_training_are_those_of_the_config():
    config = Config("vae", "manifold8", settings={"hidden": (4,)}, **MODES)
    model = build.prepared(Config.from_dict(config.as_dict()), config.load_data())
    assert {**model.compile_options, "precision": model.encoder.dtype_policy.name} == MODES
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.slow
def test_modes_of_training_are_obeyed_resumed_and_served(tmp_path, monkeypatch):
    out, whole, served = (tmp_path / name for name in ("run", "whole", "served"))
    words = [w for k, v in MODES.items() for w in (f"--{k.replace('_', '-')}", str(v).lower())]
    argv = ["train", "vae", *words, "--batch-size", "16", *TINY]
    sample = zoo.VAE.sample

    def stopped(model, *args, **options):
        os.kill(os.getpid(), signal.SIGTERM)
        return sample(model, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(zoo.VAE, "sample", stopped)
        assert cli.main([*argv, "--out", str(out)]) == 75
    assert cli.main(["train", "--resume", str(out)]) == 0
    assert cli.main([*argv, "--out", str(whole)]) == 0
    assert (out / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    for chosen in ([], ["--averaged"]):
        path = str(tmp_path / f"{len(chosen)}.png")
        assert cli.main(["sample", str(out), "--out", path, *chosen]) == 0
    assert (tmp_path / "0.png").read_bytes() != (tmp_path / "1.png").read_bytes()
    assert cli.main(["evaluate", str(out), "--count", "50", "--averaged"]) == 0
    assert (out / "metrics_averaged.json").is_file() and not (out / "metrics.json").exists()
    assert cli.main(["export", str(out), "--to", str(served)]) == 0
    z, run = np.ones((2, 4), "float32"), Run.open(out)
    own, averaged = (np.asarray(run.model(None, each).decode(z)) for each in (False, True))
    for given in (export.load(served).decode(z=z), zoo.load(served).decode(z)):
        assert 3 * np.abs(given - averaged).max() < np.abs(own - averaged).max()


def test_averages_of_a_run_that_kept_none_are_refused(run, capsys):
    assert "`averaged` goes with a run" in refused(capsys, "sample", str(run), "--averaged")


def test_print_config_gives_the_settings_of_the_class(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "rae", "--model.penalty", "jacobian", "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["model"]["penalty"] == "jacobian"
    assert printed["model"]["channels"] == [32, 64]


def test_evaluate_writes_finite_metrics(run, capsys):
    assert cli.main(["evaluate", str(run), "--count", "50"]) == 0
    said = capsys.readouterr().out
    found = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").unlink()
    names = {"reconstruction_mse", "mmd", "two_sample_accuracy", "memorisation_ratio", "test_loss"}
    assert names <= set(found)
    for name, row in found.items():
        assert math.isfinite(row["value"]) and row["count"] > 0 and row["meaning"]
        assert name in said
    assert found["mmd"]["value"] > found["mmd"]["reference"]
    assert 0 <= found["two_sample_accuracy"]["reference"] <= 1


def test_sample_is_a_grid_that_the_seed_decides(run, tmp_path):
    first, again, other = (str(tmp_path / f"{name}.png") for name in ("first", "again", "other"))
    for path, seed in ((first, "3"), (again, "3"), (other, "4")):
        argv = ["sample", str(run), "--count", "10", "--seed", seed, "--out", path]
        assert cli.main(argv) == 0
    assert size_of(first) == (4 * 33 - 1, 3 * 33 - 1)
    assert pathlib.Path(first).read_bytes() == pathlib.Path(again).read_bytes()
    assert pathlib.Path(first).read_bytes() != pathlib.Path(other).read_bytes()


def test_every_number_has_its_counts_its_error_and_its_seed(run):
    names = ["fid", "kid", "prd", "codes", "likelihood", "holes"]
    argv = ["evaluate", run, "--count", "70", "--seed", "3", "--report", "false"]
    assert cli.main([*argv, "--metrics", *names]) == 0
    found = json.loads((run / "metrics.json").read_text())
    featured = ("fid[", "reconstruction_fid[", "kid[", "prd_")
    for begin in (*featured, "test_loss", "active_dims", "hole_", "elbo", "information"):
        assert any(name.startswith(begin) for name in found), begin
    for name, row in found.items():
        assert math.isfinite(row["value"]) and row["count"] >= 70 and row["seed"] == 3, name
        assert row["standard_error"] >= 0.0, name
        two_sided = name.startswith((*featured, "hole_", "reconstruction"))
        assert (row["compared_count"] is not None) == two_sided, name
        assert ("extractor" in row) == name.startswith(featured), name


def test_export_writes_a_version(run, tmp_path, capsys):
    assert cli.main(["export", str(run), "--to", str(tmp_path / "served")]) == 0
    assert (tmp_path / "served" / "1" / "saved_model.pb").is_file()
    about = json.loads((tmp_path / "served" / "1" / "assets.extra" / "manifest.json").read_text())
    assert about["metadata"]["config"]["model"]["name"] == "vae"


def test_what_is_no_export_cannot_be_checked(tmp_path, capsys):
    assert "no version folder" in refused(capsys, "serve-check", str(tmp_path))


def contents(folder):
    """Path -> bytes of every file of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_run_is_refused_the_folder_of_a_run(run, capsys):
    before = contents(run)
    said = refused(capsys, "train", "vae", "--out", str(run), *TINY[2:])
    assert "`epochs` must be 2, as in the run that" in said and "another `out`" in said
    for words in (["--model.channels", "8"], ["--out", "other"], ["--from", "other"]):
        assert words[0] in refused(capsys, "train", "--resume", str(run), *words)
    said = refused(capsys, "train", "--resume", str(run), "--epochs", "1")
    assert "`epochs` must be more than the 2 that the run has trained" in said
    assert "`batch_size` of a run stays" in refused(
        capsys, "train", "--resume", str(run), "--batch-size", "8"
    )
    assert contents(run) == before


def test_a_finished_run_stays_as_it_is(run, capsys):
    before = contents(run)
    assert cli.main(["train", "--resume", str(run)]) == 0
    argv = ["train", "vae", "--data", "digits", "--out", str(run), "--sample-every", "1", *TINY]
    assert cli.main(argv) == 0
    assert contents(run) == before


def test_checkpoints_of_a_run_are_models_too(run, capsys, tmp_path):
    pictures = []
    for chosen in ([], ["--checkpoint", "latest"], ["--checkpoint", "best"]):
        path = tmp_path / f"{len(pictures)}.png"
        assert cli.main(["sample", str(run), "--count", "4", "--out", str(path), *chosen]) == 0
        pictures.append(path.read_bytes())
    assert pictures[0] == pictures[1]
    said = refused(capsys, "sample", str(run), "--checkpoint", "first")
    assert "`checkpoint` must be 'latest' or 'best'" in said


def test_folder_without_a_run_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    said = refused(capsys, "train", "vae", "--out", str(tmp_path), *TINY)
    assert "not empty and holds no config.yaml" in said
    assert "config.yaml" in refused(capsys, "evaluate", str(tmp_path))
    assert "no such folder" in refused(capsys, "sample", str(tmp_path / "none"))


def test_model_without_a_law_of_codes_is_given_one(tmp_path):
    out = tmp_path / "rae"
    assert cli.main(["train", "rae", "--data", "digits", "--out", str(out), *TINY]) == 0
    assert size_of(out / "samples" / "epoch-0002.png") == (8 * 33 - 1, 8 * 33 - 1)
    assert cli.main(["sample", str(out), "--count", "4"]) == 0
    assert (out / "samples.png").is_file()


def test_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with atomic(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_model_of_labels_is_measured_by_them(tmp_path):
    out = tmp_path / "cvae"
    assert cli.main(["train", "cvae", "--data", "digits", "--out", str(out), *TINY]) == 0
    assert size_of(out / "samples" / "epoch-0002.png") == (10 * 33 - 1, 7 * 33 - 1)
    assert cli.main(["evaluate", str(out), "--count", "50"]) == 0
    found = json.loads((out / "metrics.json").read_text())["accuracy"]
    assert 0.0 <= found["value"] <= 1.0 and found["count"] == 360
    assert found["reference"] == pytest.approx(0.1, abs=0.01)


SMALL = ["--epochs", "1", "--limit", "32", "--model.channels", "4", "--batch-size", "16"]


@pytest.mark.parametrize(
    "argv, size, ways",
    [
        pytest.param(
            *(["pix2pix", "--data", "shapes"], (10 * 65 - 1, 3 * 65 - 1), [""]),
            marks=pytest.mark.slow,
        ),
        (
            ["cyclegan", "--data", "digits_inverted", "--model.blocks", "1"],
            (10 * 33 - 1, 6 * 33 - 1),
            ["_xy", "_yx"],
        ),
    ],
)
def test_translators_are_trained_drawn_and_measured(argv, size, ways, tmp_path):
    out = tmp_path / "run"
    own = ["--model.patch_channels", "4"] if argv[0] == "cyclegan" else []
    assert cli.main(["train", *argv, "--out", str(out), *SMALL, *own]) == 0
    assert size_of(out / "translations" / "epoch-0001.png") == size
    assert not (out / "samples").exists()
    assert cli.main(["sample", str(out), "--count", "20"]) == 0
    assert size_of(out / "samples.png") == (size[0], 2 * size[1] + 1)
    assert cli.main(["evaluate", str(out)]) == 0
    found = json.loads((out / "metrics.json").read_text())
    for way in ways:
        for name in ("absolute_error", "psnr"):
            row = found[f"translation_{name}{way}"]
            assert math.isfinite(row["value"]) and math.isfinite(row["reference"])


@pytest.mark.parametrize(
    "name, size",
    [
        ("digits_moving", (17 * 33 - 1, 16 * 33 - 1)),
        pytest.param("rotation", None, marks=pytest.mark.slow),
    ],
)
def test_forecasts_are_trained_drawn_and_measured(name, size, tmp_path):
    out, brief = tmp_path / "run", ["--epochs", "1", "--limit", "32", "--batch-size", "16"]
    assert cli.main(["train", "td_vae", "--data", name, "--out", str(out), *brief]) == 0
    pictures = [out / "forecasts" / "epoch-0001.png", out / "samples.png"]
    assert cli.main(["sample", str(out), "--count", "8"]) == 0
    assert all(size_of(path) == (size or size_of(path)) for path in pictures)
    assert cli.main(["evaluate", str(out), "--report", "true"]) == 0
    found = json.loads((out / "metrics.json").read_text())
    for steps in range(1, 5):
        assert (
            0 < found[f"jump_error_{steps}"]["value"] and found[f"jump_error_{steps}"]["reference"]
        )
    assert "Forecasts" in (out / "report.html").read_text()


def test_stopped_while_its_law_of_codes_is_fitted_a_run_goes_on(tmp_path, monkeypatch, capsys):
    out, argv = tmp_path / "rae", ["train", "rae", "--data", "digits", *TINY]
    fit_sampler = zoo.RAE.fit_sampler

    def stopped(model, data):
        os.kill(os.getpid(), signal.SIGTERM)
        fit_sampler(model, data)

    monkeypatch.setattr(zoo.RAE, "fit_sampler", stopped)
    assert cli.main([*argv, "--out", str(out)]) == 75
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.undo()
    assert not (out / "model.keras").exists()
    assert cli.main([*argv, "--out", str(out)]) == 0
    assert cli.main([*argv, "--out", str(tmp_path / "whole")]) == 0
    for name in ("history.csv", "samples/epoch-0002.png"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
