"""What a training is of, beside its state: noticed where it has changed between two starts.

Imports no TensorFlow.
"""

import hashlib
import logging

import numpy as np

from zoo.input_pipeline.rows import BLOCK
from zoo.training.checks import flat

MOST_BYTES = 1 << 28  # of an array that are hashed; of a larger one as many, evenly spaced
MOST_READ = 1 << 24  # of rows that are read from files: the same
_log = logging.getLogger(__name__)


class Changed(ValueError):
    """Data, a seed or a setting is not what the training began with."""


def digest_of(first, *sides):
    """A hash of the rows of arrays; None where the first is none. Others may be missing, or
    something that is not hashed, such as a dataset. A source of rows may have a `fingerprint()`.
    """
    if not (hasattr(first, "__array__") or hasattr(first, "fingerprint")):
        return None
    found = hashlib.blake2b(digest_size=16)
    for side in (first, *sides):
        if hasattr(side, "fingerprint"):
            found.update(str(side.fingerprint()).encode())
        else:
            for part in content(side if hasattr(side, "__array__") else None):
                found.update(part)
    return found.hexdigest()


def content(side):
    """The bytes of an array, or of rows that are read from files, that are hashed."""
    side = np.asarray(side) if np.ndim(side) == 0 else side
    most = MOST_BYTES if isinstance(side, np.ndarray) else MOST_READ
    every = max(1, -(-side.nbytes // most))
    yield f"{side.dtype} {side.shape} {every}".encode()
    if side.ndim:
        for start in range(0, len(side), BLOCK * every):
            yield np.ascontiguousarray(side[start : start + BLOCK * every : every]).tobytes()


def between(current, recorded):
    """What differs between two descriptions: name -> (as it was, as it is now).

    What only one of them knows is no change: a later version may describe more.
    """
    current, recorded = flat(current), flat(recorded)
    both = [name for name in recorded if name in current]
    return {n: (recorded[n], current[n]) for n in both if recorded[n] != current[n]}


def require_accepted(differences, accepted, source):
    """Refuses changes that nobody has accepted, and names the others in the log.

    Args:
        differences: as `between` gives.
        accepted: whether all are accepted, or the names of those that are.
        source: what was made before the changes.
    """
    for name, (before, now) in differences.items():
        if accepted is not True and name.partition(".")[0] not in (accepted or ()):
            raise Changed(
                f"`{name}` must be {before!r}, as where {source} was made. Received: {now!r}. "
                "`accept_changes` (--accept-changes) goes on with it; the result is then that of "
                "neither."
            )
        _log.warning("%s was made with `%s` %r; it goes on with %r.", source, name, before, now)
