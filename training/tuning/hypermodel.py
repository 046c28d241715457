"""Searches the settings of a model, by keras-tuner, for a measure that means quality.

    zoo.training.tuning.search.search("beta_vae", "runs/tune", data="digits", trials=8)

Every trial is a run of its own (`trial_0/run`), resumed where it was killed; the settings
that are searched are the `search` of the model's entry in the catalogue. In your own code:

    keras_tuner.RandomSearch(zoo.training.tuning.HyperModel("beta_vae", data), objective=...)
"""

import json
import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import keras_tuner

from zoo import creation
from zoo.training import build
from zoo.training.config import Config
from zoo.training.files import write_text
from zoo.training.tuning.objectives import (
    MEASURED,
    RATE,
    direction_of,
    require_logged,
    search_space,
)
from zoo.training.tuning.oracles import mend

TUNER = "KERASTUNER_TUNER_ID"
GIVEN_TO_SEARCH = ("x", "y", "validation_data", "validation_split", "sample_weight")


def space(name: str, vary: Sequence[str] | None = None) -> keras_tuner.HyperParameters:
    """What is searched for a model: its catalogue entry's settings and the learning rates.

    Args:
        name: of the catalogue.
        vary: names to search; all where None. "latent_dim" is searched where it is named.

    Returns:
        `keras_tuner.HyperParameters`.
    """
    cls = creation.model_class(name)
    offered = {**search_space(cls), "latent_dim": (2, 64, "log")}
    chosen = [key for key in offered if key != "latent_dim"] if vary is None else vary
    unknown = [key for key in chosen if key not in offered]
    if unknown:
        raise ValueError(f"`vary` must be of {', '.join(offered)}. Received: {unknown[0]!r}.")
    made = keras_tuner.HyperParameters()
    for key in chosen:
        add(made, key, offered[key])
    return made


def add(made, key, interval):
    """One setting: (low, high, "log" or "linear")."""
    low, high, scale = interval
    whole = isinstance(low, int) and isinstance(high, int)
    (made.Int if whole else made.Float)(key, low, high, sampling=scale)


def applied(config, values):
    """A config with the values of a trial in the place of its own."""
    own = {key: value for key, value in values.items() if not key.startswith("tuner/")}
    factor = own.pop(RATE, 1.0)
    fields = {"latent_dim": own.pop("latent_dim", config.latent_dim)}
    fields["learning_rate"] = {p: factor * rate for p, rate in config.learning_rate.items()}
    fields["epochs"] = values.get("tuner/epochs") or config.epochs
    fields["settings"] = {**config.settings, **own}
    return config.replaced(**fields)


def resolved(config, data, objective):
    """The config with every default written out: learning rates by player, above all. Refuses
    an objective that its model does not log, or that does not apply to it."""
    made = build.prepared(config, data)
    require_logged(objective, made.means.names)
    require_applicable(objective, made, data)
    return build.resolved(config, made)


def require_applicable(objective, model, data):
    """Refuses a measure that a model has not, before anything is trained."""
    from zoo.training.measures import OF_CODES, Subject

    name = MEASURED.get(objective, ("",))[0]
    if name in OF_CODES:
        applies = bool(OF_CODES[name](Subject(model, data, count=8)))
    else:
        applies = not name or "sample" in model.verbs
    if not applies:
        raise inapplicable(objective, model)


def inapplicable(objective, model):
    """The error of a measure that a model has not."""
    return ValueError(
        f"`objective` must be a measure that {type(model).__name__} has. Received: "
        f"{objective!r}, which does not apply to it."
    )


def measure(objective, model, data, history, count=1000, seed=0):
    """The objective of a trained model, on held-out data.

    Args:
        history: log -> values, one an epoch.
    """
    if objective not in MEASURED:
        if objective not in history:
            logs = [log for log in history if log.startswith("val_")]
            raise ValueError(f"`objective` must be of {logs}. Received: {objective!r}.")
        return float(history[objective][-1])
    from zoo.training.measures import Subject, measured

    name, metric, _ = MEASURED[objective]
    found = measured(Subject(model, data, count, seed), [name])
    values = [row["value"] for key, row in found.items() if key.startswith(metric)]
    if not values:
        raise inapplicable(objective, model)
    return values[0]


class HyperModel(keras_tuner.HyperModel):
    """A model of the zoo for a keras-tuner search in your own code.

    Its `fit` trains on the data and returns the objectives, so that any tuner of keras-tuner
    takes it: `keras_tuner.RandomSearch(HyperModel("vae", data), objective=kt.Objective(...))`,
    then `search(epochs=10)`. Every `val_` log is among what a trial returns, so a tuner may
    have several objectives.

    Args:
        name: of the catalogue.
        data: `zoo.training.data.Data`; `search` takes no others.
        objective: one of `MEASURED` or a `val_` log, or several of them.
        vary: as in `space`.
        **fields: those of `zoo.training.config.Config` that stay as they are.
    """

    def __init__(
        self,
        name: str,
        data: Any,
        objective: str | Sequence[str] = "val_mmd",
        vary: Sequence[str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(name=name)
        self.objectives = (objective,) if isinstance(objective, str) else tuple(objective)
        self.config = Config(name, **fields)
        for each in self.objectives:
            direction_of(each)
            self.config = resolved(self.config, data, each)
        self.data, self.vary = data, vary

    def build(self, hp):
        """The compiled model of one choice of values."""
        for wanted in space(self.config.model, self.vary).space:
            hp._retrieve(wanted)
        return build.prepared(applied(self.config, hp.values), self.data)

    def fit(self, hp, model, *args, epochs=None, **options):
        """Trains and measures; a `History` of one epoch, the last: objectives and `val_` logs."""
        require_no_data(args, options)
        history = build.fit(
            model,
            self.data,
            batch_size=self.config.batch_size,
            epochs=epochs or self.config.epochs,
            **options,
        ).history
        if build.fits_sampler(model):
            build.fit_sampler(model, self.data, options.get("verbose", 0))
        values = {log: float(rows[-1]) for log, rows in history.items() if log.startswith("val_")}
        for each in self.objectives:
            values[each] = measure(each, model, self.data, history, seed=self.config.seed)
        last = keras.callbacks.History()
        last.history = {name: [value] for name, value in values.items()}
        return last


def require_no_data(args, options):
    """Ends a search that is given data, before anything is trained: the `HyperModel` has them."""
    named = [name for name in GIVEN_TO_SEARCH if options.get(name) is not None]
    if args or named:
        raise keras_tuner.errors.FatalTypeError(
            f"`search` must be given no data: HyperModel(name, data) holds them. Received: "
            f"{named[0] if named else 'an argument without a name'}."
        )


class Search(keras_tuner.engine.base_tuner.BaseTuner):
    """A search whose trials are runs.

    Args:
        oracle: of `training.oracles`.
        folder: of the search.
        config: `Config`, of which each trial replaces what is searched.
        objective: what is searched for.
        verbose: of the training.
    """

    def __init__(self, oracle, folder, config, objective, verbose=0):
        self.config, self.objective, self.verbose = config, objective, verbose
        project, name = pathlib.Path(folder) / "search", os.environ.get(TUNER, "tuner0")
        if list(project.glob("oracle*.json")):
            mend(project / f"{name}.json", {})  # without it keras-tuner begins anew
        super().__init__(oracle, directory=str(folder), project_name="search")

    def run_trial(self, trial, **_):
        """Trains one run, or what is left of it, and returns its objective, always finite."""
        folder = pathlib.Path(self.get_trial_dir(trial.trial_id)) / "run"
        config = applied(self.config, trial.hyperparameters.values)
        value = scored(config, folder, self.objective, self.verbose)
        if not math.isfinite(value):
            value = self.penalty()
            write_text(folder.parent / "penalty.json", json.dumps({self.objective: value}))
        return {self.objective: value}

    def penalised(self, trial):
        """Whether the score of a trial is a penalty, since it diverged."""
        return (pathlib.Path(self.get_trial_dir(trial.trial_id)) / "penalty.json").is_file()

    def penalty(self):
        """Finite, and worse than every trial that is finished by now: it guides the oracle.

        Later trials may be worse than it; so it is never reported as found.
        """
        files = pathlib.Path(self.project_dir).glob("trial_*/trial.json")
        scores = [json.loads(path.read_text())["score"] for path in files]
        sign = 1.0 if self.oracle.objective.direction == "min" else -1.0
        worst = max([sign * score for score in scores if score is not None], default=1.0)
        return sign * (worst + abs(worst) + 1.0)


def scored(config, folder, objective, verbose=0):
    """The objective of a run that is trained in `folder`; nan where it diverged."""
    from zoo.training import run
    from zoo.training.fault_tolerance.divergence import Diverged

    try:
        made = run.train(out=folder, verbose=verbose, **config.as_arguments())
    except Diverged:
        return math.nan
    return measure(objective, made.model(), made.data(), made.history(), seed=config.seed)
