"""Posteriors of codes by name, for commands and configs."""

from zoo.posteriors.deterministic import Deterministic, Universal
from zoo.posteriors.gaussian import DiagonalGaussian

POSTERIORS = {
    "deterministic": Deterministic,
    "gaussian": DiagonalGaussian,
    "universal": Universal,
}


def posterior(name):
    """The posterior of a name, or the object itself."""
    if not isinstance(name, str):
        return name
    if name not in POSTERIORS:
        raise ValueError(f"`posterior` must be one of {sorted(POSTERIORS)}. Received: {name!r}.")
    return POSTERIORS[name]()
