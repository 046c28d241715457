"""Settings of a model: each states in its annotation what it may be. Imports no TensorFlow.

    def __init__(self, encoder, *, beta: Annotated[float, Weight(search=(0.1, 100.0))] = 4.0):

From it follow the checks of the constructor and of `zoo.create`, options of the command, what
`zoo info` tells and `zoo tune` searches, and whether a setting is a size that costs memory.
"""

import dataclasses
import difflib
import inspect
import math
import numbers
import re
import typing
from collections.abc import Callable, Iterable
from typing import Annotated, Any

MOST_PARTS = 1000  # layers, networks or steps of a kind that a model is made of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """What a setting may be.

    Args:
        search: (lowest, highest) that `zoo tune` tries; None: it is not searched.
        scale: of the search, "log" or "linear".
    """

    search: tuple[float, float] | None = None
    scale: str = "log"
    type: typing.ClassVar[Any] = object  # of a value, as commands and configs read it

    @property
    def is_size(self) -> bool:
        """Whether more of it costs memory."""
        return bool(getattr(self, "size", False))

    def accepts(self, value: Any) -> bool:
        """Whether a value, which is not None, is one of this kind."""
        raise NotImplementedError

    @property
    def accepted(self) -> str:
        """What it accepts, in words."""
        raise NotImplementedError

    def convert(self, value: Any) -> Any:
        """A value as the constructor takes it: numbers of NumPy become Python's."""
        return value.item() if hasattr(value, "item") else value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Number(Kind):
    """A real number, and where `schedule` holds a `LearningRateSchedule` in its place."""

    at_least: float = -math.inf
    above: float = -math.inf
    at_most: float = math.inf
    below: float = math.inf
    schedule: bool = False
    type = float

    def accepts(self, value: Any) -> bool:
        if self.schedule and any(c.__name__ == "LearningRateSchedule" for c in type(value).__mro__):
            return True
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return False
        number = float(value)
        return self.at_least <= number <= self.at_most and self.above < number < self.below

    @property
    def accepted(self) -> str:
        bounds = [
            f"{words} {bound:g}"
            for words, bound in (
                ("at least", self.at_least),
                ("above", self.above),
                ("at most", self.at_most),
                ("below", self.below),
            )
            if math.isfinite(bound)
        ]
        return " ".join(["a number", " and ".join(bounds)]).strip()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weight(Number):
    """The factor of a term of the loss."""

    at_least: float = 0.0
    schedule: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class Count(Kind):
    """An integer: of steps, rows or epochs; and where `size` holds of parts of the model."""

    at_least: int = 1
    at_most: int | None = None
    size: bool = False
    type = int

    def accepts(self, value: Any) -> bool:
        return _is_integer(value) and self.at_least <= value <= (self.at_most or math.inf)

    @property
    def accepted(self) -> str:
        most = f" to {self.at_most}" if self.at_most else ""
        return f"an integer from {self.at_least}{most}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes(Kind):
    """Positive integers: widths of layers, numbers of channels, classes of categories."""

    size: bool = True
    type = tuple

    def accepts(self, value: Any) -> bool:
        several = isinstance(value, (list, tuple)) and len(value) > 0
        return several and all(_is_integer(entry) and entry >= 1 for entry in value)

    @property
    def accepted(self) -> str:
        return "a list of positive integers"

    def convert(self, value: Any) -> Any:
        return tuple(int(entry) for entry in value)


@dataclasses.dataclass(frozen=True)
class Choice(Kind):
    """One of several names; where `objects` holds also an object that the names stand for."""

    names: tuple[str, ...]
    objects: bool = False
    type = str

    def accepts(self, value: Any) -> bool:
        return value in self.names if isinstance(value, str) else self.objects

    @property
    def accepted(self) -> str:
        return "one of " + ", ".join(map(repr, self.names))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flag(Kind):
    """True or false."""

    type = bool

    def accepts(self, value: Any) -> bool:
        return isinstance(value, bool)

    @property
    def accepted(self) -> str:
        return "true or false"


TermWeight = Annotated[float, Weight(search=(0.1, 10.0))]
Widths = Annotated[tuple[int, ...], Sizes()]
Parts = Annotated[int, Count(at_least=1, at_most=MOST_PARTS, size=True)]
Likelihood = Annotated[str | None, Choice(("bernoulli", "gaussian", "laplace"), objects=True)]
Posterior = Annotated[str, Choice(("deterministic", "gaussian", "universal"), objects=True)]


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting of a class."""

    name: str
    kind: Kind
    default: object
    optional: bool  # whether None is accepted
    description: str  # of the docstring

    def require(self, cls: type, value: Any) -> Any:
        """The value as the constructor takes it; refuses one that is not of the kind."""
        if value is None and self.optional:
            return None
        if not self.kind.accepts(value):
            optional = ", or null" if self.optional else ""
            raise ValueError(
                f"`{self.name}` of {cls.__name__} must be {self.kind.accepted}{optional}. "
                f"Received: {value!r}."
            )
        return self.kind.convert(value)


def of(cls: type) -> dict[str, Setting]:
    """Name -> `Setting` of everything that `zoo.create` takes for a class, in order."""
    settings: dict[str, Setting] = {}
    for function in (*own_functions(cls, "__init__"), *own_functions(cls, "default_networks")):
        hints = typing.get_type_hints(function, include_extras=True)
        for name, parameter in inspect.signature(function).parameters.items():
            kinds = [k for k in getattr(hints.get(name), "__metadata__", ()) if isinstance(k, Kind)]
            if kinds and name not in settings:
                optional = type(None) in typing.get_args(typing.get_args(hints[name])[0])
                words = described(cls, name)
                settings[name] = Setting(name, kinds[0], parameter.default, optional, words)
    return settings


def own_functions(cls: type, name: str) -> list[Callable[..., Any]]:
    """The functions of a name that a class and its bases define, from the class up, as far as
    each hands its keywords on."""
    functions: list[Callable[..., Any]] = []
    for base in cls.__mro__:
        if name in vars(base) and _is_ours(base):
            functions.append(getattr(vars(base)[name], "__func__", vars(base)[name]))
            parameters = inspect.signature(functions[-1]).parameters.values()
            if not any(p.kind == p.VAR_KEYWORD for p in parameters):
                break
    return functions


def arguments(cls: type, name: str) -> set[str]:
    """Names of the arguments of a constructor or of `default_networks`, inherited ones too."""
    parameters = (inspect.signature(f).parameters for f in own_functions(cls, name))
    names = {key for own in parameters for key, p in own.items() if p.kind != p.VAR_KEYWORD}
    return names - {"self", "cls"}


def require(cls: type, given: dict[str, Any]) -> dict[str, Any]:
    """`given` by name, as the constructor takes them; refuses values of a wrong kind."""
    known = of(cls)
    return {
        name: known[name].require(cls, value) if name in known else value
        for name, value in given.items()
    }


def refuse_unknown(cls: type, names: Iterable[str]) -> None:
    """Refuses names that neither the constructor nor `default_networks` has."""
    known = arguments(cls, "__init__") | arguments(cls, "default_networks")
    if all(base.__name__ == "GenerativeModel" for base in _with_constructors(cls)):
        return  # it takes what its tables name
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1) or sorted(known)
            raise TypeError(f"{cls.__name__} has no setting {name!r}. Nearest: {', '.join(near)}.")


def of_config(cls: type, given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a config or a command, as the constructor takes them; refuses others."""
    known = of(cls)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)
            words = f"{cls.__name__} has no setting {name!r}. Nearest: {', '.join(near)}."
            raise ValueError(words)
    return require(cls, given)


def searched(cls: type) -> dict[str, tuple[float, float, str]]:
    """What `zoo tune` varies: setting -> (lowest, highest, scale)."""
    kinds = {name: setting.kind for name, setting in of(cls).items()}
    return {name: (*kind.search, kind.scale) for name, kind in kinds.items() if kind.search}


def sizes(cls: type, given: dict[str, Any]) -> list[int]:
    """The integers among settings that cost memory; the defaults where none are given."""
    values: dict[str, Any] = {
        name: setting.default for name, setting in of(cls).items() if setting.kind.is_size
    }
    values |= {name: value for name, value in given.items() if name in values}
    entries = [v if isinstance(v, (list, tuple)) else [v] for v in values.values()]
    return [entry for several in entries for entry in several if _is_integer(entry)]


def described(cls: type, name: str) -> str:
    """What the docstrings of a class and its bases say of an argument, on one line."""
    for base in cls.__mro__:
        text = inspect.cleandoc(vars(base).get("__doc__") or "")
        lines = re.search(rf"^    (?:\w+, )*{name}(?:, \w+)*: (.*(?:\n     +.*)*)", text, re.M)
        if lines:
            return " ".join(lines[1].split())
    return {
        "hidden": "widths of the hidden layers of perceptrons",
        "channels": "channels of the layers of convolutions, for images",
        "likelihood": "name of the likelihood; the class's own where null",
    }.get(name, "")


def _with_constructors(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if "__init__" in vars(base) and _is_ours(base)]


def _is_ours(base: type) -> bool:
    names = {ancestor.__name__ for ancestor in base.__mro__}
    return "GenerativeModel" in names or base.__module__.startswith("zoo.")


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Integral)
