"""What other callbacks remember, so that they go on instead of beginning anew."""

import numpy as np

CALLBACK = "callback/"  # how the names of their arrays begin
REMEMBERED = {  # callback of Keras -> its attributes that training changes
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
    "ModelCheckpoint": ("best", "epochs_since_last_save", "_batches_seen_since_last_saving"),
}


class Others:
    """The other callbacks of a `fit`: those with `get_state` and `set_state`, and some of Keras.

    Args:
        callbacks: of the `fit`, in their order.
    """

    def __init__(self, callbacks):
        own = [c for c in callbacks if hasattr(c, "get_state") and hasattr(c, "set_state")]
        self.own = {f"{type(c).__name__}/{number}": c for number, c in enumerate(own)}
        theirs = [c for c in callbacks if _remembered(c) and c not in own]
        self.theirs = {f"{type(c).__name__}/{number}": c for number, c in enumerate(theirs)}
        self.historians = [c for c in callbacks if hasattr(c, "set_history")]

    def states(self):
        """Name -> state, as JSON can hold it."""
        own = {name: callback.get_state() for name, callback in self.own.items()}
        return own | {name: _plain(callback) for name, callback in self.theirs.items()}

    def arrays(self):
        """Name -> array of what they remember and JSON cannot hold."""
        return {
            f"{CALLBACK}{name}/{key}/{number}": np.asarray(array)
            for name, callback in self.theirs.items()
            for key, value in _values(callback).items()
            if isinstance(value, list)
            for number, array in enumerate(value)
        }

    def restore_own(self, states, rows):
        """Sets the states of those that have `set_state`, and tells what the epochs so far gave."""
        for name, callback in self.own.items():
            if name in states:
                callback.set_state(states[name])
        for callback in self.historians:
            callback.set_history(rows)

    def restore_theirs(self, states, arrays):
        """Sets what those of Keras remember, which they forget where training begins."""
        for name, callback in self.theirs.items():
            for key, value in states.get(name, {}).items():
                setattr(callback, key, value)
            for key in _values(callback):
                start = f"{CALLBACK}{name}/{key}/"
                saved = [array for each, array in arrays.items() if each.startswith(start)]
                if saved:
                    setattr(callback, key, saved)


def _remembered(callback):
    """Names of what a callback of Keras, or of a class derived from it, remembers."""
    kinds = [c.__name__ for c in type(callback).__mro__ if c.__module__.startswith("keras.")]
    return next((REMEMBERED[kind] for kind in kinds if kind in REMEMBERED), ())


def _values(callback):
    return {name: getattr(callback, name) for name in _remembered(callback)}


def _plain(callback):
    """What a callback of Keras remembers, but for arrays."""
    values = {k: v for k, v in _values(callback).items() if not isinstance(v, list)}
    return {k: v.item() if hasattr(v, "item") else v for k, v in values.items()}
