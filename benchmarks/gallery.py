"""One picture of each model, trained by its recipe: docs/gallery/<name>.png.

    python -m benchmarks.gallery [--names vae wgan_gp] [--data-dir DIR]

A recipe is the config `training/recipes/<name>.yaml`, which `zoo train --config` takes as
well. A model that is trained already (in `--out`) is only drawn again: interrupted, the
command continues with the next.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[1]
RECIPES, GALLERY = ROOT / "training" / "recipes", ROOT / "docs" / "gallery"


def trained(name, out, data_dir):
    """The run of a recipe, trained where it is not yet."""
    from training import run
    from training.config import Config, read_yaml

    folder = out / name
    if not (folder / "model.keras").is_file():
        fields = Config.from_dict(read_yaml(RECIPES / f"{name}.yaml")).as_arguments()
        fields["data_dir"] = fields["data_dir"] or data_dir
        run.train(out=folder, verbose="brief", **fields)
    return run.Run.open(folder)


def picture(name, out, data_dir):
    """Draws the model of a recipe."""
    from training import draws

    made = trained(name, out, data_dir)
    draws.show(made.model(), GALLERY / f"{name}.png", made.data(), seed=0)


def main(argv=None):
    names = sorted(path.stem for path in RECIPES.glob("*.yaml"))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gallery", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--out", default="runs/gallery", type=pathlib.Path)
    options = parser.parse_args(argv)
    for name in options.names:
        start = time.perf_counter()
        picture(name, options.out, options.data_dir)
        print(f"{name}: {time.perf_counter() - start:.0f} s, {GALLERY / name}.png", flush=True)


if __name__ == "__main__":
    main()
