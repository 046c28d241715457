"""What `zoo new` writes: every file and row of a new model but its formulas, figures and picture.

    zoo new toy_vae --family vae --title "A toy" --authors "Doe" --year 2020

The base class, the arguments and the row of the tests are those of a paper of the same family,
the first one, or the one that `like` names.
"""

import ast
import dataclasses
import importlib
import inspect
import pathlib
import re
import shutil

from zoo import catalogue
from zoo.training.checks import nearest, require_choice
from zoo.training.files import write_text

ROOT = pathlib.Path(__file__).resolve().parents[1]  # the checkout
DATA = {1: "moons", 2: "digits_moving", 3: "digits", 4: "digits_moving"}  # by rank of an example
TARGETS = {"pair": "shapes", "domain": "digits_inverted"}
COPIED = ("called_on", "shapes", "code", "encoded")  # of the row of the paper that it is like
YEARS = range(1950, 2031)

MODEL = '''"""{title} ({authors}, {year})."""

from zoo.registry import register
from {module} import {base}


@register
class {cls}({base}):
    """{title}.

        loss = the formula of the paper    (Eq. N)

    Departures: none are known yet.

    Args:
{arguments}

    Reference: {authors}, {year}, "{title}".
    """
{losses}'''
LOSS = """
    def {player}_loss(self, x, y, training):
        raise NotImplementedError("Return the terms of {player!r}: {terms}.")
"""
TEST = '''"""{cls} on data whose answer is known."""

import pytest

import zoo
from zoo.training import data


@pytest.mark.skip(reason="the figure that the paper promises is not written yet")
def test_{name}_finds_what_was_planted(figure):
    planted = data.load("{data}", limit=1000)
    model = zoo.create("{name}", planted.data_shape, {latent}seed=0{classes})
    model.compile()
    model.fit(planted.train, epochs=10, verbose=0)
    measured = 0.0  # a number with a known answer, which a wrong formula misses
    assert figure("{cls}: what was measured", measured, "at most 0.1") <= 0.1
'''
RECIPE = """# zoo train --config training/recipes/{name}.yaml --out runs/{name}
model: {{name: {name}}}
data: {data}
{latent}epochs: 50
"""


@dataclasses.dataclass(frozen=True)
class Model:
    """A model that is not there yet.

    Args:
        entry: of the catalogue.
        like: entry of the paper of its family that it is like.
        root: of the checkout.
    """

    entry: catalogue.Entry
    like: catalogue.Entry
    root: pathlib.Path

    @property
    def base(self):
        """The class that it derives from: that of the paper it is like."""
        module, _, name = self.like.path.rpartition(".")
        return getattr(importlib.import_module(module), name).__bases__[0]


def new(name, family, title, authors, year, objective=None, cls=None, like=None, root=ROOT):
    """Writes the files and rows of a new model; their paths, and what is left to do.

    Args:
        name: of its file and of the catalogue, in lower case with underscores.
        family: folder of `zoo/` that it belongs to.
        title, authors, year: of the paper.
        objective: in a few words, for the table of the README.
        cls: name of its class; `name` in camel case where None.
        like: name of the paper of the family whose base class and row of tests it takes.
        root: of the checkout.
    """
    entries = catalogue.read(root / "zoo" / "catalogue.toml")
    families = list(dict.fromkeys(entry.family for entry in entries))
    require_choice("family", family, families, nearest(family, families))
    papers = {entry.name: entry for entry in entries if entry.family == family}
    like = next(iter(papers)) if like is None else like
    require_choice("like", like, list(papers), nearest(like, papers))
    cls = cls or "".join(word.capitalize() for word in name.split("_"))
    objective = objective or f"that of {cls}"
    entry = catalogue.Entry(family, name, cls, title, authors, year, objective)
    require_new(entry, entries, root)
    model = Model(entry, papers[like], root)
    written = [step(model) for step in STEPS]
    return written, left(model)


def require_new(entry, entries, root):
    """Refuses what is no name, no year or there already, and a folder that is no checkout."""
    if not (root / "tests" / "descriptors.py").is_file():
        raise ValueError(f"`zoo new` needs a checkout of the project. Received: {str(root)!r}.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", entry.name):
        raise ValueError(
            f"`name` must be lower-case words with underscores between. Received: {entry.name!r}."
        )
    if not entry.class_name.isidentifier():
        raise ValueError(f"`class-name` must be an identifier. Received: {entry.class_name!r}.")
    if entry.year not in YEARS:
        raise ValueError(f"`year` must be from 1950 to 2030. Received: {entry.year}.")
    known = {catalogue.folded(key): e.name for e in entries for key in (e.name, *e.aliases)}
    if catalogue.folded(entry.name) in known:
        there = known[catalogue.folded(entry.name)]
        raise ValueError(f"`name` must be new. Received: {entry.name!r}; there is {there!r}.")
    if any('"' in word or "\\" in word for word in (entry.title, entry.authors, entry.objective)):
        raise ValueError("`title`, `authors` and `objective` must hold no quotes and backslashes.")


def write_model(model):
    """The paper's file: docstring, base class, and a loss to be written for each player."""
    entry, base = model.entry, model.base
    losses = [
        LOSS.format(player=player, terms=", ".join(base.terms[player]))
        for player in base.players
        if hasattr(base, f"{player}_loss")
    ]
    text = MODEL.format(
        title=entry.title,
        authors=entry.authors,
        year=entry.year,
        cls=entry.class_name,
        module=base.__module__,
        base=base.__name__,
        arguments=arguments(base),
        losses="".join(losses),
    )
    return written(model.root / "zoo" / entry.family / f"{entry.name}.py", text)


def arguments(base):
    """The lines of `Args:` in the docstring of the base class, without its `**parts`."""
    _, _, rest = inspect.cleandoc(base.__doc__ or "").partition("Args:\n")
    lines = rest.partition("\n\n")[0].splitlines()
    own = [line for line in lines if not line.strip().startswith("**")]
    return "\n".join(f"    {line}" for line in own) or "        seed: integer."


def add_entry(model):
    """The entry of the catalogue, after the last of its family."""
    path, entry = model.root / "zoo" / "catalogue.toml", model.entry
    block = [f"[{entry.family}.{entry.name}]", f'class = "{entry.class_name}"']
    block += [f'title = "{entry.title}"', f'authors = "{entry.authors}"']
    block += [f"year = {entry.year}", f'objective = "{entry.objective}"']
    blocks = path.read_text(encoding="utf-8").rstrip().split("\n\n")
    last = max(n for n, text in enumerate(blocks) if f"\n[{entry.family}." in f"\n{text}")
    blocks.insert(last + 1, "\n".join(block))
    return written(path, "\n\n".join(blocks) + "\n")


def add_name(model):
    """The line of `zoo/__init__.pyi`, in the order of modules."""
    path, entry = model.root / "zoo" / "__init__.pyi", model.entry
    line = f"from .{entry.family}.{entry.name} import {entry.class_name} as {entry.class_name}"
    lines = path.read_text(encoding="utf-8").splitlines()
    imports = [n for n, text in enumerate(lines) if re.match(r"from \.\w+\.", text)]
    place = next((n for n in imports if lines[n].split()[1] > line.split()[1]), imports[-1] + 1)
    lines.insert(place, line)
    return written(path, "\n".join(lines) + "\n")


def add_row(model):
    """The row of `tests/descriptors.py`, after that of the paper it is like."""
    path, name = model.root / "tests" / "descriptors.py", model.entry.name
    text = path.read_text(encoding="utf-8")
    row = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) == "Row"
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == model.like.name
    )
    words = [f"{k.arg}={ast.get_source_segment(text, k.value)}" for k in row.keywords]
    words = [word for word in words if word.partition("=")[0] in COPIED]
    lines = text.splitlines()
    lines.insert(row.end_lineno or 0, f"        Row({', '.join([repr(name), *words])}),")
    text = "\n".join(lines) + "\n"
    head, normalized, rest = text.partition("NORMALIZED = (\n")
    of_group, end, rest = rest.partition("\n)\n")
    if f'"{model.like.name}"' in of_group:
        of_group += f'\n    "{name}",'
    return written(path, head + normalized + of_group + end + rest)


def copy_signatures(model):
    """The names and shapes that clients see: those of the paper it is like."""
    folder = model.root / "tests" / "conformance" / "signatures"
    path = folder / f"{model.entry.name}.json"
    shutil.copyfile(folder / f"{model.like.name}.json", path)
    return path


def planted(model):
    """Name of a data set without a file that suits the class."""
    base = model.base
    return TARGETS.get(base.targets, DATA[base.data_ranks[0]])


def write_recipe(model):
    """The recipe, on data that need no file."""
    latent = "latent_dim: 8\n" if model.base.has_latent else ""
    text = RECIPE.format(name=model.entry.name, data=planted(model), latent=latent)
    return written(model.root / "training" / "recipes" / f"{model.entry.name}.yaml", text)


def write_test(model):
    """The test of behaviour, skipped until its figure is written."""
    text = TEST.format(
        name=model.entry.name,
        cls=model.entry.class_name,
        data=planted(model),
        latent="8, " if model.base.has_latent else "",
        classes=", num_classes=10" if "labels" in model.base.targets else "",
    )
    folder = model.root / "tests" / "behaviour"
    return written(folder / f"test_{model.entry.name}_behaviour.py", text)


def add_to_readme(model):
    """The table of the models in README.md, from the catalogue."""
    path = model.root / "README.md"
    before, opening, rest = path.read_text(encoding="utf-8").partition("<!-- models -->\n")
    _, closing, after = rest.partition("\n<!-- end models -->")
    rows = catalogue.markdown(catalogue.read(model.root / "zoo" / "catalogue.toml"))
    return written(path, before + opening + "\n".join(rows) + closing + after)


def left(model):
    """What no scaffold can write, one line each."""
    entry = model.entry
    return [
        f"zoo/{entry.family}/{entry.name}.py: sentence, formulas with equations, departures",
        f"tests/behaviour/test_{entry.name}_behaviour.py: the figure, and what must break it",
        f"training/recipes/{entry.name}.yaml: data, epochs and rates; at most ten minutes",
        f"docs/gallery/{entry.name}.png: python -m benchmarks.gallery --names {entry.name} --write",
        f"where verbs are changed: python tests/signatures.py {entry.name}",
        "CHANGELOG.md: one line; then `make format`, `make lint` and `make test`",
    ]


def written(path, text):
    """Writes a text file at once; its path."""
    write_text(path, text)
    return path


STEPS = (write_model, add_entry, add_name, add_row, copy_signatures, write_recipe, write_test)
STEPS += (add_to_readme,)
