"""The catalogue, its models, recipes and presets as text. Imports no TensorFlow."""

import inspect
import pathlib

from zoo import catalogue
from zoo.contract import settings
from zoo.saving import presets as trained
from zoo.training import pace, sources
from zoo.training.checks import nearest
from zoo.training.config_files import read_yaml
from zoo.training.files import table
from zoo.training.steps import Instance
from zoo.training.tuning.objectives import search_space

RECIPES = pathlib.Path(__file__).with_name("recipes")


def models(family=None):
    """The table of the models, of one family or all."""
    entries = catalogue.ENTRIES
    families = list(dict.fromkeys(entry.family for entry in entries))
    if family not in (None, *families):
        raise ValueError(
            f"`family` must be one of {', '.join(families)}. Received: {family!r}."
            f"{nearest(family, families, instead=families)}"
        )
    rows = [
        (e.name, e.class_name, str(e.year), e.family, f"{e.authors}: {e.title}")
        for e in entries
        if family in (None, e.family)
    ]
    return table([("name", "class", "year", "family", "paper"), *rows])


def presets():
    """The table of the trained models that come with the zoo."""
    cards, damaged = trained.readable_cards()
    rows = [("name", "class", "data", "parameters")]
    rows += [
        (name, card["class"], card["config"]["data"], f"{card['parameters']:,}")
        for name, card in cards.items()
    ]
    return "\n".join([table(rows), *(f"{name}: {reason}" for name, reason in damaged.items())])


def recipes():
    """The table of the recipes."""
    rows = [("name", "model", "data", "epochs", "what is set besides")]
    for name in recipe_names():
        fields = read_yaml(recipe_file(name))
        model = dict(fields.pop("model"))
        first = model.pop("name"), str(fields.pop("data", "digits")), str(fields.pop("epochs", 20))
        set_besides = {**fields, **model}
        rows.append((name, *first, ", ".join(f"{k} {v}" for k, v in set_besides.items())))
    return table(rows)


def recipe_names():
    """Names of the recipes, each a config that trains a model on data it was tried on."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def recipe_file(name):
    """The config of a recipe; refuses a name that none has."""
    names = recipe_names()
    if name not in names:
        raise ValueError(
            f"`--recipe` must be one of those that `zoo recipes` lists. Received: {name!r}."
            f"{nearest(name, names)}"
        )
    return RECIPES / f"{name}.yaml"


def model(name):
    """Everything stated about one model."""
    entry, cls = catalogue.find(name), sources.stated(name)
    instance, own = Instance(cls), settings.of(cls)
    verbs = [f"{verb}({', '.join(names)})" for verb, names in cls.verbs.items()]
    aliases = f"; also: {', '.join(entry.aliases)}" if entry.aliases else ""
    return "\n".join(
        [
            f"{entry.name} (zoo.{entry.class_name}{aliases})",
            f"{entry.authors}, {entry.year}: {entry.title}",
            "",
            inspect.cleandoc(cls.__doc__ or ""),
            "",
            "In one step, in this order (moves, player, what it moves, its terms, its optimizer):",
            _players(instance),
            "",
            "Settings (--model.NAME of `zoo train`):",
            _settings(own),
            "",
            f"Searched by `zoo tune`: {_searched(cls)}.",
            f"Batch size: {cls.batch_size}, of one move; fresh batches a step: {instance.parts}.",
            f"Compiled by `zoo train`: {pace.in_words(cls)}.",
            f"Verbs: {', '.join(verbs)}.",
            f"Score: {cls.score_kind or 'none'}.",
        ]
    )


def _searched(cls):
    """The search space of a class in words."""
    spaces = search_space(cls)
    return ", ".join(f"{key} {low:g} to {high:g} ({by})" for key, (low, high, by) in spaces.items())


def _players(instance):
    rows = []
    for movers in dict.fromkeys(instance.play):
        for player in movers:
            moves, terms = f"  {instance.play.count(movers)}x", " + ".join(instance.terms[player])
            moved = ", ".join(instance.players[player])
            rows.append((moves, player, moved, terms, instance.optimizer(player)))
    return table(rows)


def _settings(own):
    rows = [
        (f"  {name}", str(plain(setting.default)), setting.kind.accepted, setting.description)
        for name, setting in own.items()
    ]
    return table(rows)


def plain(value):
    """A default as it is written in YAML."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else value
