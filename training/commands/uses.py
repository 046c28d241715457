"""`zoo evaluate`, `sample`, `export`, `serve-check` and `compare`: of what is trained."""

import functools
import pathlib

from zoo.training import progress
from zoo.training.checks import require_choice
from zoo.training.console import import_tensorflow
from zoo.training.folders import require_local

FORMATS = ("png", "npy", "csv")
MOST_SAMPLES = {"png": 10_000, "npy": 1_000_000, "csv": 1_000_000}


def opened(path):
    """The run of a folder; TensorFlow is imported only where there is one."""
    from zoo.training.run_folder import Run

    return Run.open(path)


def evaluate(given, named):
    """Measures a run."""
    from zoo.training.measures import MEASURES, require_known

    names = list(MEASURES) if given.metrics == ["all"] else given.metrics
    require_known(names or ())
    run = opened(given.run)
    path = run.metrics_file(given.checkpoint, given.averaged)
    import_tensorflow()
    from zoo.training import evaluate as metrics

    with progress.shown():
        model, data = run.model(given.checkpoint, given.averaged), run.data()
        options = {"metrics": names, "extractor": given.extractor, "path": path}
        measured = metrics.evaluate(model, data, given.count, given.seed, **options)
        report = run.report(model, data, measured, given.count, given.seed) if given.report else ""
    print(f"{metrics.as_table(measured)}\n\n{path}")
    if report:
        print(report)


def sample(given, named):
    """Draws from a run: a picture, or the numbers."""
    require_local("out", given.out or "")
    run = opened(given.run)
    suffix = pathlib.Path(given.out).suffix[1:] if given.out else ""
    kind = given.format or suffix or "png"
    require_choice("--format", kind, FORMATS)
    if given.out and suffix != kind:
        raise ValueError(f"`--out` must end in .{kind}. Received: {given.out!r}.")
    if not 1 <= given.count <= MOST_SAMPLES[kind]:
        most = MOST_SAMPLES[kind]
        raise ValueError(f"`--count` must be from 1 to {most}. Received: {given.count}.")
    path = pathlib.Path(given.out or run.path / f"samples.{kind}")
    import_tensorflow()
    from zoo.training.commands import samples

    with progress.shown():
        model = run.model(given.checkpoint, given.averaged)
        label = samples.label_of(model, run, given.label)
        samples.write(model, run, path, kind, given.count, given.seed, label)
    print(path)


def export(given, named):
    """Writes a run for TensorFlow Serving, with its card."""
    require_local("to", given.to)
    run = opened(given.run)
    import_tensorflow()
    from zoo.export.saved_model import save
    from zoo.training.commands.samples import data_or_none
    from zoo.training.reporting import card
    from zoo.training.reporting.drawings import show

    averaged = run.config.ema is not None
    with progress.shown(), progress.task("exporting", total=6) as advance:
        model, data = run.model(given.checkpoint, averaged), data_or_none(run)
        about = {"config": run.config.as_published()}
        version = save(model, given.to, about, given.batch_size, advance)
        draw = functools.partial(show, model, data=data)
        metrics = run.metrics(given.checkpoint, averaged)
        written = card.write(run, model, data, given.to, version, metrics, draw)
    print(f"{version}\n{written}")


def serve_check(given, named):
    """Tries what clients can do to an export."""
    from zoo.export import serve_check
    from zoo.export.load import find

    find(given.directory)  # refuses at once what is no export
    with progress.shown(), progress.task("promises", total=8) as advance:
        words = ["--seconds", str(given.seconds), *["--json"] * given.json]
        return serve_check.main([given.directory, *words], advance)


def compare(given, named):
    """Measures of runs beside each other, and whether they differ."""
    require_local("out", given.out)
    runs = [opened(path) for path in given.runs]
    if len(runs) < 2:
        raise ValueError(f"RUN must be two runs or more. Received: {len(runs)}.")
    import_tensorflow()
    from zoo.training.commands import comparison

    with progress.shown():
        table, page = comparison.write(runs, given.out, given.count, given.seed)
    print(f"{table}\n\n{page}")
