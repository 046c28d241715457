"""keras-tuner's oracles, made to lose nothing when they are killed.

keras-tuner writes `oracle.json` and `trial.json` in place: killed there, it leaves a file
that it cannot read again. Here both are whole or not there, both have a twin, and a trial
that was written when its state was not is found again.
"""

import json
import pathlib

import keras_tuner
from keras_tuner.src.engine.trial import TrialStatus

from zoo.training.checks import require_choice
from zoo.training.files import write_text
from zoo.training.tuning.objectives import TUNERS

NEVER = 10**9  # failed trials are reported at the end; none stops the search


class Durable(keras_tuner.Oracle):
    """What every oracle here does when it saves and when it is read again."""

    def save(self):
        write_twins(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial):
        folder = pathlib.Path(self._get_trial_dir(trial.trial_id))
        write_twins(folder / "trial.json", trial.get_state())

    def reload(self):
        path = pathlib.Path(self._get_oracle_fname())
        mend(path, self.get_state())  # at worst as if nothing was drawn: trials have their own
        for folder in path.parent.glob("trial_*"):
            mend(folder / "trial.json")
        super().reload()
        for name, trial in sorted(self.trials.items()):
            ended = trial.status in (TrialStatus.COMPLETED, TrialStatus.FAILED)
            if ended and name in self._retry_queue:
                self._retry_queue.remove(name)
            if ended and name not in self.end_order:
                self.end_order.append(name)
            if not ended and name not in self._retry_queue:
                self._retry_queue.append(name)
            if name not in self.start_order:
                self.start_order.append(name)
        self._retry_queue = [name for name in self._retry_queue if name in self.trials]
        self._retry_queue.sort(reverse=True)  # the first to run is popped first


def write_twins(path, state):
    """Writes a state to a file and to its twin."""
    path = pathlib.Path(path)
    for each in (path, path.with_suffix(".twin.json")):
        write_text(each, json.dumps(state))


def mend(path, state=None):
    """Makes a file readable: from its twin, or with a state; where there is none it goes."""
    twin = path.with_suffix(".twin.json")
    if not readable(path) and (readable(twin) or state is not None):
        write_text(path, twin.read_text() if readable(twin) else json.dumps(state))
    elif not readable(path):
        path.unlink(missing_ok=True)


def readable(path):
    """Whether a file holds JSON."""
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True


class RandomSearch(Durable, keras_tuner.oracles.RandomSearchOracle):
    """Values drawn at random."""


class BayesianOptimization(Durable, keras_tuner.oracles.BayesianOptimizationOracle):
    """Values where a Gaussian process expects most."""


class Hyperband(Durable, keras_tuner.oracles.HyperbandOracle):
    """Many short trials, of which the best go on longer."""


def oracle(kind, objective, direction, space, trials, epochs, seed):
    """An oracle by its kind: "random", "bayesian" or "hyperband".

    Args:
        objective, direction: name of the metric; "min" or "max".
        space: `keras_tuner.HyperParameters`.
        trials: how many at most.
        epochs: of the longest trial, for "hyperband".
        seed: of the values.
    """
    require_choice("tuner", kind, TUNERS)
    usual = {
        "objective": keras_tuner.Objective(objective, direction),
        "hyperparameters": space,
        "seed": seed + 1,  # keras-tuner takes 0 for none
        "max_consecutive_failed_trials": NEVER,
        "allow_new_entries": kind == "hyperband",  # it adds its own
    }
    if kind == "hyperband":
        made = Hyperband(max_epochs=epochs, **usual)
        made.max_trials = trials
        return made
    made = {"random": RandomSearch, "bayesian": BayesianOptimization}[kind]
    return made(max_trials=trials, **usual)
