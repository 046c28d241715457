"""Trains the presets by their recipes, measures them and exports them to saved_models/.

    python -m benchmarks.presets [--names flex_ae_digits] [--data-dir DIR]

A preset is named after its model and its data; its recipe is `training/recipes/<model>.yaml`
on digits, else `<model>_<data>.yaml`. What is trained already (in `--out`) is not trained
again, and a preset that is there is left alone unless `--again` is given; `--served` trains
none, and writes the versions for servers once more, from the models that are there.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.gallery import RECIPES, ROOT, trained

FOUNDATION = ("autoencoder", "vae", "beta_vae", "nsgan", "wgan_gp", "wae_mmd", "wae_gan")
FOUNDATION += ("mask_aae", "flex_ae", "rae")
ON_MNIST = ("vae", "wgan_gp", "mask_aae", "flex_ae")
NAMES = [f"{name}_digits" for name in FOUNDATION] + [f"{name}_mnist" for name in ON_MNIST]


def recipe(name):
    """The name of the recipe of a preset."""
    plain = name.removesuffix("_digits")
    if not (RECIPES / f"{plain}.yaml").is_file():
        raise ValueError(f"{RECIPES / plain}.yaml must exist for the preset {name!r}.")
    return plain


def serve_again(folder):
    """Replaces the version in the folder of a preset by one exported now, checked as any."""
    import zoo
    from zoo.export.saved_model import save

    about = {"config": json.loads((folder / "card.json").read_text())["config"]}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as apart:
        version = save(zoo.load_preset(folder.name), apart, metadata=about)
        shutil.rmtree(folder / version.name)
        os.replace(version, folder / version.name)


def register():
    """Writes the hashes of every preset's files into the package, by which they are fetched."""
    from zoo.saving import exchange, presets
    from zoo.saving.stored import digest
    from zoo.training.files import write_text

    found = {
        name: {file: digest(presets.root() / name / file) for file in exchange.FILES}
        for name in presets.list_presets()
    }
    write_text(exchange.REGISTRY, json.dumps(found, indent=2) + "\n")


def main(argv=None):
    from zoo.training import cli

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.presets", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=NAMES, choices=NAMES, metavar="NAME")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--out", default="runs/gallery", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="export what is exported already")
    parser.add_argument("--served", action="store_true", help="write their versions again")
    options = parser.parse_args(argv)
    failed = 0
    for name in options.names:
        folder = ROOT / "saved_models" / name
        if options.served:
            serve_again(folder)
        elif options.again or not (folder / "CARD.md").is_file():
            made, _ = trained(recipe(name), options.out.absolute(), options.data_dir)
            words = str(made.path), "--to", str(folder)
            failed += cli.main(["evaluate", words[0]]) or cli.main(["export", *words])
        print(folder, flush=True)
    register()
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
