"""Runs that are there already: finished ones, damaged ones, and ones that go on otherwise."""

import dataclasses
import logging
import shutil

from zoo.training import histories
from zoo.training.fault_tolerance.changes import require_accepted
from zoo.training.folders import SECOND_STAGE
from zoo.training.run_folder import HISTORY, MODEL, Run

UNTRAINED = {
    "sample_every",
    "save_every",
    "save_every_steps",
    "on_divergence",
}  # fields of a config
RESUMED = {*UNTRAINED, "epochs", "learning_rate"}  # what a run is continued with without more ado
_log = logging.getLogger(__name__)


def is_finished(run):
    """Whether nothing of a run is left to train; a model file that is damaged is to be remade."""
    if not run.finished:
        return False
    damage = run.damage()
    if damage is None:
        repair_history(run)
        return True
    if not run.checkpoints.is_dir():
        raise ValueError(
            f"{run.path / MODEL} is damaged: {damage}; no checkpoint is there to make it anew."
        )
    _log.warning("%s is damaged: %s; it is made anew.", run.path / MODEL, damage)
    (run.path / MODEL).unlink()
    return False


def repair_history(run):
    """Writes the history of a finished run anew where it is damaged and a checkpoint has it."""
    try:
        histories.read(run.path / HISTORY)
    except histories.Damaged as error:
        rows = run.checkpointed_history()
        if rows is not None:
            _log.warning("%s; it is written anew from the newest checkpoint.", error)
            histories.write(run.path / HISTORY, rows, sorted({n for _, row in rows for n in row}))


def continued(run, options):
    """The run with other options: its config tells what it was before, its model is set aside."""
    if "learning_rate" in options:
        options = {**options, "learning_rate": rates_by_player(run.config, options)}
    config = dataclasses.replace(run.config, **options)
    before, now = run.config.as_dict(), config.as_dict()
    changed = {name: [before[name], now[name]] for name in now if before[name] != now[name]}
    if not changed:
        return run
    rows, is_more = run.checkpointed_history() or [], config.epochs > run.config.epochs
    if config.epochs < len(rows) or (run.finished and not is_more and set(changed) - UNTRAINED):
        least = f"more than the {len(rows)}" if run.finished else f"at least the {len(rows)}"
        raise ValueError(
            f"`epochs` must be {least} that the run has trained. Received: {config.epochs}."
        )
    if run.finished and is_more:
        (run.path / MODEL).rename(run.path / f"model-epoch-{run.config.epochs:04d}.keras")
        shutil.rmtree(run.checkpoints / SECOND_STAGE, ignore_errors=True)
    return changed_to(run, config, {"after_epochs": len(rows), **changed})


def changed_to(run, config, change):
    """The run with another config, which tells what it was before."""
    run = Run(run.path, config, [*run.changes, change])
    run.write()
    return run


def with_config(run, config, about, accept_changes):
    """The run that a folder holds, of this config and data; refuses others that are not accepted.

    Args:
        config: that is asked for, every setting resolved.
        about: the provenance of what is asked for.
    """
    run.require(config, accept_changes)
    before, now = (given.get("data", {}).get("digest") for given in (run.provenance(), about))
    differences = {"data": [before, now]} if None not in (before, now) and before != now else {}
    require_accepted(differences, accept_changes, run.path)
    old, new = run.config.absolute().as_dict(), config.as_dict()
    differences |= {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not differences:
        return run
    return changed_to(
        run, config, {"after_epochs": len(run.checkpointed_history() or [])} | differences
    )


def rates_by_player(config, options):
    """Learning rates of every player of a run, of which some or all are among the options."""
    rates = options["learning_rate"]
    if isinstance(rates, dict):
        return {**config.learning_rate, **rates}
    return dict.fromkeys(config.learning_rate, float(rates))


def accepted(run):
    """Names of what has been changed where the run was continued: `Resume` goes on with them."""
    return sorted({name for change in run.changes for name in change} - {"after_epochs"})
