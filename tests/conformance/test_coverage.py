"""A model of the catalogue without its row, its docstring or its place fails the build."""

import ast
import collections
import inspect
import pathlib
import re

import pytest
from descriptors import ROWS

import zoo
from training.config import Config, read_yaml
from zoo.catalogue import ENTRIES, folded, markdown

ROOT = pathlib.Path(zoo.__file__).resolve().parents[1]
FILES = sorted((ROOT / "zoo").rglob("*.py"))
PAPERS = {entry.path.rpartition(".")[0] for entry in ENTRIES}
FAMILIES = {entry.family for entry in ENTRIES}
LEVELS = (  # a module imports nothing of a later line
    ("registry", "losses", "noise", "order", "replicas", "stream", "budget", "start", "sums"),
    ("layers", "optimizers", "metrics"),
    ("networks", "likelihoods", "posteriors", "priors"),
    (
        "batches",
        "checks",
        "execution",
        "configs",
        "labels",
        "logs",
        "players",
        "averages",
        "updates",
        "guards",
        "verbs",
        "model",
    ),
    ("code_verbs", "label_verbs"),
    ("families",),
    ("papers",),
    ("catalogue", "loading", "presets", "zoo"),
)
DEEPER = {  # abstract families that derive from another family
    "MatchedAutoencoder": "it is an autoencoder, with a critic of codes",
}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: module(path))


def module(path):
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def level(name):
    """How high in the order of imports a module stands."""
    kind = [*name.split("."), "zoo"][1]
    kind = "papers" if name in PAPERS else "families" if kind in FAMILIES else kind
    return next(number for number, kinds in enumerate(LEVELS) if kind in kinds)


def imported(path):
    """The modules that a file imports, at its top or inside its functions."""
    found, known = set(), {module(each) for each in FILES}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & known) or {node.module}
    return found


@every_entry
def test_every_model_has_a_row(entry):
    assert ROWS[entry.name].name == entry.name


def test_every_row_is_of_a_model():
    assert set(ROWS) == set(zoo.list_models())


@every_entry
def test_every_class_is_public_under_its_name(entry):
    assert entry.class_name in zoo.__all__
    assert getattr(zoo, entry.class_name) is zoo.model_class(entry.name)


@every_entry
def test_every_docstring_has_its_sections(entry):
    words = vars(zoo.model_class(entry.name)).get("__doc__") or ""
    assert re.match(r"[^\n]+\.\n", words), "one sentence first"
    assert re.search(r"^ {8}\S.* = ", words, re.M), "the loss as a formula"
    places = [words.find(f"\n    {section}:") for section in ("Departures", "Args", "Reference")]
    assert -1 not in places and places == sorted(places)


@every_entry
def test_every_setting_of_a_class_is_in_its_docstring(entry):
    cls = zoo.model_class(entry.name)
    written = inspect.getdoc(cls).partition("Args:")[2].partition("Reference:")[0]
    own = inspect.signature(vars(cls).get("__init__", lambda self: None)).parameters.values()
    named = [p.name for p in own if p.name != "self" and p.kind != p.VAR_KEYWORD]
    assert [name for name in named if not re.search(rf"\b{name}\b", written)] == []


def test_the_readme_holds_the_table_of_the_models():
    written = (ROOT / "README.md").read_text().partition("<!-- models -->\n")[2]
    assert written.partition("\n<!-- end models -->")[0].splitlines() == markdown(), "make table"


@every_entry
def test_every_entry_is_complete(entry):
    assert entry.title and entry.authors and entry.objective
    assert 1950 <= entry.year <= 2030
    assert str(entry.year) in inspect.getdoc(zoo.model_class(entry.name)).partition("Reference:")[2]


@every_entry
def test_every_model_has_a_recipe_and_a_picture_of_it(entry):
    recipe = Config.from_dict(read_yaml(ROOT / f"training/recipes/{entry.name}.yaml"))
    assert recipe.model == entry.name
    assert (ROOT / f"docs/gallery/{entry.name}.png").stat().st_size > 1000


def test_names_and_aliases_are_unique_in_any_spelling():
    names = [folded(name) for entry in ENTRIES for name in (entry.name, *entry.aliases)]
    assert [name for name, count in collections.Counter(names).items() if count > 1] == []
    assert len({entry.path for entry in ENTRIES}) == len(ENTRIES)


@every_entry
def test_classes_stand_on_the_contract_and_on_one_family(entry):
    line = [c for c in zoo.model_class(entry.name).__mro__ if issubclass(c, zoo.GenerativeModel)]
    assert len([cls for cls in line if cls.__name__ not in DEEPER]) <= 3
    assert not {cls.__name__ for cls in line[1:]} & {other.class_name for other in ENTRIES}
    steps = {"train_step", "test_step"}
    assert [c.__name__ for c in line if steps & set(vars(c))] == ["GenerativeModel"]


@every_file
def test_imports_point_downwards(path):
    own, found = module(path), imported(path)
    ours = {name for name in found if name.split(".")[0] == "zoo" and name != "zoo"}
    assert {name for name in ours if level(name) > level(own)} == set()
    assert own not in PAPERS or not ours & PAPERS, "a paper imports no other paper"
    assert "zoo" not in found, "modules are imported by their names"


@every_file
def test_the_models_know_nothing_of_training_and_export(path):
    outside = {name.split(".")[0] for name in imported(path)}
    assert not outside & {"training", "export", "tests", "benchmarks", "descriptors"}


def test_the_catalogue_is_only_strings():
    found = imported(ROOT / "zoo" / "catalogue.py")
    assert found == {"dataclasses", "difflib", "pathlib", "tomllib"}


@every_file
def test_files_stay_short(path):
    limit = 100 if module(path) in PAPERS else 120 if path.parent.name in FAMILIES else 300
    assert len(path.read_text().splitlines()) <= limit
