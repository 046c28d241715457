"""What can be set of a model from a command or a config, read from its constructors."""

import importlib.util
import inspect
import pathlib
import re
import sys
import typing

from training.checks import nearest

KINDS = (bool, int, float, str, tuple)
NEVER = {"data_shape", "latent_dim", "num_classes", "seed", "name", "dtype"}
RATE = "learning_rate_factor"  # times the paper's rates, of every player


class Setting(typing.NamedTuple):
    """One setting of a class."""

    kind: type  # bool, int, float, str or tuple (of positive integers)
    default: object
    optional: bool  # whether None is accepted
    words: str  # of the docstring


def catalogue():
    """The module `zoo.catalogue`; see `light`."""
    return light("catalogue")


def light(module):
    """A module of `zoo`, read without importing `zoo` and with it TensorFlow."""
    name = f"training._{module}"
    if name not in sys.modules:
        folder = importlib.util.find_spec("zoo").submodule_search_locations[0]
        spec = importlib.util.spec_from_file_location(name, pathlib.Path(folder, f"{module}.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look it up
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def searched(entry):
    """What `zoo tune` varies of a model: name -> (from, to, scale)."""
    return {**entry.search, RATE: (0.1, 10.0, "log")}


def of(cls):
    """Name -> `Setting` of everything typed that `zoo.create` takes for a class."""
    found = {}
    for parameter in _parameters(cls):
        kind, optional = _kind(parameter)
        if kind and parameter.name not in NEVER:
            words = _words(cls, parameter.name)
            found.setdefault(parameter.name, Setting(kind, parameter.default, optional, words))
    return found


def _parameters(cls):
    """Keyword parameters of the constructors from the class up, then those of `for_data`."""
    functions = [vars(base)["__init__"] for base in cls.__mro__ if _is_own(base)]
    for function in functions:
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                yield parameter
    for parameter in inspect.signature(cls.for_data).parameters.values():
        if parameter.default is not parameter.empty:
            yield parameter


def _is_own(base):
    return base.__module__.partition(".")[0] == "zoo" and "__init__" in vars(base)


def _kind(parameter):
    """The type of a parameter and whether it may be None; None for networks and objects."""
    stated = parameter.annotation
    if stated is parameter.empty:
        return (type(parameter.default) if isinstance(parameter.default, KINDS) else None), False
    choices = typing.get_args(stated) or (stated,)
    plain = [choice for choice in choices if choice in KINDS]
    return (plain[0] if plain else None), type(None) in choices


def _words(cls, name):
    """What the docstrings of a class and its bases say of an argument, on one line."""
    for base in cls.__mro__:
        text = inspect.cleandoc(vars(base).get("__doc__") or "")
        lines = re.search(rf"^    (?:\w+, )*{name}(?:, \w+)*: (.*(?:\n     +.*)*)", text, re.M)
        if lines:
            return " ".join(lines[1].split())
    return {
        "hidden": "widths of the layers of perceptrons",
        "channels": "channels of the layers of convolutions, for images",
        "likelihood": "'bernoulli' or 'gaussian'; the class's own where null",
    }.get(name, "")


def checked(cls, given):
    """`given` by name, each of the type the class takes; refuses what it has no name for."""
    known, found = of(cls), {}
    for name, value in given.items():
        if name not in known:
            like = nearest(name, known, instead=sorted(known))
            raise ValueError(f"{cls.__name__} has no setting {name!r}.{like}")
        found[name] = _value(cls, name, known[name], value)
    return found


def _value(cls, name, setting, value):
    accepted = {float: (int, float), tuple: (list, tuple)}.get(setting.kind, setting.kind)
    right = isinstance(value, accepted) and isinstance(value, bool) == (setting.kind is bool)
    if setting.kind is tuple and right:
        right = len(value) > 0 and all(type(n) is int and n > 0 for n in value)
    if not right and not (value is None and setting.optional):
        raise ValueError(
            f"`{name}` of {cls.__name__} must be {article(setting.kind)}. Received: {value!r}."
        )
    return tuple(value) if setting.kind is tuple else value


def article(kind):
    """A type in words."""
    return {
        bool: "true or false",
        int: "an integer",
        float: "a number",
        str: "a string",
        tuple: "a list of positive integers",
    }[kind]
