"""Presets: runs exported with a card, found by name, and those that come with the zoo."""

import json
import math
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
import yaml
from c_program import asked
from exports import ROOT

import zoo
from benchmarks import presets as shipped
from zoo import export
from zoo.export import check
from zoo.training import cli
from zoo.training.config import Config, read_yaml
from zoo.training.reporting import card

TINY = "train vae --data digits --epochs 1 --latent-dim 3 --limit 200 --model.channels 4,4"
SHIPPED = sorted(path.parent.name for path in (ROOT / "saved_models").glob("*/CARD.md"))
LARGEST = 3_000_000  # bytes of a preset, everything
QUICK = {"vae_digits", "wgan_gp_mnist"}  # the others are served in C by `make fault`
PROVEN = {"sample", "decode", "encode", "reconstruct"}  # by the C program


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of presets that holds one, `tiny vae`, and the run it is of."""
    folder = tmp_path_factory.mktemp("presets")
    run, preset = str(folder / "runs" / "a"), str(folder / "saved" / "tiny vae")
    assert cli.main([*TINY.split(), "--out", run]) == 0
    assert cli.main(["export", run, "--to", preset]) == 0
    return folder / "saved", run


@pytest.fixture
def presets(made, monkeypatch):
    monkeypatch.setenv("ZOO_PRESETS", str(made[0]))
    return made[0]


def test_an_exported_run_is_loaded_by_name(presets, made):
    from zoo.training.run import Run

    assert zoo.list_presets() == ["tiny vae"]
    ours, run = zoo.load_preset("tiny vae"), Run.open(made[1])
    assert type(ours) is zoo.VAE
    np.testing.assert_array_equal(ours.sample(5, seed=3), run.model().sample(5, seed=3))


def test_the_card_tells_how_to_make_it_again(presets, made):
    folder = presets / "tiny vae"
    text = (folder / "CARD.md").read_text()
    assert "zoo train --config 'tiny vae'/config.yaml --out runs/'tiny vae'" in text
    assert "CC BY 4.0" in text and "Kingma" in text and "Not measured" in text
    assert "data_dir" not in (folder / "config.yaml").read_text()
    again = Config.from_dict(read_yaml(folder / "config.yaml"))
    assert again.as_dict() == Config.from_dict(read_yaml(f"{made[1]}/config.yaml")).as_dict()
    weights = zoo.load_preset("tiny vae").trainable_variables
    assert json.loads((folder / "card.json").read_text())["parameters"] == sum(
        math.prod(v.shape) for v in weights
    )


def test_the_card_shows_measures_with_counts_and_references():
    entry = {"value": 0.25, "standard_error": 0.01, "reference": None, "count": 360}
    assert "| mmd | 0.25 | 0.01 |  | 360 |" in card.measures({"mmd": entry})


@pytest.mark.parametrize("file", ["model.keras", "config.yaml", "picture.png"])
def test_the_card_holds_the_hash_of_each_file(presets, file):
    folder = presets / "tiny vae"
    stated = json.loads((folder / "card.json").read_text())["files"][file]
    assert stated == card.digest(folder / file) and stated in (folder / "CARD.md").read_text()


def test_a_file_that_is_not_the_one_of_the_card_is_refused(presets, tmp_path, monkeypatch):
    shutil.copytree(presets, tmp_path / "changed")
    monkeypatch.setenv("ZOO_PRESETS", str(tmp_path / "changed"))
    file = tmp_path / "changed" / "tiny vae" / "model.keras"
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="(?i)sha-?256"):
        zoo.load_preset("tiny vae")


def test_unknown_names_are_told_the_nearest(presets, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"Received: 'tiny vea'\. Nearest: tiny vae\."):
        zoo.load_preset("tiny vea")
    monkeypatch.setenv("ZOO_PRESETS", str(tmp_path))
    with pytest.raises(ValueError, match="Received: 'tiny vae'. None lie in .*: most come"):
        zoo.load_preset("tiny vae")


def test_the_command_lists_presets(presets, capsys):
    assert cli.main(["list", "--presets"]) == 0
    line = capsys.readouterr().out.splitlines()[1].split()
    assert line[:4] == ["tiny", "vae", "zoo.VAE", "digits"]


def test_every_promised_preset_is_shipped():
    assert sorted(shipped.NAMES) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_is_small_whole_and_made_by_its_recipe(name):
    folder = ROOT / "saved_models" / name
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    told = json.loads((folder / "card.json").read_text())
    assert {file: card.digest(folder / file) for file in card.FILES} == told["files"]
    recipe = Config.from_dict(read_yaml(shipped.RECIPES / f"{shipped.recipe(name)}.yaml"))
    ours = Config.from_dict(yaml.safe_load((folder / "config.yaml").read_text()))
    stated = {key for key, value in recipe.as_dict().items() if value is not None} - {"model"}
    for key in stated - {"learning_rate"}:
        assert getattr(ours, key) == getattr(recipe, key), key
    rates = recipe.learning_rate or ours.learning_rate
    rates = rates if isinstance(rates, dict) else dict.fromkeys(ours.learning_rate, rates)
    assert ours.learning_rate == rates
    assert recipe.settings.items() <= ours.settings.items() and ours.model == recipe.model
    assert told["metrics"], "not measured"


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.fault) for n in SHIPPED],
)
def test_the_c_program_serves_a_shipped_preset_as_python_does(program, name):
    folder = max((ROOT / "saved_models" / name).glob("[0-9]*"), key=lambda path: int(path.name))
    served, model = export.load(folder.parent), zoo.load_preset(name)
    requests = [
        (signature, check.inputs(sides["inputs"], range(3), seed=5))
        for signature, sides in served.signatures.items()
        if signature in PROVEN
    ]
    assert {"sample", "decode"} <= set(dict(requests))
    for (signature, inputs), found in zip(requests, asked(program, folder, requests), strict=True):
        verb = model.signatures()[signature].function  # eagerly: the model's own method
        expected = verb(**{key: tf.constant(value) for key, value in inputs.items()})
        assert set(found) == set(expected)
        for key, value in expected.items():
            assert check.distance(found[key], np.asarray(value)) <= 1e-5, (signature, key)


def test_presets_lie_where_the_command_looks():
    from zoo.saving import presets

    assert presets.root() == pathlib.Path(ROOT, "saved_models")
