"""How far long work has come: bars of the command on a terminal, nothing elsewhere.

    with progress.shown():
        for batch in progress.track(batches, "drawing samples"):
            ...

Imports no TensorFlow.
"""

import contextlib
import contextvars
import sys
from typing import Any

_display: contextvars.ContextVar[Any] = contextvars.ContextVar("display", default=None)


@contextlib.contextmanager
def shown(is_wanted=True):
    """Within, work that is tracked shows bars with the time that is left, where the standard
    error is a terminal."""
    if not (is_wanted and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left()
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        token = _display.set(display)
        try:
            yield
        finally:
            _display.reset(token)


def track(sequence, description, total=None):
    """The entries of a sequence, one after another; each that is done moves the bar."""
    total = len(sequence) if total is None else total
    with task(description, total) as advance:
        for entry in sequence:
            yield entry
            advance(1)


@contextlib.contextmanager
def task(description, total=None):
    """Gives a function of the steps done since it was called; `total`: of all, where known."""
    display = _display.get()
    if display is None:
        yield lambda steps=1: None
        return
    number = display.add_task(description, total=total)
    try:
        yield lambda steps=1: display.advance(number, steps)
    finally:
        display.remove_task(number)
