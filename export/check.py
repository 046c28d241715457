"""Runs every signature of an exported model without the zoo and without Keras.

python -m export.check served/vae
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

BARRED = ("zoo", "keras")
ROWS = 7
TOLERANCE = 1e-5  # relative to the largest value where that is above 1


def inputs(specs, rows, seed=0):
    """Values for the inputs of a signature; row i is the same whichever `rows` are asked.

    Args:
        specs: name -> dtype and shape, as in `Served.signatures`.
        rows: a range within the first `ROWS`.
        seed: of the signature's own draws.
    """
    drawn, found = np.random.default_rng(7), {}
    numbers = {"count": len(rows), "steps": 5, "seed": seed}
    for name, spec in specs.items():
        shape = [ROWS, *(n or 1 for n in spec["shape"][1:])]
        if not spec["shape"]:
            found[name] = np.array(numbers.get(name, 0), spec["dtype"])
            continue
        if name == "seed":
            value = seed + np.arange(ROWS)
        elif np.dtype(spec["dtype"]).kind != "f":
            value = np.zeros(shape)
        else:
            value = drawn.normal(size=shape) if name[0] == "z" else drawn.uniform(size=shape)
        found[name] = value.astype(spec["dtype"])[rows.start : rows.stop]
    return found


def distance(found, expected):
    """The largest difference of two arrays, relative where values are above 1."""
    if found.shape != expected.shape:
        return float("inf")
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    size = max(1.0, np.abs(expected).max(initial=0.0))
    return float(np.abs(found - expected).max(initial=0.0) / size)


def check(served):
    """One row for each signature of a `Served`: its name, what it takes and what is wrong."""
    rows = []
    for name, sides in served.signatures.items():
        try:
            problems = _problems(served, name, sides["inputs"])
        except Exception as error:  # whatever it is, the other signatures are still to be run
            problems = [f"{type(error).__name__}: {error}"]
        rows.append({"signature": name, **sides, "ok": not problems, "problems": problems})
    return rows


def _problems(served, name, specs):
    def run(rows, seed=0):
        found = served(name, **inputs(specs, rows, seed))
        return found if isinstance(found, dict) else {"": found}

    alone = range(1) if "count" in specs else range(4, 5)
    whole = run(range(ROWS))
    parts = [(rows, run(rows)) for rows in (range(3), alone)]
    problems = []
    if not all(np.isfinite(value).all() for value in whole.values()):
        problems.append("gives values that are not finite")
    for rows, part in [(range(ROWS), whole), *parts]:
        if any(len(value) != len(rows) for value in part.values()):
            problems.append(f"gives the wrong number of rows for a batch of {len(rows)}")
        elif any(distance(part[k], whole[k][rows.start : rows.stop]) > TOLERANCE for k in part):
            problems.append(f"rows {rows.start} to {rows.stop - 1} depend on the rest of the batch")
    if "seed" in specs:
        if any((value != whole[k]).any() for k, value in run(range(ROWS)).items()):
            problems.append("the same seed gives other values")
        if all((value == whole[k]).all() for k, value in run(range(ROWS), seed=1000).items()):
            problems.append("another seed gives the same values")
    return problems


def main(argv=None):
    """The command; returns its exit code."""
    chosen = _parser().parse_args(argv)
    if {*BARRED, "tensorflow"} & set(sys.modules):
        return _elsewhere(chosen)
    sys.modules.update(dict.fromkeys(BARRED))  # importing one of them now fails
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from export.load import load

    try:
        served = load(chosen.directory)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows = check(served)
    failed = sum(not row["ok"] for row in rows)
    counts = {"passed": len(rows) - failed, "failed": failed}
    if chosen.json:
        print(json.dumps({"folder": str(served.folder), **counts, "signatures": rows}, indent=2))
    else:
        print(table(rows))
        print(f"{counts['passed']} passed, {failed} failed")
    return int(failed > 0 or not rows)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m export.check",
        description="Runs every signature of an exported model without the zoo and Keras.",
        epilog="example: python -m export.check served/vae --json",
    )
    parser.add_argument("directory", help="a folder `export.save` wrote, or one version in it")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _elsewhere(chosen):
    """Runs the command in a process that has imported nothing yet."""
    root = str(pathlib.Path(__file__).resolve().parents[1])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "export.check", chosen.directory]
    command += ["--json"] if chosen.json else []
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}).returncode


def table(rows):
    """The rows of `check` as aligned text, and below it what is wrong."""
    cells = [("signature", "inputs", "outputs", "ok")]
    for row in rows:
        sides = [_words(row["inputs"]), _words(row["outputs"])]
        cells.append((row["signature"], *sides, "yes" if row["ok"] else "NO"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    wrong = [f"{row['signature']}: {problem}" for row in rows for problem in row["problems"]]
    return "\n".join([line.rstrip() for line in lines] + wrong)


def _words(specs):
    def size(n):
        return "?" if n is None else str(n)

    return " ".join(
        f"{name}:{spec['dtype']}[{','.join(map(size, spec['shape']))}]"
        for name, spec in specs.items()
    )


if __name__ == "__main__":
    sys.exit(main())
