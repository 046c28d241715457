"""A whole search: the default's run, the trials, what came of them, the best model."""

import contextlib
import csv
import io
import json
import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.training.checks import difference, flat, require_count
from zoo.training.config import Config
from zoo.training.fault_tolerance.lock import held
from zoo.training.files import table, write_text
from zoo.training.reporting import pictures
from zoo.training.tuning import hypermodel, objectives
from zoo.training.tuning.oracles import oracle


class AllFailed(ValueError):
    """No trial of a search has a value."""


def search(
    model: str,
    out: str | pathlib.Path,
    objective: str = "val_mmd",
    trials: int = 10,
    tuner: str = "random",
    vary: Sequence[str] | None = None,
    verbose: int = 0,
    **more: Any,
) -> dict[str, Any] | None:
    """Searches settings of a model and returns what was found.

    Called again on the same folder it continues: a finished trial is never lost, and one
    that was stopped goes on within its epochs. Several processes share a search as
    keras-tuner's guide of distributed tuning tells: a chief, which trains nothing, and
    workers, with KERASTUNER_TUNER_ID, KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT.

    Args:
        model: name of the catalogue.
        out: folder of the search.
        objective: one of `zoo.training.tuning.objectives.MEASURED`, or a `val_` log.
        trials: how many settings to try.
        tuner: "random", "bayesian" or "hyperband".
        vary: names of what is searched; see `zoo.training.tuning.hypermodel.space`.
        verbose: of the training.
        **more: the other fields of `Config`, the same for every trial.

    Returns:
        {"objective", "default", "best", "values", "run", "trials", "failed", "diverged"}; run
        is the folder of the best one; default is None where the defaults diverge.

    Raises:
        AllFailed: a `ValueError`, if every trial failed or diverged.
    """
    require_count("trials", trials)
    config, direction = Config(model, **more), objectives.direction_of(objective)
    if config.strategy == "workers":
        raise ValueError(
            "`strategy` of a search must be 'one', 'mirrored' or 'tpu'. Received: 'workers'; "
            "processes share a search by KERASTUNER_TUNER_ID, each with trials of its own."
        )
    space = hypermodel.space(config.model, vary)
    config = hypermodel.resolved(config, config.load_data(), objective)
    made = oracle(tuner, objective, direction, space, trials, config.epochs, config.seed)
    with held(out) if not worker() else contextlib.nullcontext():
        require_same(pathlib.Path(out), config, objective, tuner, vary)
        searching = hypermodel.Search(made, out, config, objective, verbose)
        searching.search()
        return None if worker() else concluded(searching, pathlib.Path(out))


def worker():
    """Whether this process asks the chief of a shared search for its trials."""
    return "chief" not in os.environ.get("KERASTUNER_TUNER_ID", "chief")


def require_same(out, config, objective, tuner, vary):
    """Writes what is searched to `search.json`; refuses a folder that holds another search."""
    wanted = {"objective": objective, "tuner": tuner, "vary": vary, **config.as_dict()}
    wanted, file = json.loads(json.dumps(wanted)), out / "search.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else wanted
    differ = difference(flat(found), flat(wanted))
    if differ is not None:
        key, here, there = differ
        raise ValueError(
            f"`{key}` must be {here!r}, as in the search that {str(out)!r} holds. "
            f"Received: {there!r}. Choose another `out` for another search."
        )
    if not file.is_file():
        write_text(file, json.dumps(wanted, indent=2) + "\n")


def concluded(searching, out):
    """Writes `trials.csv`, `trials.png` and `best.json`; returns what was found."""
    trials = sorted(searching.oracle.trials.values(), key=lambda trial: trial.trial_id)
    diverged = [trial for trial in trials if searching.penalised(trial)]
    failed = [trial for trial in trials if trial.score is None]
    done = [trial for trial in trials if trial not in (*failed, *diverged)]
    write_text(out / "trials.csv", as_csv(trials, diverged, searching.objective))
    tell(failed, diverged)
    if not done:
        raise AllFailed(f"All {len(trials)} trials failed or diverged; see {out / 'trials.csv'}.")
    sign = 1.0 if searching.oracle.objective.direction == "min" else -1.0
    best = min(done, key=lambda trial: sign * trial.score)
    values = {k: v for k, v in best.hyperparameters.values.items() if not k.startswith("tuner/")}
    default = hypermodel.scored(searching.config, out / "default", searching.objective)
    found = {
        "objective": searching.objective,
        "default": default if math.isfinite(default) else None,
        "best": best.score,
        "values": values,
        "run": str(pathlib.Path(searching.get_trial_dir(best.trial_id)) / "run"),
        "trials": len(trials),
        "failed": len(failed),
        "diverged": len(diverged),
    }
    write_text(out / "best.json", json.dumps(found, indent=2) + "\n")
    draw(done, values, searching.objective, default, out / "trials.png")
    return found


def tell(failed, diverged):
    """Prints a line for each trial that gave no value."""
    for trial in failed:
        print(f"trial {trial.trial_id} failed: {last_line(trial.message)}", flush=True)
    for trial in diverged:
        print(f"trial {trial.trial_id} diverged", flush=True)


def last_line(message):
    """The last line of a traceback."""
    return (message or "no message").strip().splitlines()[-1][:300]


def as_csv(trials, diverged, objective):
    """Every trial with its state, score, values and what went wrong.

    Those that diverged have no score: what the oracle was told is not a measure.
    """
    names = list(dict.fromkeys(k for t in trials for k in t.hyperparameters.values))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["trial", "status", objective, *names, "message"])
    for trial in trials:
        values = [trial.hyperparameters.values.get(name, "") for name in names]
        known = trial.score is not None and trial not in diverged
        score = trial.score if known else ""
        status = "DIVERGED" if trial in diverged else trial.status
        message = "" if trial.score is not None else last_line(trial.message)
        rows.writerow([trial.trial_id, status, score, *values, message])
    return text.getvalue()


def draw(trials, names, objective, default, path):
    """A picture of the objective against each value that was searched."""
    points = {
        name: np.array([(t.hyperparameters.values[name], t.score) for t in trials], float)
        for name in names
    }
    if points:
        pictures.against(points, objective, default, path)


def as_table(found):
    """What a search found, as aligned text."""
    default = "diverged" if found["default"] is None else f"{found['default']:.5g}"
    rows = [("", found["objective"]), ("default", default)]
    rows.append(("best", f"{found['best']:.5g}"))
    rows += [
        (name, f"{v:.5g}" if isinstance(v, float) else str(v))
        for name, v in found["values"].items()
    ]
    lost = found["failed"] + found["diverged"]
    rows += [("trials", f"{found['trials']}, {lost} failed or diverged"), ("run", found["run"])]
    return table(rows)
