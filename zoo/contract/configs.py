"""Configs: networks, objects and settings of a model as data, and back."""

import copy
from typing import Any, Self

import keras

from zoo import noise
from zoo.contract.tables import Tables


def pack(value: Any) -> Any:
    """A constructor argument as its config."""
    if isinstance(value, (list, tuple)):
        return [pack(entry) for entry in value]
    plain = value is None or isinstance(value, (bool, int, float, str))
    return value if plain else keras.saving.serialize_keras_object(value)


def unpack(value: Any) -> Any:
    """A constructor argument from its config."""
    if isinstance(value, list):
        return [unpack(entry) for entry in value]
    if not (isinstance(value, dict) and "class_name" in value):
        return value
    return keras.saving.deserialize_keras_object(copy.deepcopy(value))  # Keras empties configs


# What the error of Keras shows first in a process that did not `import zoo`: Keras knows no class.
LOAD_WITH = "`import zoo` first, then keras.models.load_model; or zoo.load (keras-generative-zoo)"


class Configured(Tables):
    """What saving a model needs, mixed into the contract; every optimizer included."""

    compile: Any  # of the contract

    def get_config(self) -> dict[str, Any]:
        parts = {key: pack(getattr(self, key)) for key in self.part_names}
        known = {"load_with": LOAD_WITH, "name": self.name, "seed": self.seed}
        return {**known, "noise_version": noise.VERSION, **parts}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Self:
        config = {**cls.formerly, **copy.deepcopy(config)}  # networks take their entries out
        config.pop("load_with", None)
        version = config.pop("noise_version", noise.VERSION)
        if version != noise.VERSION:
            raise ValueError(f"`noise_version` must be {noise.VERSION}. Received: {version}.")
        with keras.saving.custom_object_scope(custom_objects or {}):
            return cls(**{key: unpack(value) for key, value in config.items()})

    def get_compile_config(self) -> dict[str, Any]:
        if not self.compiled:
            return {}
        return {
            "optimizer": {player: pack(mine) for player, mine in self.optimizers.items()},
            **self.compile_options,
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        given = {player: unpack(mine) for player, mine in config["optimizer"].items()}
        self.compile(**{**config, "optimizer": given})
