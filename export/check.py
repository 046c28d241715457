"""Runs every signature of an exported model without the zoo and without Keras.

python -m zoo.export.check served/vae
"""

import argparse
import json
import sys

import numpy as np

from zoo.export import apart, manifest

ROWS = 7
TOLERANCE = 1e-5  # relative to the largest value where that is above 1
ROUNDING = 1e-4  # of a row among more or fewer others: deep networks round so, and no seed is given
SHOWN = 32  # values of an output that a version tells


def inputs(specs, rows, seed=0):
    """Values for the inputs of a signature; row i is the same whichever `rows` are asked.

    Args:
        specs: name -> dtype, shape and range, as in `Served.signatures`.
        rows: a range within the first `ROWS`.
        seed: of the signature's own draws.
    """
    drawn, found = np.random.default_rng(7), {}
    numbers = {"count": len(rows), "steps": 5, "seed": seed}
    for name, spec in specs.items():
        has_rows = spec["shape"][:1] == [None]
        shape = [ROWS if n is None else n for n in spec["shape"]]
        if name in numbers and not shape:
            value = np.array(numbers[name])
        elif name == "seed":
            value = seed + np.arange(ROWS)
        else:
            value = _drawn(drawn, spec, shape)
        found[name] = (value[rows.start : rows.stop] if has_rows else value).astype(spec["dtype"])
    return found


def _drawn(drawn, spec, shape):
    """An array of a shape within the range of an input."""
    low, high = spec.get("from"), spec.get("to")
    if np.dtype(spec["dtype"]).kind in "iu":
        return drawn.integers(max(low or 0, 0), (high or 0) + 1, shape)
    if (low, high) == (0, 1):
        return drawn.uniform(size=shape)
    return np.clip(drawn.normal(size=shape), low, high)


def distance(found, expected):
    """The largest difference of two arrays, relative where values are above 1.

    PNG files are compared by their pixels, of which one level more or less is nothing.
    """
    if found.shape != expected.shape:
        return float("inf")
    if found.dtype == object:
        apart_by = [distance(pixels(a), pixels(b)) for a, b in zip(found, expected, strict=True)]
        return max(0.0, *apart_by) if max(apart_by, default=0.0) > 1.01 / 255 else 0.0
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    size = max(1.0, np.abs(expected).max(initial=0.0))
    return float(np.abs(found - expected).max(initial=0.0) / size)


def pixels(png):
    """A PNG file as an array with values in [0, 1]."""
    import tensorflow as tf

    return tf.io.decode_png(png).numpy() / np.float32(255)


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
    allowed = TOLERANCE if "seed" in specs else ROUNDING
    whole = run(range(ROWS))
    parts = [(rows, run(rows)) for rows in (range(3), alone)]
    problems = []
    if not all(np.isfinite(v).all() for v in whole.values() if v.dtype.kind == "f"):
        problems.append("gives values that are not finite")
    for rows, part in [(range(ROWS), whole), *parts]:
        if any(len(value) != len(rows) for value in part.values()):
            problems.append(f"gives the wrong number of rows for a batch of {len(rows)}")
        elif any(distance(part[k], whole[k][rows.start : rows.stop]) > allowed for k in part):
            problems.append(f"rows {rows.start} to {rows.stop - 1} depend on the rest of the batch")
    if "seed" in specs:
        if any((value != whole[k]).any() for k, value in run(range(ROWS)).items()):
            problems.append("the same seed gives other values")
        if all((value == whole[k]).all() for k, value in run(range(ROWS), seed=1000).items()):
            problems.append("another seed gives the same values")
    return problems


def keep(path, asked, allowed):
    """Writes what a model gave, for `compare`.

    Args:
        asked: signature -> inputs and outputs, each name -> array.
        allowed: signature -> how far from it an output may be.
    """
    arrays = {"allowed": np.array(json.dumps(allowed))}
    for signature, (given, found) in asked.items():
        arrays |= {f"{signature}/in/{name}": value for name, value in given.items()}
        numbers = {name: value for name, value in found.items() if value.dtype != object}
        arrays |= {f"{signature}/out/{name}": value for name, value in numbers.items()}
    np.savez(path, allow_pickle=True, **arrays)


def compare(served, path):
    """What differs between a `Served` and the file that `keep` wrote, one line each."""
    held, problems = np.load(path), []
    for signature, most in json.loads(str(held["allowed"])).items():
        given, expected = (
            {key.rpartition("/")[2]: held[key] for key in held if key.startswith(start)}
            for start in (f"{signature}/in/", f"{signature}/out/")
        )
        found = as_dict(served, signature, served(signature, **given))
        for name, value in expected.items():
            apart_by = distance(found[name], value)
            if not apart_by <= most:  # also where it is not a number
                problems.append(
                    f"`{name}` of {signature!r} must be within {most} of what the model gives. "
                    f"Received: {apart_by}"
                )
    return problems


def as_dict(served, signature, found):
    """What a signature gave, by name also where it is one array."""
    return found if isinstance(found, dict) else dict.fromkeys(served.outputs(signature), found)


def thinned(asked):
    """A few values of every output, for a version to tell what the model gave."""
    return {
        signature: {
            name: {"shape": list(value.shape), "values": few(value)}
            for name, value in found.items()
            if value.dtype != object
        }
        for signature, (_, found) in asked.items()
    }


def few(value):
    """At most `SHOWN` values of an array, evenly spaced."""
    flat = np.asarray(value, np.float64).ravel()
    return [float(f"{entry:.9g}") for entry in flat[:: -(-flat.size // SHOWN) or 1]]


def main(argv=None):
    """The command; returns its exit code."""
    chosen = _parser().parse_args(argv)
    if not apart.is_fresh():
        options = ["--json"] * chosen.json + ["--against", chosen.against] * bool(chosen.against)
        done = apart.run("zoo.export.check", chosen.directory, *options)
        print(done.stdout, end="")
        print(done.stderr, end="", file=sys.stderr)
        return done.returncode
    apart.bar()
    from zoo.export.load import load

    try:
        served = load(chosen.directory)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows, wrong = check(served), manifest.problems(served.folder)
    wrong += [f"{row['signature']} {problem}" for row in rows for problem in row["problems"]]
    wrong += compare(served, chosen.against) if chosen.against else []
    failed = sum(not row["ok"] for row in rows)
    counts = {"passed": len(rows) - failed, "failed": failed, "problems": wrong}
    if chosen.json:
        print(json.dumps({"folder": str(served.folder), **counts, "signatures": rows}, indent=2))
    else:
        print("\n".join([table(rows), *wrong, f"{counts['passed']} passed, {failed} failed"]))
    return int(bool(wrong) or not rows)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m zoo.export.check",
        description="Runs every signature of an exported model without the zoo and Keras.",
        epilog="example: python -m zoo.export.check served/vae --json",
    )
    parser.add_argument("directory", help="a folder `export.save` wrote, or one version in it")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--against", help="file of inputs and outputs, as `keep` writes")
    return parser


def table(rows):
    """The rows of `check` as aligned text."""
    cells: list[tuple[str, ...]] = [("signature", "inputs", "outputs", "ok")]
    for row in rows:
        sides = [_words(row["inputs"]), _words(row["outputs"])]
        cells.append((row["signature"], *sides, "yes" if row["ok"] else "NO"))
    return aligned(cells)


def aligned(cells):
    """Rows of strings as aligned lines."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _words(specs):
    def size(n):
        return "?" if n is None else str(n)

    return " ".join(
        f"{name}:{spec['dtype']}[{','.join(map(size, spec['shape']))}]"
        for name, spec in specs.items()
    )


if __name__ == "__main__":
    sys.exit(main())
