"""A model of the catalogue without its row, its docstring or its place fails the build."""

import ast
import collections
import inspect
import pathlib
import re

import numpy as np
import pytest
from descriptors import ROWS

import zoo
from zoo.catalogue import ENTRIES, folded, markdown
from zoo.training.config import Config, read_yaml

ROOT = pathlib.Path(zoo.__file__).resolve().parents[1]
FILES = sorted((ROOT / "zoo").rglob("*.py"))
OUTSIDE = sorted(path for part in ("training", "export") for path in (ROOT / part).rglob("*.py"))
PAPERS = {entry.path.rpartition(".")[0] for entry in ENTRIES}
FAMILIES = {entry.family for entry in ENTRIES}
LEVELS = (  # a module imports nothing of a later line
    ("catalogue",),
    ("registry",),
    ("losses", "noise", "replicas", "compatibility"),
    ("layers", "optimizers", "metrics"),
    ("networks", "likelihoods", "posteriors", "priors"),
    ("contract", "input_pipeline", "verbs"),
    ("families",),
    ("papers",),
    ("saving", "creation"),
    ("zoo",),
)
DEEPER = {  # abstract families that derive from another family
    "RegularizedAutoencoder": "it is an autoencoder, with a prior fitted to codes afterwards",
    "MatchedAutoencoder": "it is an autoencoder, with a critic of codes",
    "MixtureVariationalModel": "it is a VAE, whose prior has a component for each class or cluster",
    "AdversarialAutoencoder": "it is a matched autoencoder, which takes turns",
    "LabelledAdversarialAutoencoder": "it is an adversarial autoencoder that is told labels",
    "FlexibleAutoencoder": "it is a matched autoencoder, whose prior is a network",
    "RatioAutoencoder": "it infers codes, by ratios of densities",
    "LabelledAdversarialModel": "it is a game, whose generator is told a class",
}
LONGER = {  # papers of more than 130 lines
    "mask_aae": "four players, five weights and a mask",
}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: module(path))


def module(path):
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "zoo" else ("zoo", *parts)
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


def room(name):
    """The folder of a module; modules of `zoo` and `zoo.training` themselves stand alone."""
    folders = [".".join(name.split(".")[:depth]) for depth in (2, 3)]
    return max((f for f in folders if f in ROOMS), key=len, default=name)


def names_in(path):
    """Identifiers of a file, strings that are identifiers among them; not words of docstrings."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        for field in ("id", "attr", "arg", "name"):
            names.add(getattr(node, field, None))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


def settings_of(classes):
    """Names of two words or more of the settings that classes themselves state."""
    names = set()
    for cls in classes:
        own = [vars(cls)[key] for key in ("__init__", "default_networks") if key in vars(cls)]
        for function in own:
            names |= set(inspect.get_annotations(getattr(function, "__func__", function)))
    return {name for name in names if "_" in name}


CLASSES = {entry.class_name for entry in ENTRIES}
OF_PAPERS = [zoo.model_class(entry.name) for entry in ENTRIES]
OTHERS = {base for cls in OF_PAPERS for base in cls.__mro__} - set(OF_PAPERS)
OF_THE_CONTRACT = {"prior_epochs", "average_decay", "average_start"}  # which papers may set
SETTINGS = settings_of(OF_PAPERS) - settings_of(OTHERS) - OF_THE_CONTRACT
DEVICES = {"layers", "losses", "metrics", "networks", "likelihoods", "posteriors", "priors"}
DEVICES |= {"optimizers"}
ROOMS = {module(path.parent / "__init__.py") for path in [*FILES, *OUTSIDE]}
ROOMS -= {"zoo", "zoo.training"}


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
    outside = {name for name in imported(path)}
    assert not [name for name in outside if name.startswith(("zoo.training", "zoo.export"))]
    assert not outside & {"tests", "benchmarks", "descriptors"}


def test_the_catalogue_is_only_strings():
    found = imported(ROOT / "zoo" / "catalogue.py")
    assert found == {"dataclasses", "difflib", "pathlib", "tomllib"}


@pytest.mark.parametrize("path", [*FILES, *OUTSIDE], ids=lambda path: module(path))
def test_files_stay_short(path):
    limit = 130 if module(path) in PAPERS and path.stem not in LONGER else 300
    assert len(path.read_text().splitlines()) <= (150 if path.stem in LONGER else limit)
    assert "fmt: off" not in path.read_text()


def test_papers_are_short_in_the_median():
    lengths = [len(path.read_text().splitlines()) for path in FILES if module(path) in PAPERS]
    assert np.median(lengths) <= 80


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: module(path))
def test_training_and_export_keep_the_laws_of_imports(path):
    own, ours = module(path), {name for name in imported(path) if name.startswith("zoo")}
    rooms = {".".join(name.split(".")[:2]) for name in ours}
    if own.startswith("zoo.export"):
        assert rooms <= {"zoo.export"}, "an exported model needs nothing of the zoo"
    papers = ours & PAPERS
    assert not papers, "no file outside a family names the file of a paper"


def test_no_room_leads_back_to_itself():
    """Folders, as they import each other, make no circle."""
    arrows = collections.defaultdict(set)
    for path in [*FILES, *OUTSIDE]:
        own = room(module(path))
        arrows[own] |= {room(name) for name in imported(path) if name.startswith("zoo.")} - {own}
    left = dict(arrows)
    while True:
        ends = [name for name, to in left.items() if not to & left.keys()]
        if not ends:
            break
        for name in ends:
            del left[name]
    assert left == {}


@pytest.mark.parametrize("path", [*FILES, *OUTSIDE], ids=lambda path: module(path))
def test_no_file_outside_a_family_names_a_setting_or_a_class_of_a_paper(path):
    if path.parent.name in FAMILIES:
        return
    devices = path.parent.name in DEVICES  # a paper's own layer may take its settings
    assert not names_in(path) & (CLASSES if devices else CLASSES | SETTINGS)
