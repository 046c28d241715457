"""Models from presets and to presets, as methods."""

from __future__ import annotations

import pathlib
from typing import Any, Self


class PresetMethods:
    """`from_preset` and `save_to_preset` of every model."""

    @classmethod
    def from_preset(cls, preset: str | pathlib.Path) -> Self:
        """A trained model of this class; see `zoo.from_preset`."""
        from zoo.saving.exchange import from_preset

        model: Any = from_preset(preset)
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
        from zoo.saving.exchange import save_to_preset

        return save_to_preset(self, folder, data)
