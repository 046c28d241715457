"""What a search may look for, and how. Imports no TensorFlow."""

from zoo.contract import settings
from zoo.training.checks import nearest, require_choice

MEASURED = {  # objective -> (measure of training.measures, its metric, direction)
    "val_mmd": ("mmd", "mmd", "min"),
    "val_fid": ("fid", "fid[", "min"),
    "val_kid": ("kid", "kid[", "min"),
    "val_coverage": ("manifolds", "coverage", "max"),
    "val_likelihood": ("likelihood", "log_likelihood", "max"),
    "val_nac": ("codes", "nac", "min"),
}
TUNERS = ("random", "bayesian", "hyperband")
RATE = "learning_rate_factor"  # times the paper's rates, of every player


def search_space(cls: type) -> dict[str, tuple[float, float, str]]:
    """What `zoo tune` varies of a class: name -> (lowest, highest, scale).

    >>> import zoo
    >>> search_space(zoo.BetaVAE)["beta"]
    (0.25, 16.0, 'log')
    """
    return {**settings.searched(cls), RATE: (0.1, 10.0, "log")}


def direction_of(objective: str) -> str:
    """ "min" or "max"; refuses what no run logs."""
    if objective in MEASURED:
        return MEASURED[objective][2]
    if not objective.startswith("val_"):
        raise ValueError(
            f"`objective` must be one of {', '.join(MEASURED)}, or val_ and a log of the model "
            f"such as val_loss. Received: {objective!r}."
        )
    return "min"


def require_logged(objective, logs):
    """Refuses an objective that is neither measured nor a log of the model."""
    known = [*MEASURED, *(f"val_{log}" for log in logs)]
    if objective not in known:
        raise ValueError(
            f"`objective` must be one of {', '.join(known)}. Received: {objective!r}."
            f"{nearest(objective, known, cutoff=0.5, instead=known)}"
        )


def require_named(objective, tuner):
    """Refuses an objective or a tuner by its name alone, each unless it is None."""
    if objective is not None:
        direction_of(objective)
    if tuner is not None:
        require_choice("tuner", tuner, TUNERS)
