"""Callbacks of Keras that a model does not work with, and what does the same."""

from typing import Any

import keras

from zoo.input_pipeline import resuming

RESUME = "`zoo.training.callbacks.Resume('state')`"
REFUSED = {
    "SwapEMAWeights": (
        "it swaps weights by additions, which round them, so that validation would change "
        "training: use `compile(ema=0.999)` of the zoo's models, and `with model.averaged():` "
        "around `evaluate`"
    ),
    "OrbaxCheckpoint": f"its files hold no noise and no order of the data: use {RESUME}",
}


def require(model: Any, callbacks: Any) -> None:
    """Refuses, by name, callbacks that would fail later or train otherwise."""
    given = resuming.flat(callbacks)
    for callback in given:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                "`callbacks` must be instances of keras.callbacks.Callback. Received: "
                f"{callback!r}."
            )
        kinds = [kind.__name__ for kind in type(callback).__mro__]
        reason = next((REFUSED[name] for name in kinds if name in REFUSED), None)
        if reason is not None:
            _refuse(model, kinds[0], reason)
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            if callback.save_freq != "epoch":
                within = RESUME.replace(")", ", every_steps=100)")
                _refuse(model, kinds[0], f"within an epoch it loses its place: use {within}")
            if any(hasattr(other, "session") for other in given):
                _refuse(model, kinds[0], "another callback restores the state: leave it out")


def _refuse(model: Any, name: str, reason: str) -> None:
    raise ValueError(f"{name} does not work with {type(model).__name__} of the zoo: {reason}.")
