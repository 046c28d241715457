"""The parts of the command that draw, compare, list and complete."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from zoo.catalogue import ENTRIES
from zoo.training import cli, describe
from zoo.training.commands import comparison, completion
from zoo.training.config import Config, read_yaml
from zoo.training.run import Run

TINY = ["--epochs", "1", "--limit", "120", "--batch-size", "32", "--latent-dim", "4"]
TINY += ["--model.channels", "4,4"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of a model that takes labels."""
    folder = tmp_path_factory.mktemp("runs") / "cvae"
    assert cli.main(["train", "cvae", "--out", folder, *TINY]) == 0
    return folder


def refused(capsys, *argv):
    """The error of a command that exits with 2."""
    assert cli.main(list(argv)) == 2
    return capsys.readouterr().err


def test_samples_of_a_class_are_numbers(run, tmp_path):
    paths = [tmp_path / name for name in ("three.npy", "three.csv", "every.npy")]
    for path, label in zip(paths, (["--label", "3"], ["--label", "3"], []), strict=True):
        argv = ["sample", run, "--count", "10", "--out", path, *label]
        assert cli.main(argv) == 0
    three, rows, every = (
        np.load(paths[0]),
        np.loadtxt(paths[1], delimiter=",", skiprows=1),
        np.load(paths[2]),
    )
    model = Run.open(run).model()
    expected = np.asarray(model.sample(10, labels=np.full(10, 3), seed=0))
    np.testing.assert_allclose(three, expected, atol=1e-6)
    np.testing.assert_allclose(rows, three.reshape(10, -1), atol=1e-6)
    np.testing.assert_allclose(every[3], three[3], atol=1e-6)  # one of each class in turn
    assert not np.allclose(every[4], three[4])


@pytest.mark.parametrize(
    "options, words",
    [
        (["--label", "12"], "`--label` must be from 0 to 9"),
        (["--label", "cat"], "`--label` must be from 0 to 9"),
        (["--format", "jpg"], "`--format` must be 'png' or 'npy' or 'csv'"),
        (["--format", "csv", "--out", "samples.npy"], r"`--out` must end in .csv"),
        (["--count", "0"], "`--count` must be from 1"),
        (["--out", "gs://bucket/samples.png"], "`out` must be"),
    ],
)
def test_samples_that_cannot_be_drawn_are_refused(run, options, words, capsys):
    assert words in refused(capsys, "sample", run, *options)


def test_recipes_are_listed_and_trained_by_name(capsys, tmp_path):
    assert cli.main(["recipes"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert listed == describe.recipe_names() and "vae_mnist" in listed
    for argv in (["train", "--recipe", "vae_mnist"], ["train", "--recipe=vae_mnist"]):
        with pytest.raises(SystemExit):
            cli.main([*argv, "--epochs", "3", "--data", "digits", "--print_config"])
        printed = capsys.readouterr().out
        fields = read_yaml(describe.recipe_file("vae_mnist"))
        assert re.search(r"^epochs: 3$", printed, re.M) and re.search(
            r"^data: digits$", printed, re.M
        )
        assert f"latent_dim: {fields['latent_dim']}" in printed.splitlines()
    said = refused(capsys, "train", "--recipe", "vae_mnits", "--out", tmp_path / "run")
    assert "Received: 'vae_mnits'" in said and "vae_mnist" in said and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", describe.recipe_names())
def test_recipes_are_configs(name):
    Config.from_dict(read_yaml(describe.recipe_file(name)))


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_a_shell_completes_commands_models_and_recipes(shell, capsys):
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*cli.COMMANDS, *(entry.name for entry in ENTRIES), "vae_mnist", "latent-dim"):
        assert word in script or (shell, word) == ("tcsh", "latent-dim")  # of names alone
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        assert checked.returncode == 0, checked.stderr


def test_other_shells_are_refused(capsys):
    assert "SHELL must be bash, zsh, tcsh" in refused(capsys, "completion", "fish")


@pytest.fixture(scope="module")
def compared(run, tmp_path_factory):
    """Three runs: one that is measured, the same again, and one whose numbers are worse."""
    assert cli.main(["evaluate", run, "--count", "50", "--report", "false"]) == 0
    folder = tmp_path_factory.mktemp("compared")
    same, worse = (shutil.copytree(run, folder / name) for name in ("same", "worse"))
    metrics = json.loads((worse / "metrics.json").read_text())
    mmd = metrics["mmd"]
    mmd["value"] += 4 * np.hypot(mmd["standard_error"], mmd["standard_error"])
    del metrics["reconstruction_mse"]
    (worse / "metrics.json").write_text(json.dumps(metrics))
    return [Run.open(path) for path in (run, same, worse)]


def test_runs_are_compared_on_one_page(compared, tmp_path, capsys):
    page = tmp_path / "comparison.html"
    argv = ["compare", *(each.path for each in compared), "--count", "50", "--out", page]
    assert cli.main(argv) == 0
    table = capsys.readouterr().out
    (mmd,) = [line for line in table.splitlines() if line.startswith("mmd ")]
    assert mmd.count("(same within errors)") == 1 and mmd.endswith("(differs)")
    (error,) = [line for line in table.splitlines() if line.startswith("reconstruction_mse ")]
    assert "(same within errors)" in error and error.split()[-1] == "-"
    text = page.read_text()
    assert text.count('src="data:image/png;base64,') == 6  # samples and reconstructions of each
    assert "differs" in text and "http" not in text.replace("http-equiv", "")


def test_what_cannot_be_compared_is_said(compared):
    first, same, _ = [
        comparison.Compared(run.path.name, run, run.metrics(), []) for run in compared
    ]
    assert comparison.verdict(first, same, "mmd") == "same within errors"
    same.metrics["mmd"]["standard_error"] = None
    assert comparison.verdict(first, same, "mmd") == "no error known"
    same.metrics["mmd"]["meaning"] = "another"
    assert comparison.verdict(first, same, "mmd") == "other measure"
    same.run.config.model = "vae"
    assert comparison.verdict(first, same, "test_loss") == "other loss"
    provenance = same.run.provenance()
    provenance["data"]["digest"] = "0"
    (same.run.path / "provenance.json").write_text(json.dumps(provenance))
    assert comparison.verdict(first, same, "mmd") == "other data"


def test_one_run_cannot_be_compared(run, capsys):
    assert "RUN must be two runs or more. Received: 1." in refused(capsys, "compare", run)
