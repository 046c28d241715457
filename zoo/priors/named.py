"""Priors of codes by name, for commands and configs."""

from zoo.priors.fitted_mixture import FittedMixture
from zoo.priors.normal import StandardNormal
from zoo.priors.swiss_roll import SwissRoll
from zoo.priors.wheel import GaussianWheel

PRIORS = {
    "normal": StandardNormal,
    "mixture": FittedMixture,
    "wheel": GaussianWheel,
    "swiss_roll": SwissRoll,
}


def prior(name, latent_dim, **options):
    """The prior of a name, or the object itself; None stays None."""
    if not isinstance(name, str):
        return name
    if name not in PRIORS:
        raise ValueError(f"`prior` must be one of {sorted(PRIORS)}. Received: {name!r}.")
    return PRIORS[name](latent_dim, **options)
