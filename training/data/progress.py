"""Progress of long work on data, on stderr: a bar on a terminal, else a line at the end."""

import contextlib
import sys
import time

LONG = 1000  # things, fewer of which are gone through without a word
SLOW = 5.0  # seconds, fewer of which are not told of where there is no terminal


@contextlib.contextmanager
def bar(words, total, unit):
    """Gives a function that is called with how many things more are done.

    Args:
        words: what is done, such as "Decoding".
        total: how many things there are.
        unit: what they are, such as "images".
    """
    if total < LONG:
        yield lambda count: None
        return
    began, done = time.perf_counter(), 0

    def advance(count):
        nonlocal done
        done += count

    if sys.stderr.isatty():
        with terminal(f"{words} {total:,} {unit}", total) as advance_bar:
            yield advance_bar
        return
    yield advance
    seconds = time.perf_counter() - began
    if seconds > SLOW:
        tell(f"{words} {done:,} {unit}: {seconds:.1f} s, {done / seconds:,.0f} a second")


@contextlib.contextmanager
def terminal(words, total):
    """A bar with the time that is left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task(words, total=total)
        yield lambda count: shown.advance(task, count)


def tell(words):
    """Writes a line to stderr."""
    print(words, file=sys.stderr, flush=True)


def size_words(count):
    """A number of bytes in words."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
