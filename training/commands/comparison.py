"""Measures of several runs side by side, whether they differ, and pictures, on one page."""

import dataclasses
import math
import pathlib
from typing import Any

from zoo.training.files import table, write_text
from zoo.training.reporting import report

PAGE = pathlib.Path(__file__).with_name("comparison.html")
LEVEL = 2.576  # standard errors: of equal models one difference in a hundred is larger


@dataclasses.dataclass
class Compared:
    """One of the runs: its name in the table, its `Run`, metrics and pictures."""

    name: str
    run: object
    metrics: dict
    figures: list


def write(runs, path, count=1000, seed=0):
    """Compares runs; returns the table as text and the path of the page.

    Args:
        runs: two `Run` or more; the others are compared with the first.
        path: of the HTML file.
        count, seed: of the samples of runs that `zoo evaluate` has not measured.
    """
    import jinja2

    names = [name_of(run, runs) for run in runs]
    compared = [measured(run, name, count, seed) for run, name in zip(runs, names, strict=True)]
    rows = rows_of(compared)
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    configs = [(run.path / "config.yaml").read_text(encoding="utf-8") for run in runs]
    text = page.from_string(PAGE.read_text(encoding="utf-8")).render(
        title=f"Comparison of {', '.join(names)}",
        names=names,
        rows=rows,
        compared=compared,
        configs=list(zip(names, configs, strict=True)),
    )
    write_text(pathlib.Path(path), text)
    cells = [(row["name"], *(f"{c['words']}{c['verdict']}" for c in row["cells"])) for row in rows]
    return table([("measure", *names), *cells]), path


def name_of(run, runs):
    """The name of a run: that of its folder, or its path where another folder has the same."""
    same = [other for other in runs if other.path.name == run.path.name]
    return str(run.path) if len(same) > 1 else run.path.name


def measured(run, name, count, seed):
    """One of the runs with its metrics, which are measured where `zoo evaluate` has not."""
    from zoo.training.commands.samples import data_or_none
    from zoo.training.evaluate import evaluate
    from zoo.training.measures import Subject

    metrics, model = run.metrics(), run.model()
    data: Any = run.data() if not metrics else data_or_none(run)
    if not metrics:
        metrics = evaluate(model, data, count, seed, run.metrics_file())
    if data is None:
        return Compared(name, run, metrics, [])
    subject = Subject(model, data, count, seed)
    pictures = [report.samples(subject), report.reconstructions(subject)]
    return Compared(name, run, metrics, [figure for figure in pictures if figure is not None])


def rows_of(compared):
    """A row of each measure that any run has: its name, meaning and a cell of each run."""
    first, *others = compared
    names = list(dict.fromkeys(name for each in compared for name in each.metrics))
    return [
        {
            "name": name,
            "meaning": next(e.metrics[name]["meaning"] for e in compared if name in e.metrics),
            "cells": [
                {"words": words(first.metrics.get(name)), "verdict": ""},
                *(cell(first, other, name) for other in others),
            ],
        }
        for name in names
    ]


def words(entry):
    """A value and its standard error."""
    if entry is None:
        return "-"
    error = entry["standard_error"]
    return f"{entry['value']:.4g}" + ("" if error is None else f" ± {error:.2g}")


def cell(first, other, name):
    """The value of a measure of a run, and whether it differs from that of the first."""
    entry, reference = other.metrics.get(name), first.metrics.get(name)
    if entry is None or reference is None:
        return {"words": words(entry), "verdict": ""}
    return {"words": words(entry), "verdict": f" ({verdict(first, other, name)})"}


def verdict(first, other, name):
    """Whether two values of a measure differ by more than their errors explain, or why that
    cannot be said."""
    entries = first.metrics[name], other.metrics[name]
    digests = [each.run.provenance().get("data", {}).get("digest") for each in (first, other)]
    if digests[0] != digests[1]:
        return "other data"
    if any(entries[0].get(key) != entries[1].get(key) for key in ("extractor", "meaning")):
        return "other measure"
    if name.startswith("test_") and first.run.config.model != other.run.config.model:
        return "other loss"  # of another formula
    errors = [entry["standard_error"] for entry in entries]
    if None in errors:
        return "no error known"
    difference = abs(entries[0]["value"] - entries[1]["value"])
    return "differs" if difference > LEVEL * math.hypot(*errors) else "same within errors"
