"""What is checked of arguments and settings. Imports no TensorFlow."""

import difflib
import math

KINDS = {str: "a string", bool: "true or false", float: "a number", int: "an integer"}
KINDS |= {dict: "names and values", type(None): "null"}


def require_count(name, value):
    """Refuses what is no positive integer."""
    if type(value) is not int or value < 1:
        raise ValueError(f"`{name}` must be a positive integer. Received: {value!r}.")


def require_type(name, value, *kinds):
    """Refuses a value of another type; true and false are no numbers."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = " or ".join(KINDS[kind] for kind in kinds)
        raise ValueError(f"`{name}` must be {words}. Received: {value!r}.")


def require_rate(name, value):
    """Refuses what is no learning rate."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and 0.0 < value < math.inf):
        raise ValueError(f"`{name}` must be above 0. Received: {value!r}.")


def require_choice(name, value, choices, remedy=""):
    """Refuses what is none of a few words; `remedy` ends the error, such as `nearest(...)`."""
    if value not in choices:
        words = " or ".join(map(repr, choices))
        raise ValueError(f"`{name}` must be {words}. Received: {value!r}.{remedy}")


def nearest(name, known, cutoff=0.4, instead=()):
    """What is said of the known names that a name is most like; nothing where it is like none.

    Args:
        cutoff: how alike they must be, of 1.
        instead: what is named where none is.
    """
    near = difflib.get_close_matches(name, known, n=3, cutoff=cutoff) or instead
    return f" Nearest: {', '.join(near)}." if near else ""


def difference(own, given):
    """(key, own value, given value) of the first entry in which two dicts differ, or None."""
    for key in (*own, *given):
        here, there = own.get(key, "not set"), given.get(key, "not set")
        if here != there:
            return key, here, there
    return None


def flat(fields, prefix=""):
    """Nested dicts as one, with dotted keys."""
    found = {}
    for key, value in fields.items():
        nested = isinstance(value, dict)
        found |= flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return found
