"""The catalogue and its models as text."""

import inspect

from zoo import catalogue
from zoo.contract import settings
from zoo.saving import presets as trained
from zoo.training import pace
from zoo.training.checks import nearest
from zoo.training.files import table
from zoo.training.tuning.objectives import search_space


def models(family=None):
    """The table of the models, of one family or all. Imports no TensorFlow."""
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
    """The table of the trained models that come with the zoo. Imports no TensorFlow."""
    rows = [("name", "class", "data", "parameters")]
    rows += [
        (name, card["class"], card["config"]["data"], f"{card['parameters']:,}")
        for name, card in trained.cards().items()
    ]
    return table(rows)


def model(name):
    """Everything stated about one model."""
    import zoo

    entry, cls = catalogue.find(name), zoo.model_class(name)
    own = settings.of(cls)
    small = {key: value for key, value in SMALL.items() if key in own}
    classes = {"num_classes": 2} if "labels" in cls.targets else {}
    made = zoo.create(name, SHAPES[max(cls.data_ranks)], 4, **small, **classes)
    verbs = [f"{verb}({', '.join(names)})" for verb, names in cls.verbs.items()]
    aliases = f"; also: {', '.join(entry.aliases)}" if entry.aliases else ""
    return "\n".join(
        [
            f"{entry.name} (zoo.{entry.class_name}{aliases})",
            f"{entry.authors}, {entry.year}: {entry.title}",
            "",
            inspect.getdoc(cls) or "",
            "",
            "In one step, in this order (moves, player, what it moves, its terms, its optimizer):",
            _players(made),
            "",
            "Settings (--model.NAME of `zoo train`):",
            _settings(own),
            "",
            f"Searched by `zoo tune`: {_searched(cls)}.",
            f"Batch size: {cls.batch_size}, of one move; fresh batches of a step: {made.parts}.",
            f"Compiled by `zoo train`: {pace.in_words(cls)}.",
            f"Verbs: {', '.join(verbs)}.",
            f"Score: {getattr(cls, 'score_kind', None) or 'none'}.",
        ]
    )


def _searched(cls):
    """The search space of a class in words."""
    spaces = search_space(cls)
    return ", ".join(f"{key} {low:g} to {high:g} ({by})" for key, (low, high, by) in spaces.items())


SHAPES = {
    1: (8,),
    2: (6, 8),
    3: (8, 8, 1),
    4: (6, 8, 8, 1),
}  # rank -> data of the instance that is described
SMALL = {"hidden": (8,), "channels": (4,)}  # networks of the instance that is described


def _players(made):
    rows = []
    for movers in dict.fromkeys(made.play):
        for player in movers:
            moved = ", ".join(name for name in made.players[player] if getattr(made, name, None))
            rows.append(
                (
                    f"  {made.play.count(movers)}x",
                    player,
                    moved,
                    " + ".join(made.terms[player]),
                    optimizer(made.default_optimizer(player)),
                )
            )
    return table(rows)


def optimizer(given):
    """An optimizer with what differs from the defaults of its class."""
    rate = given.get_config()["learning_rate"]
    shown = f"{rate:.4g}" if isinstance(rate, (int, float)) else "schedule"
    config, plain = given.get_config(), type(given)().get_config()
    names = [n for n in ("beta_1", "beta_2", "rho", "momentum", "epsilon") if n in config]
    changed = [f"{n}={config[n]:g}" for n in names if config[n] != plain[n]]
    return f"{type(given).__name__}({', '.join([shown, *changed])})"


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
