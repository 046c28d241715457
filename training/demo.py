"""Trains, measures and exports one model on data that come with scikit-learn.

python -m zoo.training.demo --epochs 20
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

RECIPE = pathlib.Path(__file__).parent / "recipes" / "flex_ae.yaml"
COUNT = 64  # of samples in the picture


def main(argv=None):
    """Runs the demo; returns the exit code."""
    given = _parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    folder, times, before = unused(given.out), {}, time.perf_counter()

    def lap(step):
        nonlocal before
        times[step], before = time.perf_counter() - before, time.perf_counter()

    from zoo.training import run

    config = recipe(given.epochs)
    print(f"Training {config.model} on {config.data}: {config.epochs} epochs, {folder}")
    made = run.train(out=folder, verbose="brief", **config.as_arguments())
    lap("train")
    table = measured(made)
    lap("evaluate")
    version = exported(made)
    lap("export")
    code = checked(version)
    lap("check")
    print(f"\n{table}\n")
    print("\n".join(f"{step:10} {seconds:6.1f} s" for step, seconds in times.items()))
    names = ("samples.png", "reconstructions.png", "curves.png", "metrics.json", "model.keras")
    print("\n".join(["", *(str(made.path / name) for name in names), str(version)]))
    return code


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m zoo.training.demo",
        description="Trains FlexAE on small handwritten digits, measures it and exports it.",
        epilog="example: python -m zoo.training.demo --epochs 20",
    )
    parser.add_argument("--out", default="runs/demo", help="the run is OUT-1, or the next free")
    parser.add_argument("--epochs", type=positive, help="passes over the data")
    return parser


def recipe(epochs=None):
    """The config of the demo, of so many epochs."""
    from zoo.training.config import Config, read_yaml

    config = Config.from_dict(read_yaml(RECIPE))
    return config.replaced(epochs=epochs or config.epochs)


def positive(word):
    """A positive integer, as `argparse` takes it."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer. Received: {word}.")
    return int(word)


def unused(out):
    """`out` with the first number that no folder has."""
    number = 1
    while pathlib.Path(f"{out}-{number}").exists():
        number += 1
    return pathlib.Path(f"{out}-{number}")


def measured(made):
    """Writes metrics and pictures of a run; returns the metrics as text."""
    from zoo.training import evaluate
    from zoo.training.reporting.drawings import show_reconstructions, show_samples

    model, data = made.model(), made.data()
    found = evaluate.evaluate(model, data, path=made.path / "metrics.json")
    show_samples(model, made.path / "samples.png", data.test, COUNT)
    show_reconstructions(model, made.path / "reconstructions.png", data.test)
    return evaluate.as_table(found)


def exported(made):
    """Exports the model of a run; returns the folder of the version."""
    from zoo.export.saved_model import save

    return save(made.model(), made.path / "export")


def checked(version):
    """Runs every signature of an export in a process without the zoo; returns its exit code."""
    return subprocess.run([sys.executable, "-m", "zoo.export.check", str(version)]).returncode


if __name__ == "__main__":
    sys.exit(main())
