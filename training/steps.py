"""What one step of a model does, as the source of its class states it. Imports no TensorFlow."""

import ast
import contextlib
import functools
import types

from zoo.contract import settings
from zoo.training.sources import FAILURES, TABLES, evaluated

POSITIONS = {  # of arguments, by the name of an optimizer
    "Adam": ("learning_rate", "beta_1", "beta_2", "epsilon"),
    "RMSprop": ("learning_rate", "rho", "momentum", "epsilon"),
    "SGD": ("learning_rate", "momentum"),
}


class Instance:
    """Stands for a model with the default settings of a class: what of it needs no network.

    Args:
        cls: what stands for the class, of `zoo.training.sources`.
    """

    def __init__(self, cls):
        self.cls = cls
        for name, setting in settings.of(cls).items():
            setattr(self, name, setting.default)
        for base in reversed(cls.__mro__):
            constructor = vars(base).get("__init__")
            if hasattr(constructor, "source"):
                names = Scope(constructor.names, self, defaults(constructor.source, self))
                self.follow(constructor.source.body, names)

    def __getattr__(self, name):
        if name == "cls":
            raise AttributeError(name)
        return getattr(self.cls, name)

    def follow(self, statements, names):
        """Sets the tables that a constructor sets, where their values follow from settings."""
        for statement in statements:
            with contextlib.suppress(*FAILURES):
                if isinstance(statement, ast.If):
                    is_true = evaluated(statement.test, names)
                    self.follow(statement.body if is_true else statement.orelse, names)
                elif isinstance(statement, ast.Assign):
                    self.assign(statement.targets[0], statement.value, names)

    def assign(self, target, node, names):
        if isinstance(target, ast.Name):
            names[target.id] = evaluated(node, names)
        elif isinstance(target, ast.Attribute) and target.attr in TABLES:
            setattr(self, target.attr, evaluated(node, names))

    @property
    def play(self):
        """The moves of one step in order, each a tuple of the players that move together."""
        grouped = [r if isinstance(r, tuple) else (r,) for r in self.rounds or self.players]
        return [movers for movers in grouped for _ in range(self.moves.get(movers[0], 1))]

    @property
    def parts(self):
        """How many fresh batches one step takes."""
        fresh = self.fresh_batches
        return max(1, sum(any(player in fresh for player in movers) for movers in self.play))

    def optimizer(self, player):
        """The paper's optimizer of a player, in words."""
        return self.optimizer_of(self.cls.__mro__, player)

    def optimizer_of(self, classes, player):
        """As the first of some classes has it that says one; `super()` are those after it."""
        place = next(i for i, cls in enumerate(classes) if "default_optimizer" in vars(cls))
        function = vars(classes[place])["default_optimizer"]
        above = functools.partial(self.optimizer_of, classes[place + 1 :])
        own = {"super": lambda: types.SimpleNamespace(default_optimizer=above)}
        own |= {"player": player, "keras": Recorder("keras")}
        names = Scope(function.names, self, own)
        try:
            exec(compile(ast.Module([function.source], []), "<source>", "exec"), names)
            found = names[function.source.name](self, player)
        except FAILURES:
            return first_argument(function.source, names)
        return "no gradient" if found is None else str(found)


class Scope(dict):
    """The names of a function: its own, then those of its module, whose classes only record."""

    def __init__(self, names, instance, own):
        super().__init__({**own, "self": instance})
        self.names = names

    def __missing__(self, name):
        value = self.names[name]
        return Recorder(name) if isinstance(value, type) else value


class Recorder:
    """Stands for a module or a class; a call of it is kept in words."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        return Recorder(name)

    def __call__(self, *values, **options):
        names = POSITIONS.get(self.name, ("learning_rate",))
        named = dict(zip(names, values, strict=False)) | options
        words = [
            shown(value) if name == "learning_rate" else f"{name}={shown(value)}"
            for name, value in named.items()
        ]
        return f"{self.name}({', '.join(words)})"


def first_argument(definition, names):
    """The optimizer that a function returns, with its rate alone: for others that follow from
    what only a model knows; or the part of a model whose optimizer it is."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call) and node.value.args:
            text = ast.unparse(node.value.func)
            if text.endswith(".default_optimizer"):
                return f"that of {text.removeprefix('self.').rpartition('.')[0]}"
            with contextlib.suppress(*FAILURES):
                rate = shown(evaluated(node.value.args[0], names))
                return f"{text.rpartition('.')[2]}({rate}, ...)"
    return "see its docstring"


def shown(value):
    """A value of an optimizer in words."""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def defaults(definition, instance):
    """The arguments of a constructor with what the instance has for them."""
    arguments = [*definition.args.args, *definition.args.kwonlyargs]
    return {a.arg: getattr(instance, a.arg) for a in arguments if hasattr(instance, a.arg)}
