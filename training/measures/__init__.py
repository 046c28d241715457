"""What can be measured of a trained model, by name: each a function of a `Subject`.

A measure returns metric -> entry, and nothing where it does not apply. Measures of samples
are repeated with other seeds, for their standard error, and stand beside the same measure of
training data in the samples' place: the best that can be had. A measure that cannot be taken,
since it needs more examples or the samples are not finite, is left out, and a warning says why.
"""

import logging

from zoo.training import progress
from zoo.training.checks import nearest
from zoo.training.measures import codes, geometry, samples
from zoo.training.measures.subject import Subject, entry

_log = logging.getLogger(__name__)


def named(*measures):
    """Name -> measure."""
    return {made.__name__: made for made in measures}


OF_SAMPLES = named(
    samples.mmd,
    samples.two_sample,
    samples.memorisation,
    samples.fid,
    samples.kid,
    samples.prd,
    samples.manifolds,
    samples.sharpness,
    samples.diversity,
    samples.modes,
)
OF_CODES = named(
    codes.codes,
    codes.holes,
    codes.disentanglement,
    codes.likelihood,
    geometry.class_radius,
    geometry.lipschitz,
    geometry.jsd,
)
MEASURES = {**OF_SAMPLES, **OF_CODES}
USUAL = ("mmd", "two_sample", "memorisation", "fid", "diversity", "modes", "codes")  # quick


def measured(subject, names=None):
    """Metric -> entry of some measures, or of all that apply.

    Raises:
        ValueError: for a name that no measure has.
    """
    from zoo.metrics.checks import MeasureError
    from zoo.verbs.arguments import unchecked

    names = list(MEASURES) if names is None else names
    require_known(names)
    found = {}
    for name in progress.track(names, "measuring"):
        if name in OF_CODES or subject.offers("sample"):
            try:
                with unchecked():  # what a model makes is checked by the metrics
                    found |= MEASURES[name](subject)
            except MeasureError as error:
                _log.warning("%s is left out: %s", name, error)
    return found


__all__ = ["MEASURES", "OF_CODES", "OF_SAMPLES", "USUAL", "Subject", "entry", "measured"]


def require_known(names):
    """Refuses a name that no measure has."""
    for name in names:
        if name not in MEASURES:
            raise ValueError(
                f"`metrics` must be of {', '.join(MEASURES)}. Received: {name!r}."
                f"{nearest(name, MEASURES)}"
            )
