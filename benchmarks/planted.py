"""What the models find in data whose answer is known, beside what they should find.

    python -m benchmarks.planted [--write] [--keyword mask]

Runs the tests of behaviour, slow ones included (about fifteen minutes on two cores), and
prints each figure they measure. `--write` puts the table into docs/results.md; with `--keyword`
the rows of other tests stay there, and new ones follow them.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from benchmarks.results import RESULTS, markdown, put, rows_of

TESTS = pathlib.Path(__file__).parents[1] / "tests" / "behaviour"


class Figures:
    """A pytest plugin that keeps the figures of tests, from every worker."""

    def __init__(self):
        self.rows = []

    def pytest_runtest_logreport(self, report):
        """Keeps what one test measured."""
        if report.when == "call":
            found = [value for name, value in report.user_properties if name == "figure"]
            passed = "yes" if report.passed else "**no**"
            self.rows += [(report.nodeid, *figure, passed) for figure in found]


def cells(figures):
    """The figures as words, in the order of the tests."""
    return [
        (what, f"{value:.4g}", required, holds)
        for _, what, value, required, holds in sorted(figures, key=lambda row: row[0])
    ]


def table(rows, others=()):
    """Figures as Markdown: those of `others` in their place, but where `rows` have them anew."""
    lines = {row[0]: row for row in others} | {row[0]: row for row in rows}
    return markdown(("what", "measured", "required", "holds"), lines.values())


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.planted", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--keyword", default="", help="only tests of this name (pytest's -k)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    figures = Figures()
    chosen = ["-q", "-m", "slow or not slow", "-k", options.keyword]
    chosen += ["-n", str(options.workers)]
    failed = pytest.main([str(TESTS), *chosen], plugins=[figures])
    rows = cells(figures.rows)
    print("\n".join(table(rows)))
    if options.write:
        others = rows_of(RESULTS, "planted").values() if options.keyword else ()
        put(RESULTS, "planted", table(rows, others))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
