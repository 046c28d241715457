"""Versions of default networks and optimizers, so that a run goes on with those it began with.

Models in `.keras` files hold their networks, optimizers and settings whole. A run that was
stopped holds settings and weights alone: its networks are made again, as of its version.
"""

import contextlib
import contextvars

CURRENT = 2  # of the defaults; 1 are those of 0.1.0
_version = contextvars.ContextVar("defaults", default=CURRENT)


@contextlib.contextmanager
def defaults(version):
    """Inside, models are made with the default networks and optimizers of a version."""
    if version not in range(1, CURRENT + 1):
        raise ValueError(f"`defaults` must be from 1 to {CURRENT}. Received: {version!r}.")
    before = _version.set(version)
    try:
        yield
    finally:
        _version.reset(before)


def version():
    """The version of the defaults that models are made with now."""
    return _version.get()
