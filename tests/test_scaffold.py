"""`zoo new` writes all of a model but its formulas: with those, its tests pass."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from exports import ROOT

from zoo import catalogue
from zoo.training import cli, scaffold

COPIED = ("zoo", "training", "export", "tests", "docs/gallery", "benchmarks", "README.md")
COPIED += ("setup.py", "pyproject.toml")
ABOUT = {"title": "A toy", "authors": "Doe et al.", "year": 2020}
FORMULAS = {  # of toys: the loss of each player, as its developer writes it
    "vae": {
        "autoencoder": "_, nll, divergence = self.elbo_parts(x, training)\n"
        '        return {"reconstruction": nll, "divergence": 2.0 * divergence}'
    },
    "gan": {
        "discriminator": "return super().discriminator_loss(x, y, training)",
        "generator": "return super().generator_loss(x, y, training)",
    },
}


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout, without what tests do not read."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "fixtures")
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copyfile(source, tmp_path / name)
    return tmp_path


def filled(path, formulas):
    """Writes formulas into the file of a model in place of what raises."""
    text = path.read_text()
    for player, formula in formulas.items():
        head, opening, rest = text.partition(f"def {player}_loss(self, x, y, training):\n        ")
        raised, _, rest = rest.partition("\n")
        assert raised.startswith("raise NotImplementedError")
        text = f"{head}{opening}{formula}\n{rest}"
    path.write_text(text)


FIND = """
import importlib.abc, importlib.util, sys, pathlib
class Copied(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if parts[0] != "zoo":
            return None
        parts = parts[1:] if parts[1:2] in (["training"], ["export"]) else parts
        folder = pathlib.Path(ROOT, *parts)
        init = folder / "__init__.py"
        if init.is_file():
            return importlib.util.spec_from_file_location(
                name, init, submodule_search_locations=[str(folder)])
        return importlib.util.spec_from_file_location(name, folder.with_suffix(".py"))
sys.meta_path.insert(0, Copied())
"""


def outcome(checkout, *words):
    """What pytest says in a checkout whose own `zoo` is imported."""
    (checkout / "of_the_checkout.py").write_text(FIND.replace("ROOT", repr(str(checkout))))
    environment = {**os.environ, "PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "of_the_checkout", *map(str, words)],
        cwd=checkout, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("family", FORMULAS)
def test_every_file_and_row_is_written(checkout, family):
    paths, left = scaffold.new(f"toy_{family}", family, root=checkout, **ABOUT)
    assert all(path.is_file() for path in paths) and len(paths) == len(scaffold.STEPS)
    assert any("docs/gallery" in line for line in left)
    entries = catalogue.read(checkout / "zoo" / "catalogue.toml")
    added = next(entry for entry in entries if entry.name == f"toy_{family}")
    assert added.class_name == f"Toy{family.capitalize()}" and added.family == family
    assert [entry for entry in entries if entry is not added] == list(catalogue.ENTRIES)
    for name in ("zoo/__init__.pyi", "README.md", "tests/descriptors.py"):
        ours, theirs = (folder / name for folder in (checkout, ROOT))
        lines = theirs.read_text().splitlines()
        more = [line for line in ours.read_text().splitlines() if line not in lines]
        assert 1 <= len(more) <= 2 and all(added.name in line for line in more), name
    model = (checkout / "zoo" / family / f"toy_{family}.py").read_text()
    assert model.count("raise NotImplementedError") == len(FORMULAS[family])


@pytest.mark.slow
@pytest.mark.parametrize("family", FORMULAS)
def test_a_toy_with_its_formula_passes_with_no_other_edit_than_the_picture(checkout, family):
    name = f"toy_{family}"
    scaffold.new(name, family, root=checkout, **ABOUT)
    filled(checkout / "zoo" / family / f"{name}.py", FORMULAS[family])
    picture = checkout / "docs" / "gallery" / f"{name}.png"
    shutil.copyfile(ROOT / "docs" / "gallery" / "vae.png", picture)
    of_all = "readme or is_of_a_model or unique or median or downwards or training_and_export"
    outcome(checkout, "tests/conformance/test_coverage.py", "-k", f"{name} or {of_all}")
    said = outcome(checkout, "tests/conformance", "tests/behaviour", "-k", name)
    assert "1 skipped" in said and "failed" not in said
    subprocess.run(
        [pathlib.Path(sys.executable).with_name("ruff"), "check"], cwd=checkout, check=True
    )


@pytest.mark.parametrize(
    "words, error",
    [
        (("vae", "--family", "vae"), "`name` must be new. Received: 'vae'; there is 'vae'."),
        (("Toy", "--family", "vae"), "`name` must be lower-case words"),
        (("toy", "--family", "vea"), "Nearest: vae"),
        (("toy", "--family", "vae", "--like", "gan"), "`like` must be 'vae' or"),
        (("toy", "--family", "vae", "--class-name", "A-B"), "`class-name` must be an identifier"),
    ],
)
def test_what_cannot_be_a_model_is_refused_and_writes_nothing(words, error, capsys):
    about = ["--title", "A toy", "--authors", "Doe", "--year", "2020"]
    before = json.dumps(sorted(path.name for path in (ROOT / "zoo").rglob("*.py")))
    assert cli.main(["new", *words, *about]) == 2
    assert error in capsys.readouterr().err
    assert json.dumps(sorted(path.name for path in (ROOT / "zoo").rglob("*.py"))) == before
