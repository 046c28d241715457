"""The `zoo` command: train, tune, evaluate, sample from and export the models of the zoo.

Help, `zoo list` and refusals of names answer without importing TensorFlow.
"""

import argparse
import contextlib
import functools
import os
import pathlib
import sys
from typing import Any

from zoo import catalogue
from zoo.contract import settings
from zoo.training import run, strategy
from zoo.training.fault_tolerance import interrupts, lock
from zoo.training.option_errors import words
from zoo.training.options import OF_A_MODEL, parser
from zoo.training.tuning import objectives


def main(argv=None):
    """Runs one command; returns the exit code.

    0; 1 where `zoo serve-check` finds a promise broken; 2 where what was asked is refused or
    failed; 75 where training was stopped, its state saved; 130 after Ctrl-C elsewhere.
    """
    argv = [str(word) for word in (sys.argv[1:] if argv is None else argv)]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    prog = f"zoo {argv[0]}" if argv and argv[0] in COMMANDS else "zoo"
    known = None
    try:
        with claimed(argv):
            name, own = model_settings(argv)
            known = parser(name, own)
            given = known.parse_args(argv)
            if given.subcommand is None:
                known.print_help()
                return 0
            code = COMMANDS[given.subcommand](given[given.subcommand])
    except interrupts.Stopped as stopped:
        print(f"{prog}: {stopped}", file=sys.stderr)
        return stopped.code
    except argparse.ArgumentError as error:
        return refuse(prog, words(str(error), known, argv))
    except (ValueError, TypeError, OSError) as error:
        if "ZOO_TRACEBACK" in os.environ:
            raise
        return refuse(prog, str(error))
    except KeyboardInterrupt:
        print(f"{prog}: stopped", file=sys.stderr)
        return 130
    return code or 0


def refuse(prog, message):
    """Writes an error on at most two lines; returns the exit code."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    print(f"{prog}: error: {' '.join(lines)[:1000]}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def claimed(argv):
    """Holds the folder of the run of `zoo train`, before TensorFlow is imported; of workers,
    the first one does."""
    given = dict(pairs(argv)) if argv[:1] == ["train"] and strategy.may_write() else {}
    out = given.get("resume") or given.get("out")
    with contextlib.ExitStack() as opened:
        if out is not None:
            opened.enter_context(interrupts.raised())
            run.require_usable(out)
            opened.enter_context(lock.held(pathlib.Path(out) / run.CHECKPOINTS))
        yield


def model_settings(argv):
    """The model that a command is about to train, and the settings of its class.

    Its name and the data's are looked up first, so that a wrong one costs no import.
    """
    if argv[:1] not in [[command] for command in OF_A_MODEL]:
        return None, {}
    found = named(argv)
    if found.get("resume") is not None and len(argv) != (2 if "=" in argv[1] else 3):
        raise ValueError(
            f"`--resume` must be the only option: the run knows the others. Received: {argv[1:]}."
        )
    objectives.require_named(found.get("objective"), found.get("tuner"))
    if found["data"] is not None:
        check_data(found["data"], found["data_dir"])
    if found["model"] is None:
        return None, {}
    entry = catalogue.find(found["model"])
    import zoo

    return entry.name, settings.of(zoo.model_class(entry.name))


def named(argv):
    """What a command line, or the config it gives, says of model, data and data_dir."""
    from zoo.training.config import read_yaml

    found: dict[str, Any] = dict.fromkeys(("model", "data", "data_dir"))
    for option, value in pairs(argv):
        if option == "config":
            fields = read_yaml(value)
            own = fields.get("model")
            found |= {key: fields.get(key) for key in ("data", "data_dir")}
            found["model"] = own.get("name") if isinstance(own, dict) else None
        else:
            found[option] = value
    if len(argv) > 1 and not argv[1].startswith("-"):
        found["model"] = argv[1]
    for key, value in found.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"`{key}` must be a name; quote it. Received: {value!r}.")
    return found


READ_BEFORE = ("--config", "--data", "--data-dir", "--out", "--resume", "--objective", "--tuner")


def pairs(argv):
    """The options of a command line that are read beforehand, with the word each is given."""
    for word, following in zip(argv, [*argv[1:], None], strict=True):
        option, equals, value = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if option in READ_BEFORE and (equals or following is not None):
            yield name, value if equals else following


def check_data(name, data_dir):
    """Refuses a name that no data set has."""
    from zoo.training import data

    kind, _ = data.kind_of(name)
    if name in data.names() or kind is not None:
        return
    import tensorflow_datasets

    listed = tensorflow_datasets.list_builders(with_community_datasets=False)
    if name.split("/")[0] not in listed:
        data.load(name, data_dir=data_dir)


def list_models(given):
    from zoo.training import describe

    print(describe.presets() if given.presets else describe.models(given.family))


def info(given):
    catalogue.find(given.model)
    from zoo.training import describe

    print(describe.model(given.model))


def survey(given):
    from zoo.training.data.survey import survey as look
    from zoo.training.reporting.drawings import show_data

    if pathlib.Path(given.out).suffix != ".png":
        raise ValueError(f"`--out` must end in .png. Received: {given.out!r}.")
    options = {key: value for key, value in given.as_dict().items() if key not in ("name", "out")}
    found = look(given.name, **options)
    print("\n".join(found.lines))
    if show_data(found.data, given.out):
        print(f"picture: {given.out}")
    print(f"train on it: {found.command}")


def train(given):
    verbose = "auto" if sys.stdout.isatty() else 2
    if given.resume is not None:
        made = run.resume(given.resume, verbose)
    else:
        made = trained(given, verbose)
    print(f"{made.path}: model.keras, history.csv, curves.png, samples/")


def trained(given, verbose):
    """The run of the options of `zoo train`."""
    name, own, options = chosen(given)
    return run.train(name, given.out, verbose=verbose, settings=own, **options)


def chosen(given):
    """Name, settings and other options of a command that trains a model in a folder."""
    if given.model.name is None:
        raise ValueError("NAME must be a model of the zoo; see `zoo list`. Received: none.")
    if given.out is None:
        raise ValueError("`--out` must be the folder to write to. Received: none.")
    options = given.as_dict()
    own = options.pop("model")
    name = own.pop("name")
    dropped = ("config", "versions", "out", "resume", "print_config")
    return name, own, {key: value for key, value in options.items() if key not in dropped}


def tune(given):
    from zoo.training.tuning import search

    name, own, options = chosen(given)
    with interrupts.raised():
        found = search.search(name, given.out, settings=own, **options)
    if found is not None:
        print(f"{search.as_table(found)}\n\n{given.out}: trials.csv, trials.png, best.json")


def evaluate(given):
    from zoo.training import evaluate as metrics
    from zoo.training.measures import MEASURES, require_known

    names = list(MEASURES) if given.metrics == ["all"] else given.metrics
    require_known(names or ())
    made = run.Run.open(given.run)
    path = made.metrics_file(given.checkpoint, given.averaged)
    model, data = made.model(given.checkpoint, given.averaged), made.data()
    chosen = {"metrics": names, "extractor": given.extractor, "path": path}
    found = metrics.evaluate(model, data, given.count, given.seed, **chosen)
    print(f"{metrics.as_table(found)}\n\n{path}")
    if given.report:
        print(made.report(model, data, found, given.count, given.seed))


def sample(given):
    from zoo.training.reporting.drawings import show_forecasts, show_samples, show_translations

    if not 1 <= given.count <= 10_000:
        raise ValueError(f"`--count` must be from 1 to 10000. Received: {given.count}.")
    made = run.Run.open(given.run)
    path = pathlib.Path(given.out or made.path / "samples.png")
    if path.suffix != ".png":
        raise ValueError(f"`--out` must end in .png. Received: {given.out!r}.")
    model = made.model(given.checkpoint, given.averaged)
    if model.targets in ("pair", "domain") and "sample" not in model.verbs:
        show_translations(model, path, made.data(), given.count, given.seed)
    elif "forecast" in model.verbs:
        show_forecasts(model, path, made.data().test, given.count, given.seed)
    else:
        data = None if len(model.data_shape) == 3 else made.data().test
        show_samples(model, path, data, given.count, given.seed)
    print(path)


def export(given):
    from zoo.export.saved_model import save
    from zoo.training.reporting import card
    from zoo.training.reporting.drawings import show

    made = run.Run.open(given.run)
    averaged = made.config.ema is not None
    model, data = made.model(given.checkpoint, averaged), made.data()
    about = {"config": made.config.as_published()}
    version = save(model, given.to, metadata=about, batch_size=given.batch_size)
    draw = functools.partial(show, model, data=data)
    metrics = made.metrics(given.checkpoint, averaged)
    print(f"{version}\n{card.write(made, model, data, given.to, version, metrics, draw)}")


def serve_check(given):
    from zoo.export import serve_check
    from zoo.export.load import find

    find(given.directory)  # refuses at once what is no export
    words = ["--seconds", str(given.seconds), *["--json"] * given.json]
    return serve_check.main([given.directory, *words])


def new(given):
    from zoo.training import scaffold

    fields = given.as_dict()
    paths, left = scaffold.new(cls=fields.pop("class_name"), **fields)
    print("\n".join(["Written:", *map(str, paths), "", "Left to do:", *left]))


COMMANDS = {
    "list": list_models,
    "info": info,
    "data": survey,
    "train": train,
    "tune": tune,
    "evaluate": evaluate,
    "sample": sample,
    "export": export,
    "serve-check": serve_check,
    "new": new,
}
if __name__ == "__main__":
    sys.exit(main())
