"""The `zoo` command: train, tune, evaluate, sample from and export the models of the zoo.

Help, lists and refusals of names and values answer without importing TensorFlow.
"""

import argparse
import contextlib
import itertools
import os
import pathlib
import sys

from zoo.contract import settings
from zoo.training.commands import models, trainings, uses
from zoo.training.fault_tolerance import interrupts
from zoo.training.option_errors import words
from zoo.training.options import OF_A_MODEL, parser
from zoo.training.tuning import objectives

BEFORE = ("config", "recipe", "data", "data_dir", "out", "resume", "from", "objective", "tuner")


def main(argv=None):
    """Runs one command; returns the exit code.

    0; 1 where `zoo serve-check` finds a promise broken; 2 where what was asked is refused or
    failed; 75 where training was stopped, its state saved; 130 after Ctrl-C elsewhere.
    """
    is_process = argv is None
    argv = [str(word) for word in (sys.argv[1:] if argv is None else argv)]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    command = argv[0] if argv and argv[0] in COMMANDS else None
    prog, known = f"zoo {command}" if command else "zoo", None
    try:
        argv = with_recipe(argv)
        given = beforehand(argv)
        with trainings.claimed(given) if command == "train" else contextlib.nullcontext():
            known = parser(command, *model_settings(argv, given))
            parsed = known.parse_args(argv)
            if parsed.subcommand is None:
                known.print_help()
                return 0
            return COMMANDS[parsed.subcommand](parsed[parsed.subcommand], named(argv)) or 0
    except interrupts.Stopped as stopped:
        if is_process:
            interrupts.ignore()
        print(f"{prog}: {stopped}", file=sys.stderr)
        return stopped.code
    except argparse.ArgumentError as error:
        return refuse(prog, words(str(error), known, argv))
    except KeyboardInterrupt:
        print(f"{prog}: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        if "ZOO_TRACEBACK" in os.environ:
            raise
        return refuse(prog, reason(error))


def reason(error):
    """What an error says; of one that nobody has foreseen also its kind, and where to see more."""
    if isinstance(error, (ValueError, TypeError, OSError, ImportError)) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error} (ZOO_TRACEBACK=1 shows where)"


def refuse(prog, message):
    """Writes an error on one line; returns the exit code."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    print(f"{prog}: error: {' '.join(lines)[:1000]}", file=sys.stderr)
    return 2


def with_recipe(argv):
    """The command line with the config of a recipe in the place of its name."""
    if argv[:1] != ["train"]:
        return argv
    replaced, words_left = [], iter(argv)
    for word in words_left:
        option, equals, name = word.partition("=")
        if option == "--recipe":
            from zoo.training.describe import recipe_file

            name = name if equals else next(words_left, "")
            replaced += ["--config", str(recipe_file(name))]
        else:
            replaced.append(word)
    return replaced


def named(argv):
    """Names of the options that a command line gives, as configs spell them: "model.beta"."""
    options = {word.partition("=")[0][2:] for word in argv if word.startswith("--")}
    names = {option.replace("-", "_") for option in options}
    names |= {option.partition(".")[0] for option in names if not option.startswith("model.")}
    return names | ({"name"} if len(argv) > 1 and not argv[1].startswith("-") else set())


def beforehand(argv):
    """Option -> word, of the options that are looked at before the others are known."""
    given = {}
    for word, following in itertools.pairwise([*argv, None]):
        option, equals, value = str(word).partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if option.startswith("--") and name in BEFORE and (equals or following is not None):
            given[name] = value if equals else following
    return given


def model_settings(argv, given):
    """The model that a command is about to train, and the settings of its class.

    Its name and the data's are looked up first, so that a wrong one costs no import.
    """
    if argv[:1] not in [[command] for command in OF_A_MODEL]:
        return None, {}
    fields = {**from_config(given.get("config")), **given}
    if len(argv) > 1 and not argv[1].startswith("-"):
        fields["model"] = argv[1]
    for key, value in fields.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"`{key}` must be a name; quote it. Received: {value!r}.")
    objectives.require_named(fields.get("objective"), fields.get("tuner"))
    if fields.get("data") is not None:
        require_data(fields["data"], fields.get("data_dir"))
    if fields.get("model") is None:
        return None, {}
    from zoo import catalogue
    from zoo.training import sources

    name = catalogue.find(fields["model"]).name
    return name, settings.of(sources.stated(name))


def from_config(path):
    """What a config file says of model and data."""
    if path is None:
        return {}
    from zoo.training.config_files import read_yaml

    fields = read_yaml(path)
    own = fields.get("model")
    model = own.get("name") if isinstance(own, dict) else None
    return {"model": model, **{key: fields.get(key) for key in ("data", "data_dir")}}


def require_data(name, data_dir):
    """Refuses a name that no data set has, before TensorFlow or TFDS are imported."""
    from zoo.training import data
    from zoo.training.checks import nearest

    kind, _ = data.kind_of(name)
    if name in data.names() or kind is not None:
        return
    folder = pathlib.Path(data_dir or os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"))
    if ".." in name or not (folder.expanduser() / name.split("/")[0]).is_dir():
        raise ValueError(
            f"`data` must be one of {', '.join(data.names())}, a path, or TFDS data that are "
            f"prepared in {str(folder)!r} (--data-dir). Received: {name!r}."
            f"{nearest(name, data.names(), cutoff=0.5)}"
        )


COMMANDS = {
    "list": models.list_models,
    "info": models.info,
    "recipes": models.recipes,
    "data": models.survey,
    "train": trainings.train,
    "tune": trainings.tune,
    "evaluate": uses.evaluate,
    "sample": uses.sample,
    "compare": uses.compare,
    "export": uses.export,
    "serve-check": uses.serve_check,
    "completion": models.completion,
    "new": models.new,
}
if __name__ == "__main__":
    sys.exit(main())
