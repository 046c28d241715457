"""Models from presets and to presets, as methods.

Files of models stand above the contract, which imports none of them: they are found by name when
a method is called.
"""

from __future__ import annotations

import importlib
import pathlib
from typing import Any, Self

EXCHANGE = "zoo.saving.exchange"


class PresetMethods:
    """`from_preset` and `save_to_preset` of every model."""

    @classmethod
    def from_preset(cls, preset: str | pathlib.Path) -> Self:
        """A trained model of this class; see `zoo.from_preset`."""
        model: Any = importlib.import_module(EXCHANGE).from_preset(preset)
        if not isinstance(model, cls):
            kind = type(model).__name__
            raise ValueError(
                f"`preset` must be one of {cls.__name__}. Received: {str(preset)!r}, a {kind}."
            )
        return model

    def save_to_preset(self, folder: str | pathlib.Path, data: str | None = None) -> pathlib.Path:
        """Writes a new folder that `from_preset` reads: the model and a card that names it.

        Args:
            folder: where; it must not exist.
            data: what the model was trained on, in words, for the card.
        """
        return importlib.import_module(EXCHANGE).save_to_preset(self, folder, data)
