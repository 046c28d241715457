"""Trained models that come with the zoo: `saved_models/<name>/`, each with its card.

Imports no TensorFlow before `load_preset`.
"""

import difflib
import json
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2] / "saved_models"


def root():
    """Where presets lie: ZOO_PRESETS, else `saved_models` beside the package."""
    return pathlib.Path(os.environ.get("ZOO_PRESETS") or ROOT)


def cards():
    """Preset -> its card, as data."""
    found = sorted(root().glob("*/card.json"))
    read = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in found}
    return {name: card for name, card in read.items() if "model" in card}


def list_presets() -> list[str]:
    """Names that `load_preset` takes."""
    return list(cards())


def load_preset(name):
    """A trained model that comes with the zoo.

    Args:
        name: of `list_presets()`, such as "flex_ae_digits".

    Raises:
        ValueError: for an unknown name, or a file that is not the one of its card.
    """
    from zoo.saving.loading import load

    known = cards()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4) or sorted(known)
        where = "" if known else f" None lie in {str(root())!r}: presets come with a checkout."
        raise ValueError(
            f"`name` must be a preset. Received: {name!r}. Nearest: {', '.join(near)}.{where}"
        )
    digest = known[name]["files"]["model.keras"]
    return load(root() / name / "model.keras", sha256=digest)
