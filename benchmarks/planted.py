"""What the models find in data whose answer is known, beside what they should find.

    python -m benchmarks.planted [--write] [--keyword mask]

Runs the tests of behaviour, slow ones included (about fifteen minutes on two cores), and
prints each figure they measure. `--write` puts the table into docs/results.md.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from benchmarks.results import RESULTS, markdown, put

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


def table(rows):
    """The figures as Markdown, in the order of the tests."""
    lines = [
        (what, f"{value:.4g}", required, held)
        for _, what, value, required, held in sorted(rows, key=lambda row: row[0])
    ]
    return markdown(("what", "measured", "required", "holds"), lines)


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
    print("\n".join(table(figures.rows)))
    if options.write:
        put(RESULTS, "planted", table(figures.rows))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
