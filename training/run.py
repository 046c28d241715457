"""Runs: trainings that leave all that came of them in a folder.

    run = zoo.training.run.train("vae", "runs/vae", data="digits", epochs=5)
    run.model().sample(64, seed=0)

In the folder: `config.yaml` (every setting, defaults included), `provenance.json` (data and
machine), `history.csv`, `samples/`, `reconstructions/`, `checkpoints/`, `curves.png` and, last,
`model.keras`. The same call on the folder of a run that was stopped or killed goes on where it
was, bit-exactly.
"""

import contextlib
import logging
import pathlib
from typing import Any

from zoo.training import build, continuing, own, pace, provenance, strategy
from zoo.training.config import Config
from zoo.training.continuing import RESUMED
from zoo.training.fault_tolerance import lock
from zoo.training.folders import CHECKPOINTS, SECOND_STAGE, require_usable
from zoo.training.run_folder import HISTORY, INITIAL, MODEL, Run

__all__ = ["Run", "callbacks", "fitted", "resume", "train"]
_log = logging.getLogger(__name__)


def train(
    model: Any,
    out: str | pathlib.Path,
    verbose: str | int = "auto",
    accept_changes: bool = False,
    **options: Any,
) -> Run:
    """Trains a model of the zoo and returns its `Run`.

    Everything given is checked before `out` is made, so a refusal writes nothing. Where
    `out` holds a run of the same config, it goes on where that was; a finished one is
    returned as it is.

    With `strategy` "workers" every worker makes the same call, with the same `out`, a folder
    that all of them can read. The first one writes it. Where one is killed the others fail:
    start all of them again.

    Args:
        model: name of the catalogue; or a model of the zoo, built, of whose config the run keeps
            what can be written down, and all of it in `initial.keras`.
        out: folder of the run; new, empty, or that of a run.
        verbose: that of `keras.Model.fit`.
        accept_changes: whether a run in `out` goes on where data, seed or config have changed.
        **options: the other fields of `Config`. `data` may also be `zoo.training.data.Data`, an
            array, a pair of arrays (examples and their labels or targets), or a pair of
            `tf.data.Dataset` (training and held-out). With `start` the model may be None.

    Raises:
        ValueError: for a setting, data or folder that cannot be used, for a config that is
            not that of the run in `out`, or if training diverges.
        OSError: if a checkpoint cannot be written, or if another worker ends.
    """
    initial = None if model is None or isinstance(model, str) else lambda: model
    options, data = own.data(options)
    config = Config(**own.fields(model, options)).absolute().as_in(out)
    return trained(config, out, verbose, accept_changes, data, initial)


def trained(config, out, verbose, accept_changes=False, data=None, initial=None):
    """The run of a config; see `train`.

    Args:
        data: where the config has no name for it.
        initial: () -> the model to begin with, where a program gave it.
    """
    require_usable(out)
    if (pathlib.Path(out) / "config.yaml").is_file():
        config = pace.as_begun(config, Run.open(out).config)
    writes = strategy.writes(config.strategy)
    with lock.held(pathlib.Path(out) / CHECKPOINTS) if writes else contextlib.nullcontext():
        where = strategy.create("workers") if config.strategy == "workers" else None  # first of all
        data = config.load_data() if data is None else data
        run = Run.open(out) if (pathlib.Path(out) / "config.yaml").is_file() else None
        if run is not None and run.config.order is None:  # of 0.1.0, which did not say it
            run.config.order = config.order
        initial = initial or (run and run.initial()) or own.source(config)
        model = build.prepared(config, data, where, initial)
        config = build.resolved(config, model)
        about = provenance.of(model, data)
        if run is None:
            run = Run(out, config)
        else:
            run = continuing.with_config(run, config, about, accept_changes)
            if continuing.is_finished(run):
                _log.warning("%s is finished: its %d epochs are trained.", out, config.epochs)
                return run
        if writes:
            begun(run, model, about, initial is not None)
        fitted(model, run, data, verbose, writes, accept_changes, about["data"]["digest"])
    return run


def begun(run, model, about, keeps_initial):
    """Writes what a run is, before its first step."""
    from zoo.training.callbacks import save_model

    before = run.provenance().get("device")
    run.path.mkdir(parents=True, exist_ok=True)
    if keeps_initial and not (run.path / INITIAL).is_file():
        save_model(model, run.path / INITIAL)
    provenance.write(run.path, {**about, "device": provenance.joined(before, about["device"])})
    run.write()


def resume(
    path: str | pathlib.Path,
    verbose: str | int = "auto",
    accept_changes: bool = False,
    data: Any = None,
    **options: Any,
) -> Run:
    """Goes on with the run in a folder; or continues it with other `options`.

    A finished run goes on for more `epochs`, any run at another `learning_rate`: what it was
    before is told in `changes` of its config, and its former model stays beside the new one.

    Args:
        path: of the run.
        verbose, accept_changes: those of `train`; other fields than the epochs, the learning
            rates and how often it is saved change only with the latter.
        data: what the run was given, where that has no name.
        **options: fields of `Config`.
    """
    run = Run.open(path)
    options = {name: value for name, value in options.items() if value is not None}
    for name in options:
        if name not in RESUMED and not accept_changes:
            raise ValueError(
                f"`{name}` of a run stays as it is: `resume` takes {', '.join(sorted(RESUMED))}, "
                f"and others with `accept_changes` (--accept-changes). Received: {options[name]!r}."
            )
    data = None if data is None else own.as_data(data)
    with contextlib.ExitStack() as opened:
        if strategy.writes(run.config.strategy):
            opened.enter_context(lock.held(run.checkpoints))
            run = continuing.continued(run, options)
            if data is None and continuing.is_finished(run):
                _log.warning("%s is finished: its %d epochs are trained.", path, run.config.epochs)
                return run
        return trained(run.config, path, verbose, accept_changes, data)


def fitted(model, run, data, verbose, writes=True, accept_changes=False, digest=None):
    """Trains the model of a run and, in the process that writes, writes all but its config."""
    from zoo.training.callbacks import save_model
    from zoo.training.fault_tolerance.workers import Workers, all_there
    from zoo.training.reporting import pictures

    progress = verbose if writes and verbose != "brief" else 0
    accepted = accept_changes or continuing.accepted(run)
    resumed = {"accept_changes": accepted, "identity": identity(run, digest)}
    with all_there(run.checkpoints):
        shown = callbacks(run, data, build.held_out(model, data), verbose, writes, **resumed)
        options = {"epochs": run.config.epochs, "steps_per_epoch": run.config.steps_per_epoch}
        options |= {"batch_size": run.config.batch_size, "verbose": progress, "callbacks": shown}
        build.fit(model, data, **options)
        if writes:
            pictures.curves(run.history(), run.path / "curves.png")
        if build.fits_sampler(model):
            build.fit_sampler(model, data, progress, second_stage(run, model, writes, **resumed))
            if writes:
                show_after(model, run, data)
        if writes:
            lock.require_kept(run.checkpoints)
            save_model(model, run.path / MODEL)
        Workers(model.distribute_strategy).any_of(False)  # none ends before the first has written


def identity(run, digest):
    """What a run is of: noticed by `Resume` where it has changed. Without what only says how
    long it lasts, how often it is saved and where its data lie."""
    free = {*RESUMED, "strategy", "data", "data_dir", "from"}
    config = {name: value for name, value in run.config.as_dict().items() if name not in free}
    return {**config, **({"data": digest} if digest else {})}


def callbacks(run, data, held_out, verbose, writes=True, **resumed):
    """What happens while a run is trained; pictures and history where it `writes`.

    Args:
        **resumed: further arguments of `Resume`.
    """
    from zoo.training import callbacks as all_of

    config = run.config
    shown = [
        all_of.FolderKept(run.checkpoints),
        *([all_of.Brief(config.sample_every)] if verbose == "brief" else []),
        all_of.SampleGrid(run.path, data, config.sample_every, seed=config.seed),
        all_of.HistoryFile(run.path / HISTORY),
    ]
    return [
        all_of.Signals(*held_out, seed=config.seed),
        all_of.LearningRates(),
        *(shown if writes else []),
        saving(run, run.checkpoints, config.save_every, **resumed),
    ]


def second_stage(run, model, writes, **resumed):
    """As `callbacks`, while a prior that is a model is trained."""
    from zoo.training import callbacks as all_of

    if not build.has_second_stage(model):
        return []
    every = max(1, model.prior_epochs // 10)
    shown = [all_of.FolderKept(run.checkpoints)]
    shown.append(all_of.HistoryFile(run.path / f"{SECOND_STAGE}_{HISTORY}"))
    folder = run.checkpoints / SECOND_STAGE
    return [*(shown if writes else []), saving(run, folder, every, **resumed)]


def saving(run, folder, every, **resumed):
    """The callback that saves the state in a folder, as the config says."""
    from zoo.training.callbacks import Resume

    config = run.config
    steps, divergence = config.save_every_steps, config.on_divergence
    return Resume(folder, every=every, every_steps=steps, on_divergence=divergence, **resumed)


def show_after(model, run, data):
    """Pictures of a model that samples only now that its prior is fitted."""
    from zoo.training.reporting.drawings import show_samples

    name = f"epoch-{run.config.epochs:04d}.png"
    show_samples(model, run.path / "samples" / name, data.test, seed=run.config.seed)
