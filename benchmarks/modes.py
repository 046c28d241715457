"""Which modes of training are proven for which model: docs/modes.md.

    python -m benchmarks.modes --write

Runs the conformance tests of replicas, XLA, half precision and slices over every model (about
half an hour on two cores), and writes what passed, with the largest difference that each
found. Exceptions and their reasons are those of tests/descriptors.py.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from benchmarks.results import RESULTS, markdown, put

TESTS = pathlib.Path(__file__).parents[1] / "tests"
MODES = RESULTS.parent / "modes.md"
COLUMNS = ("two replicas", "XLA", "static graph", "bfloat16", "float16", "slices")


class Proofs:
    """A pytest plugin that keeps what tests prove, from every worker."""

    def __init__(self):
        self.found = {}

    def pytest_runtest_logreport(self, report):
        """Keeps what one test proved."""
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == "mode":
                    model, mode, gap = value
                    self.found[model, mode] = "yes" if gap is None else f"{gap:.0e}"


def table(rows, coupled, found):
    """What was proven as Markdown: a row for each model; "no" where a test did not pass."""
    exceptions = {
        name: {mode: f"at most {limit:g}, for {why}" for mode, (limit, why) in row.looser.items()}
        | ({"slices": f"not the same, for {coupled[name]}"} if name in coupled else {})
        for name, row in rows.items()
    }
    lines = []
    for name in rows:
        cells = [found.get((name, mode), "**no**") for mode in COLUMNS]
        marks = ["*" if mode in exceptions.get(name, ()) else "" for mode in COLUMNS]
        lines.append([name, *map("".join, zip(cells, marks, strict=True))])
    told = [
        f"- `{name}`, {mode}: {words}."
        for name, own in exceptions.items()
        for mode, words in own.items()
    ]
    return [*markdown(("model", *COLUMNS), lines), "", "Exceptions (*):", "", *told]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.modes", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/modes.md")
    options = parser.parse_args(argv)
    proofs, tests = Proofs(), ("test_compiles.py", "test_modes.py", "test_replicas.py")
    chosen = [str(TESTS / "conformance" / test) for test in tests]
    shared = ["-n", str(options.workers), "-m", "slow or not slow"]
    failed = pytest.main(["-q", *shared, *chosen], plugins=[proofs])
    sys.path.insert(0, str(TESTS))
    import descriptors

    lines = table(descriptors.ROWS, descriptors.COUPLED, proofs.found)
    print("\n".join(lines))
    if options.write:
        put(MODES, "modes", lines)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
