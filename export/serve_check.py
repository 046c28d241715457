"""Tries everything that a client can do to an exported model, and prints a table.

    python -m zoo.export.serve_check served/vae

The process imports TensorFlow alone. Each line is one promise of the served contract;
the exit code is 0 where all are kept.
"""

import argparse
import json
import sys

from zoo.export import apart
from zoo.export.check import aligned


def audit(directory, seconds=10.0, only=None):
    """One row for each promise: its number, what it says, whether it is kept, the figures.

    Args:
        directory: what `export.save` was given, or one version folder in it.
        seconds: that many clients ask at once.
        only: numbers of promises; None is all.
    """
    from zoo.export.load import load
    from zoo.export.probes import PROBES

    served, rows = load(directory), []
    for number, probe in PROBES.items():
        if only and number not in only:
            continue
        try:
            problems, figures = probe(served, *([seconds] if number == "F55" else []))
        except Exception as error:  # the other promises are still to be tried
            problems, figures = [f"{type(error).__name__}: {error}"[:500]], ""
        apart.told()
        promise = probe.__doc__.partition("\n")[0]
        rows.append(
            {"number": number, "promise": promise, "figures": figures, "problems": problems}
        )
    return rows


def main(argv=None, advance=None):
    """The command; returns its exit code. `advance`: called with 1 after each promise."""
    parser = argparse.ArgumentParser(
        prog="python -m zoo.export.serve_check",
        description="Tries everything that a client can do to an exported model.",
        epilog="example: python -m zoo.export.serve_check served/vae --seconds 60",
    )
    parser.add_argument("directory", help="a folder `export.save` wrote, or one version in it")
    parser.add_argument("--seconds", type=float, default=10.0, help="of many clients at once")
    parser.add_argument("--only", nargs="+", help="numbers of promises, such as F50")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args(argv)
    if not apart.is_fresh():
        words = [chosen.directory, "--seconds", str(chosen.seconds), *["--json"] * chosen.json]
        words += ["--only", *chosen.only] if chosen.only else []
        done = apart.run("zoo.export.serve_check", *words, advance=advance)
        print(done.stdout, end="")
        print(done.stderr, end="", file=sys.stderr)
        return done.returncode
    apart.bar()
    try:
        rows = audit(chosen.directory, chosen.seconds, chosen.only)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(rows, indent=2) if chosen.json else table(rows))
    return int(any(row["problems"] for row in rows) or not rows)


def table(rows):
    """The rows of `audit` as aligned text, and below it what is wrong."""
    cells = [("", "promise", "kept", "measured")]
    for row in rows:
        kept = "NO" if row["problems"] else "yes"
        cells.append((row["number"], row["promise"], kept, row["figures"]))
    wrong = [f"{row['number']}: {problem}" for row in rows for problem in row["problems"][:20]]
    return "\n".join([aligned(cells), *wrong])


if __name__ == "__main__":
    sys.exit(main())
