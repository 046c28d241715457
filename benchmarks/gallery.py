"""One picture of each model, trained by its recipe: docs/gallery/<name>.png.

    python -m benchmarks.gallery [--names vae wgan_gp] [--data-dir DIR] [--write]

A recipe is the config `training/recipes/<name>.yaml`: the models are trained by `zoo train
--config`, each in a process of its own. A model that is trained already (in `--out`) is only
drawn again: interrupted, the command continues with the next. `--write` puts how long each
command took into docs/results.md, where it trained from the start to the end.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put_row

ROOT = pathlib.Path(__file__).parents[1]
RECIPES, GALLERY = ROOT / "training" / "recipes", ROOT / "docs" / "gallery"
PICTURES = {  # of models of which samples do not say most: functions of `drawings`
    "aae": "show_plane",
    "dim_reduction_aae": "show_plane",
    "supervised_aae": "show_styles",
    "semi_supervised_aae": "show_styles",
    "clustering_aae": "show_styles",
    "flex_ae_sr": "show_interpolations",
}
MOST = 600.0  # seconds of one recipe on two cores
HEAD = ("recipe", "data", "epochs", "batch", "steps", "seconds", "of 10 minutes")


def trained(name, out, data_dir):
    """The run of a recipe, and the seconds that its whole training took, or None."""
    from zoo.training import run

    folder = out / name
    if (folder / "model.keras").is_file():
        return run.Run.open(folder), None
    whole, start = not folder.exists(), time.perf_counter()
    command = [sys.executable, "-m", "zoo.training.cli", "train", "--out", str(folder)]
    command += ["--config", str(RECIPES / f"{name}.yaml")]
    command += ["--data-dir", data_dir] if data_dir else []
    out.mkdir(parents=True, exist_ok=True)
    with open(out / f"{name}.log", "a", encoding="utf-8") as log:
        subprocess.run(command, check=True, stdout=log, cwd=ROOT)
    return run.Run.open(folder), time.perf_counter() - start if whole else None


def cells(made, model, seconds):
    """What the table says of a training."""
    config, steps = made.config, int(model.steps.numpy())
    sizes = (config.data, config.epochs, config.batch_size or model.batch_size, steps)
    return [*map(str, sizes), f"{seconds:.0f}", f"{seconds / MOST:.2f}"]


def main(argv=None):
    from zoo.training.reporting import drawings

    names = sorted(path.stem for path in RECIPES.glob("*.yaml"))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gallery", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--out", default="runs/gallery", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="put each time into docs/results.md")
    options = parser.parse_args(argv)
    for name in options.names:
        made, seconds = trained(name, options.out.absolute(), options.data_dir)
        model = made.model()
        draw = getattr(drawings, PICTURES.get(made.config.model, "show"))
        draw(model, GALLERY / f"{name}.png", made.data())
        took = "trained before" if seconds is None else f"{seconds:.0f} s"
        print(f"{name}: {took}, {GALLERY / name}.png", flush=True)
        if options.write and seconds is not None:
            put_row(RESULTS, "recipes", HEAD, [name, *cells(made, model, seconds)], names)


if __name__ == "__main__":
    main()
