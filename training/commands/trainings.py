"""`zoo train` and `zoo tune`."""

import contextlib
import pathlib
import sys

from zoo.training import folders
from zoo.training.console import import_tensorflow
from zoo.training.fault_tolerance import interrupts, lock

NO_FIELDS = ("config", "recipe", "versions", "changes", "out", "resume", "print_config")
NO_FIELDS += ("accept_changes",)


def train(given, named):
    """Trains a model, or goes on with a run.

    Args:
        given: the options, parsed.
        named: names of those that the command line gives, as configs spell them.
    """
    verbose = "auto" if sys.stdout.isatty() else 2
    if given.resume is not None:
        fields = fields_of(given, named)
        require_resumable(fields, named)
    else:
        fields = chosen(given)
    import_tensorflow()
    from zoo.training import run

    if given.resume is not None:
        made = run.resume(given.resume, verbose, given.accept_changes, **fields)
    else:
        name, out = fields.pop("model"), given.out
        made = run.train(name, out, verbose, given.accept_changes, **fields)
    files = ("model.keras", "history.csv", "curves.png", "samples/")
    print(f"{made.path}: {', '.join(name for name in files if (made.path / name).exists())}")


def fields_of(given, named):
    """The fields of a config that the command line gives."""
    fields = given.as_dict()
    own = fields.pop("model")
    settings = {name: own[name] for name in own if f"model.{name}" in named}
    chosen = {name: value for name, value in fields.items() if name in named}
    chosen = {name: value for name, value in chosen.items() if name not in NO_FIELDS}
    return {**chosen, **({"settings": settings} if settings else {})}


def require_resumable(fields, named):
    """Refuses beside `--resume` what makes another run."""
    for name in ("out", "config", "recipe", "from", "name"):
        if name in named:
            words = "NAME" if name == "name" else f"--{name}"
            raise ValueError(f"{words} must be left out with `--resume`: the run knows it.")
    if "settings" in fields:
        name = next(iter(fields["settings"]))
        raise ValueError(f"`--model.{name}` of a run stays as it is: train another one.")


def chosen(given):
    """The fields of a config of all options; refuses to train nothing, or nowhere."""
    fields = given.as_dict()
    own, start = fields.pop("model"), fields.pop("from", None)
    name = own.pop("name")
    if name is None and start is None:
        raise ValueError("NAME must be a model of the zoo; see `zoo list`. Received: none.")
    if given.out is None:
        raise ValueError("`--out` must be the folder to write to. Received: none.")
    fields = {key: value for key, value in fields.items() if key not in NO_FIELDS}
    return {"model": name, "start": start, "settings": own, **fields}


def tune(given, named):
    """Searches settings of a model."""
    fields = chosen(given)
    name, out, _ = fields.pop("model"), given.out, fields.pop("start")
    import_tensorflow()
    from zoo.training.tuning import search

    with interrupts.raised():
        outcome = search.search(name, out, **fields)
    if outcome is not None:
        print(f"{search.as_table(outcome)}\n\n{out}: trials.csv, trials.png, best.json")


@contextlib.contextmanager
def claimed(given):
    """Holds the folder of the run of `zoo train`, before TensorFlow is imported; of workers, the
    first one does.

    Args:
        given: option -> word of the command line.
    """
    from zoo.training import strategy

    if given.get("resume") is not None:
        from zoo.training.run_folder import Run

        Run.open(given["resume"])  # refuses a folder that is none of a run
    out = given.get("resume") or given.get("out")
    if out is None or not strategy.may_write():
        yield
        return
    with interrupts.raised():
        folders.require_usable(out)
        with lock.held(pathlib.Path(out) / folders.CHECKPOINTS):
            yield
