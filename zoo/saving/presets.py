"""Trained models that come with the zoo: `saved_models/<name>/`, each with its card.

Imports no TensorFlow before `load_preset`.
"""

import difflib
import logging
import os
import pathlib

from zoo.saving.stored import read_json

_log = logging.getLogger(__name__)
PACKAGE = pathlib.Path(__file__).resolve().parents[1]
INSTALLED = PACKAGE / "saved_models"  # of a wheel: the classifiers of measures and one preset
ROOT = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent / "saved_models"


def root():
    """Where presets lie: ZOO_PRESETS, else `saved_models` of a checkout or of the package."""
    return pathlib.Path(os.environ.get("ZOO_PRESETS") or ROOT)


def cards():
    """Preset -> its card, as data; those that cannot be read are left out, with a warning."""
    readable, damaged = readable_cards()
    for name, reason in damaged.items():
        _log.warning("The preset %r is left out: %s", name, reason)
    return readable


def readable_cards():
    """Preset -> its card, as data; and name -> what is wrong with a card that cannot be read."""
    readable, damaged = {}, {}
    for path in sorted(root().glob("*/card.json")):
        name = path.parent.name
        try:
            card = read_json(path)
            if "model" in card:  # those of classifiers are no presets
                readable[name] = checked(card, path)
        except ValueError as error:
            damaged[name] = str(error)
    return readable, damaged


def checked(card, path):
    """A card that has what a preset needs; refuses others."""
    kinds = {"class": str, "config": dict, "parameters": int, "files": dict}
    wrong = [key for key, kind in kinds.items() if not isinstance(card.get(key), kind)]
    if not wrong and not isinstance(card["config"].get("data"), str):
        wrong = ["config.data"]
    if not wrong and not isinstance(card["files"].get("model.keras"), str):
        wrong = ["files.model.keras"]
    if wrong:
        raise ValueError(f"{path} must have the entry {wrong[0]!r} of a card; it has not.")
    return card


def list_presets() -> list[str]:
    """Names that `load_preset` takes."""
    return list(cards())


def of_model(name, data_shape=None, latent_dim=None):
    """Presets of a model of the catalogue, of these sizes where they are given."""
    found = []
    for preset, card in cards().items():
        same = data_shape is None or card.get("data_shape") == list(data_shape)
        sizes = (None, card["config"].get("latent_dim"))
        if card["model"] == name and same and latent_dim in sizes:
            found.append(preset)
    return found


def load_preset(name):
    """A trained model that comes with the zoo.

    Args:
        name: of `list_presets()`, such as "flex_ae_digits".

    Raises:
        ValueError: for an unknown name, or a file that is not the one of its card.
    """
    known = cards()
    if name not in known:
        raise ValueError(unknown("name", "a preset", name, known))
    return load_folder(root() / name)


def load_folder(folder):
    """The model of a folder that holds `card.json` and `model.keras`, which the card names."""
    from zoo.saving.loading import load

    folder = pathlib.Path(folder)
    card = checked(read_json(folder / "card.json"), folder / "card.json")
    return load(folder / "model.keras", sha256=card["files"]["model.keras"])


def unknown(argument, wanted, name, known):
    """The error of a name that is none of `known`."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4) or sorted(known)
    nearest = f"Nearest: {', '.join(near)}."
    none = f"None lie in {str(root())!r}: most come with a checkout."
    return f"`{argument}` must be {wanted}. Received: {name!r}. {nearest if known else none}"
