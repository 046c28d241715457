"""How large an exported model is beside its weights, for the whole catalogue and every preset.

    python -m benchmarks.artefacts --write

Models are made for images of 28 x 28 x 1 (vectors of 32 and sequences of 8 such images
where they take no image), with their default networks, and exported as `zoo export` does,
check included. A version may have 1.3 times the bytes of its weights and 400,000.
"""

import argparse
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put
from export import manifest
from export.load import find

PRESETS = pathlib.Path(__file__).parents[1] / "saved_models"
SLACK, OVERHEAD = 1.3, 400_000
HEAD = "| version | weights, kB | all files, kB | of what is allowed |", "|---|---|---|---|"


def made(name):
    """A model of the catalogue on its default networks, with its law of codes."""
    import numpy as np

    import zoo
    from benchmarks.bare import CLASSES, LATENT, SHAPES

    cls = zoo.model_class(name)
    labels = {"num_classes": CLASSES} if "labels" in cls.targets else {}
    model = zoo.create(name, SHAPES[max(cls.data_ranks)], LATENT, seed=0, **labels)
    if hasattr(getattr(model, "prior", None), "fit"):
        model.compile()
        model.fit_sampler(np.random.default_rng(0).random((128, *model.data_shape), np.float32))
    return model


def row(what, folder):
    """The line of a version, and what share of the allowed bytes it takes."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    weights = manifest.read(folder)["weight_bytes"]
    share = size / (SLACK * weights + OVERHEAD)
    return f"| {what} | {weights / 1e3:.0f} | {size / 1e3:.0f} | {share:.2f} |", share


def exported(name):
    """The line of a model of the catalogue."""
    import export

    with tempfile.TemporaryDirectory() as folder:
        return row(name, export.save(made(name), folder))


def presets():
    """Name -> the version that a server takes, of each preset that is served."""
    folders = sorted(path.parent for path in PRESETS.glob("*/1"))
    return {f"preset {folder.name}": find(folder) for folder in folders}


def main(argv=None):
    from training.settings import catalogue

    names = [entry.name for entry in catalogue().ENTRIES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.artefacts", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    found = []
    for name in options.names:
        found.append(exported(name))
        print(found[-1][0], flush=True)
    found += [row(what, folder) for what, folder in presets().items()]
    if options.write:
        put(RESULTS, "serving size", [*HEAD, *(line for line, _ in found)])
    worst = max(share for _, share in found)
    print(f"{len(found)} versions; the largest share of what is allowed is {worst:.2f}")
    return int(worst > 1.0)


if __name__ == "__main__":
    sys.exit(main())
