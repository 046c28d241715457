"""Every model of the catalogue and every preset as it is served: its size, its promises.

    python -m benchmarks.artefacts --seconds 10 --write

Models are made for images of 28 x 28 x 1 (vectors of 32 and sequences of 8 such images
where they take no image), with their default networks, and exported as `zoo export` does,
check included; AnoGAN's search of codes has 20 steps, not 500, in the same graph. A version
may have 1.3 times the bytes of its weights and 400,000. With `--seconds`, `zoo serve-check`
tries F50 to F57, with many clients for so long.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put_row
from zoo.export import apart, manifest
from zoo.export.load import find

PRESETS = pathlib.Path(__file__).parents[1] / "saved_models"
SLACK, OVERHEAD = 1.3, 400_000
HEAD = ("version", "weights, kB", "all files, kB", "of what is allowed", "F50 to F57")
HEAD += ("p99 / p50", "first / later call")


def made(name):
    """A model of the catalogue on its default networks, with its law of codes."""
    import numpy as np

    import zoo
    from benchmarks.bare import CLASSES, LATENT, SHAPES

    cls = zoo.model_class(name)
    more = {"num_classes": CLASSES} if "labels" in cls.targets else {}
    more |= {"horizon": 2} if "forecast" in cls.verbs else {}  # untrained, it soon leaves floats
    more |= {"search_steps": 20} if name == "anogan" else {}  # the same graph, 25 times as quick
    model = zoo.create(name, SHAPES[max(cls.data_ranks)], LATENT, seed=0, **more)
    if hasattr(getattr(model, "prior", None), "fit"):
        model.compile()
        model.fit_sampler(np.random.default_rng(0).random((128, *model.data_shape), np.float32))
    return model


def row(what, folder, seconds):
    """The cells of a version, and whether it keeps what is promised."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    weights = manifest.read(folder)["weight_bytes"]
    share = size / (SLACK * weights + OVERHEAD)
    kept, times = served(folder, seconds) if seconds else ("", ["", ""])
    cells = [what, f"{weights / 1e3:.0f}", f"{size / 1e3:.0f}", f"{share:.2f}", kept, *times]
    print(" | ".join(cells), flush=True)
    return cells, share <= 1.0 and kept in ("", "kept")


def served(folder, seconds):
    """Which promises a version breaks, and the two figures of many clients at once."""
    done = apart.run("zoo.export.serve_check", str(folder), "--seconds", str(seconds), "--json")
    rows = {each["number"]: each for each in json.loads(done.stdout)}
    broken = [number for number, each in rows.items() if each["problems"]]
    for number in broken:
        print(number, *rows[number]["problems"][:3], sep="\n  ", file=sys.stderr)
    times = re.findall(r"(\d+\.\d+)", rows["F55"]["figures"]) or ["", ""]
    return f"**not {', '.join(broken)}**" if broken else "kept", times


def exported(name, seconds):
    """The cells of a model of the catalogue."""
    from zoo import export

    with tempfile.TemporaryDirectory() as folder:
        try:
            version = export.save(made(name), folder)
        except ValueError as error:
            print(name, error, sep="\n  ", file=sys.stderr)
            return [name, "", "", "", "**not exported**", "", ""], False
        return row(name, version, seconds)


def presets():
    """Name -> the version that a server takes, of each preset that is served."""
    folders = sorted(path.parent for path in PRESETS.glob("*/1"))
    return {f"preset {folder.name}": find(folder) for folder in folders}


def main(argv=None):
    from zoo import catalogue

    ready = presets()
    names = [*(entry.name for entry in catalogue.ENTRIES), *ready]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.artefacts", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--write", action="store_true", help="put each row into docs/results.md")
    parser.add_argument("--seconds", type=float, default=0.0, help="that many clients ask")
    options = parser.parse_args(argv)
    bad = 0
    for name in options.names:
        if name in ready:
            cells, good = row(name, ready[name], options.seconds)
        else:
            cells, good = exported(name, options.seconds)
        bad += not good
        if options.write:
            put_row(RESULTS, "serving size", HEAD, cells, names)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
