"""The options of the `zoo` command. Imports no TensorFlow."""

import importlib.metadata

from jsonargparse import ArgumentParser

from zoo.training.data.options import survey_options
from zoo.training.option_types import Help
from zoo.training.training_options import train_options, tune_options


def parser(command=None, name=None, own=None):
    """The parser of the command line; only the options of one command are in it.

    Args:
        command: the first word of the command line.
        name, own: the model that it trains, and the settings of its class.
    """
    top = ArgumentParser(
        prog="zoo",
        description="Trains, evaluates, samples and exports generative models.",
        epilog=f"{EXIT_CODES}example: zoo train vae --data digits --epochs 20 --out runs/vae",
        version=importlib.metadata.version("keras-generative-zoo"),
        **PARSING,
    )
    commands = top.add_subcommands(required=False, metavar="COMMAND", title="commands")
    for each, (_, description, _) in PARSERS.items():
        one = parser_of(each, name, own) if each == command else ArgumentParser(**PARSING)
        commands.add_subcommand(each, one, help=description)
    return top


def parser_of(command, name=None, own=None):
    """The parser of one command; that of `train` has the settings `own` of one class."""
    make, description, example = PARSERS[command]
    usual = {"prog": f"zoo {command}", "description": f"{description}.", **PARSING}
    made = ArgumentParser(epilog=f"{CODES.get(command, '')}example: {example}", **usual)
    make(made, name, own or {}) if command in OF_A_MODEL else make(made)
    return made


PARSING = {
    "exit_on_error": False,
    "allow_abbrev": False,
    "formatter_class": Help,
}


def list_options(made):
    made.add_argument("--family", type=str | None, help="list only the models of this family")
    made.add_argument(
        "--presets", action="store_true", help="list the trained models that are available"
    )


def info_options(made):
    made.add_argument("model", metavar="NAME", type=str, help="name of a model; see `zoo list`")


def evaluate_options(made):
    from zoo.training.measures import MEASURES, USUAL

    run_option(made)
    averaged_option(made)
    made.add_argument(
        "--count", type=int, default=1000, help="number of samples to compare with data"
    )
    made.add_argument("--seed", type=int, default=0, help="seed of the samples")
    usual, more = ", ".join(USUAL), ", ".join(name for name in MEASURES if name not in USUAL)
    text = f"names of metrics, or `all`; null: {usual}; others: {more}"
    made.add_argument("--metrics", nargs="+", help=text)
    made.add_argument(
        "--extractor", type=str | None, help="features: pixels, inception or classifier:DATA"
    )
    made.add_argument("--report", type=bool, default=True, help="also write report.html")


def sample_options(made):
    run_option(made)
    averaged_option(made)
    made.add_argument("--count", type=int, default=64, help="number of samples")
    made.add_argument("--seed", type=int, default=0, help="seed of the samples")
    made.add_argument(
        "--label", type=str | None, help="class, by name or number; null: every class"
    )
    text = "png (a picture), npy or csv (numbers); null: that of --out"
    made.add_argument("--format", type=str | None, help=text)
    made.add_argument("--out", type=str | None, help="file; null: samples.png of the run")


def export_options(made):
    run_option(made)
    made.add_argument("--to", type=str, required=True, help="folder of the versions of the model")
    made.add_argument(
        "--batch-size",
        type=int | None,
        help="largest batch of a server that batches requests; null: no batching",
    )


def serve_check_options(made):
    made.add_argument("directory", metavar="DIR", type=str, help="folder that `zoo export` wrote")
    made.add_argument(
        "--seconds", type=float, default=10.0, help="seconds for which 64 clients send requests"
    )
    made.add_argument("--json", type=bool, nargs="?", const=True, default=False, help="print JSON")


def compare_options(made):
    made.add_argument("runs", metavar="RUN", nargs="+", type=str, help="folders of finished runs")
    made.add_argument("--count", type=int, default=1000, help="of samples, where they are measured")
    made.add_argument("--seed", type=int, default=0, help="of the samples")
    made.add_argument("--out", type=str, default="comparison.html", help="the page that is written")


def completion_options(made):
    made.add_argument("shell", metavar="SHELL", type=str, help="bash, zsh or tcsh")


def no_options(made):
    pass


def new_options(made):
    add = made.add_argument
    add("name", metavar="NAME", type=str, help="of the file, such as toy_vae")
    add("--family", type=str, required=True, help="folder of zoo/ that it belongs to")
    add("--title", type=str, required=True, help="title of the paper")
    add("--authors", type=str, required=True, help='authors of the paper, such as "Doe et al."')
    add("--year", type=int, required=True, help="year of the paper")
    add("--objective", type=str | None, help="objective in a few words, for the README")
    add("--class-name", type=str | None, help="name of the class; null is NAME in camel case")
    add("--like", type=str | None, help="paper of the family to take the base class from")


def run_option(made):
    made.add_argument("run", metavar="RUN", type=str, help="folder that `zoo train` wrote")
    text = "latest or best; null: the model at the end of training"
    made.add_argument("--checkpoint", type=str | None, help=text)


def averaged_option(made):
    text = "use the moving averages of the weights (--ema), as `zoo export` does"
    made.add_argument("--averaged", type=bool, nargs="?", const=True, default=False, help=text)


OF_A_MODEL = ("train", "tune")  # commands with the settings of a class
EXIT_CODES = """\
exit codes: 0 done; 1 serve-check found a promise broken; 2 refused or failed, one line says why;
75 stopped by SIGTERM or Ctrl-C, the same command goes on; 130 Ctrl-C in other commands

"""
CODES = {
    "tune": (
        "exit codes: 0 finished; 2 error, or every trial failed or diverged; 75 stopped: the same\n"
        "command continues the search, with every finished trial\n\n"
    ),
    "train": (
        "exit codes: 0 finished; 2 error, diverged or not written; 75 stopped by SIGTERM or\n"
        "Ctrl-C with the state saved: the same command continues the run, bit-exactly\n\n"
    ),
    "serve-check": "exit codes: 0 all promises are kept; 1 one is broken; 2 it is no export\n\n",
}
PARSERS = {  # command -> what adds its options, its description, an example
    "list": (list_options, "Lists the models", "zoo list --family gan"),
    "info": (
        info_options,
        "Describes one model: formulas, players, settings, verbs",
        "zoo info wgan_gp",
    ),
    "recipes": (no_options, "Lists the recipes, each a tested config", "zoo recipes"),
    "data": (
        survey_options,
        "Tells what a data set holds, how it is read and how to train on it",
        "zoo data photographs/ --size 64",
    ),
    "train": (
        train_options,
        "Trains a model; `zoo train NAME --help` lists the settings of NAME too",
        "zoo train beta_vae --data digits --epochs 20 --model.beta 4 --out runs/beta",
    ),
    "tune": (
        tune_options,
        "Searches settings of a model; every trial is a run",
        "zoo tune beta_vae --data digits --objective val_mmd --trials 8 --out runs/tune",
    ),
    "evaluate": (
        evaluate_options,
        "Evaluates a trained model on held-out data",
        "zoo evaluate runs/vae --count 1000 --metrics fid prd",
    ),
    "sample": (
        sample_options,
        "Draws from a trained model, or translates held-out data: a picture or numbers",
        "zoo sample runs/vae --count 64 --seed 0 --out grid.png",
    ),
    "compare": (
        compare_options,
        "Measures runs side by side, and tells whether they differ",
        "zoo compare runs/vae runs/beta --out comparison.html",
    ),
    "export": (
        export_options,
        "Exports a trained model for TensorFlow Serving",
        "zoo export runs/vae --to served/vae",
    ),
    "serve-check": (
        serve_check_options,
        "Tests an exported model with every kind of request",
        "zoo serve-check served/vae --seconds 60",
    ),
    "completion": (
        completion_options,
        "Prints a script with which a shell completes the command",
        "zoo completion bash > ~/.local/share/bash-completion/completions/zoo",
    ),
    "new": (
        new_options,
        "Writes the files of a new model into a checkout, all but its formulas",
        'zoo new toy_vae --family vae --title "A toy" --authors "Doe" --year 2020',
    ),
}
