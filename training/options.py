"""The options of the `zoo` command. Imports no TensorFlow."""

import argparse
import importlib.metadata

from jsonargparse import ActionConfigFile, ArgumentParser, DefaultHelpFormatter
from jsonargparse.typing import register_type


class Help(argparse.RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Help with types and defaults, its example on one line."""


class Sizes(tuple):
    """Positive integers, written 32,64 or [32, 64]."""


def _sizes(given):
    words = given.strip("[]() ").split(",") if isinstance(given, str) else list(given)
    try:
        sizes = Sizes(int(n) if isinstance(n, str) else n for n in words)
    except ValueError:
        sizes = ()
    if not sizes or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"must be positive integers, such as 32,64. Received: {given}.")
    return sizes


register_type(Sizes, list, _sizes)


def parser(command=None, name=None, own=None):
    """The parser of the command line; only the options of one command are in it.

    Args:
        command: the first word of the command line.
        name, own: the model that it trains, and the settings of its class.
    """
    top = ArgumentParser(
        prog="zoo",
        description="Trains, measures, samples and exports the generative models of the zoo.",
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
    made.add_argument("--family", type=str | None, help="only the models of this family")
    made.add_argument("--presets", action="store_true", help="the trained models that are here")


def info_options(made):
    made.add_argument("model", metavar="NAME", type=str, help="of a model; see `zoo list`")


def train_options(made, name, own):
    made.add_argument("--config", action=ActionConfigFile, help="YAML; options override it")
    add = made.add_argument
    add("--recipe", type=str | None, help="the config of a recipe; see `zoo recipes`")
    add("model.name", nargs="?", default=name, metavar="NAME", help="of a model; see `zoo list`")
    data_options(made)
    add("--out", type=str | None, help="folder of the run; one that was stopped goes on there")
    text = "go on with this run, or continue it for more --epochs or at another --learning-rate"
    add("--resume", type=str | None, metavar="RUN", help=text)
    text = "go on where data, seed or options are others than the run began with"
    add("--accept-changes", type=bool, nargs="?", const=True, default=False, help=text)
    add("--from", type=str | None, help="run, preset or .keras file to begin with")
    text = "parts that stay as they are, such as encoder, or layers, such as encoder/conv*"
    add("--freeze", nargs="+", type=str, default=[], help=text)
    fit_options(made)
    add("--steps-per-epoch", type=int | None, help="of an epoch; null is as many as the data fill")
    add("--sample-every", type=int | None, help="epochs between pictures; null is a tenth of all")
    add("--save-every", type=int | None, help="epochs between checkpoints; null is a tenth of all")
    add("--save-every-steps", type=int | None, help="steps between checkpoints within an epoch")
    add("--on-divergence", type=str, default="stop", help="stop, or rollback with lower rates")
    for entry in ("versions", "changes"):  # written by runs, not read
        add(f"--{entry}", type=dict | list | None, help=argparse.SUPPRESS)
    model_options(made, own)


def tune_options(made, name, own):
    add = made.add_argument
    add("model.name", nargs="?", default=name, metavar="NAME", help="of a model; see `zoo list`")
    data_options(made)
    add("--out", type=str | None, help="folder of the search; one that was stopped goes on there")
    text = "val_mmd, val_fid, val_kid, val_coverage, val_likelihood, val_nac, or val_ and a log"
    add("--objective", type=str, default="val_mmd", help=text)
    add("--trials", type=int, default=10, help="settings to try")
    add("--tuner", type=str, default="random", help="random, bayesian or hyperband")
    add("--vary", nargs="+", help="names to search; null is those of `zoo info NAME`")
    fit_options(made)
    model_options(made, own)


def data_options(made):
    add = made.add_argument
    add("--data", type=str, default="digits", help="name of a data set")
    add("--data-dir", type=str | None, help="folder of data that is not built in")
    add("--size", type=int | None, help="side to resize images to")
    add("--limit", type=int | None, help="most training examples to use")
    add("--labels-per-class", type=int | None, help="known labels of a class; null is all")


def fit_options(made):
    add = made.add_argument
    add("--epochs", type=int, default=20, help="passes over the training data")
    add("--batch-size", type=int | None, help="of one move; null is the model's own")
    add("--latent-dim", type=int, default=16, help="size of the code or noise")
    add("--seed", type=int, default=0, help="of data, weights, order and noise")
    add(
        "--learning-rate",
        type=float | dict[str, float] | None,
        help="of all players or one; null is the paper's",
    )
    text = "float32, mixed_bfloat16 or mixed_float16: what networks compute in"
    add("--precision", type=str, default="float32", help=text)
    add("--jit-compile", type=bool, nargs="?", const=True, default=False, help="use XLA")
    add("--steps-per-execution", type=int, default=1, help="steps of one call; speed alone")
    add("--accumulate", type=int, default=1, help="slices of a batch, computed in turn; memory")
    add("--ema", type=float | None, help="decay of averages of the weights, such as 0.999")
    text = "one, mirrored (every GPU), workers (told by TF_CONFIG) or tpu"
    add("--strategy", type=str, default="one", help=text)


def model_options(made, own):
    for key, setting in own.items():
        kind = Sizes if setting.kind.type is tuple else setting.kind.type
        default = Sizes(setting.default) if kind is Sizes else setting.default
        kind = kind | None if setting.optional else kind
        text = setting.description.replace("%", "%%")
        usual = {"default": default, "metavar": key.upper(), "help": text}
        made.add_argument(f"--model.{key}", type=kind, **usual)


def evaluate_options(made):
    from zoo.training.measures import MEASURES, USUAL

    run_option(made)
    averaged_option(made)
    made.add_argument("--count", type=int, default=1000, help="of samples to compare with data")
    made.add_argument("--seed", type=int, default=0, help="of the samples")
    usual, more = ", ".join(USUAL), ", ".join(name for name in MEASURES if name not in USUAL)
    text = f"by name, or `all`: {usual}, which are those of null, and {more}"
    made.add_argument("--metrics", nargs="+", help=text)
    made.add_argument("--extractor", type=str | None, help="pixels, inception or classifier:DATA")
    made.add_argument("--report", type=bool, default=True, help="write report.html as well")


def sample_options(made):
    run_option(made)
    averaged_option(made)
    made.add_argument("--count", type=int, default=64, help="of samples")
    made.add_argument("--seed", type=int, default=0, help="of the samples")
    made.add_argument("--label", type=str | None, help="class, by name or number; null is each")
    text = "png (a picture), npy or csv (numbers); null is that of --out"
    made.add_argument("--format", type=str | None, help=text)
    made.add_argument("--out", type=str | None, help="file; null is samples.png of the run")


def export_options(made):
    run_option(made)
    made.add_argument("--to", type=str, required=True, help="folder of the model's versions")
    made.add_argument(
        "--batch-size", type=int | None, help="rows a server may run together; null: no batching"
    )


def serve_check_options(made):
    made.add_argument("directory", metavar="DIR", type=str, help="folder that `zoo export` wrote")
    made.add_argument("--seconds", type=float, default=10.0, help="that 64 clients ask at once")
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
    text = "latest or best, instead of the model that training ended with"
    made.add_argument("--checkpoint", type=str | None, help=text)


def averaged_option(made):
    text = "use the averages of the weights that `--ema` kept, as `zoo export` does"
    made.add_argument("--averaged", type=bool, nargs="?", const=True, default=False, help=text)


OF_A_MODEL = ("train", "tune")  # commands with the settings of a class
EXIT_CODES = """\
exit codes: 0 done; 1 serve-check found a promise broken; 2 refused or failed, one line says why;
75 stopped by SIGTERM or Ctrl-C, the same command goes on; 130 Ctrl-C in other commands

"""
CODES = {
    "tune": (
        "exit codes: 0 searched; 2 refused, or every trial failed or diverged; 75 stopped: the\n"
        "same command goes on there, with every finished trial\n\n"
    ),
    "train": (
        "exit codes: 0 trained; 2 refused, diverged or not written; 75 stopped by SIGTERM or\n"
        "Ctrl-C with the state saved: the same command goes on there, bit-exactly\n\n"
    ),
    "serve-check": "exit codes: 0 all promises are kept; 1 one is broken; 2 it is no export\n\n",
}
PARSERS = {  # command -> what adds its options, its description, an example
    "list": (list_options, "Lists the models", "zoo list --family gan"),
    "info": (info_options, "Tells what is known of one model", "zoo info wgan_gp"),
    "recipes": (no_options, "Lists the recipes, each a config that was tried", "zoo recipes"),
    "train": (
        train_options,
        "Trains a model; `zoo train NAME --help` lists the settings of NAME too",
        "zoo train beta_vae --data digits --epochs 20 --model.beta 4 --out runs/beta",
    ),
    "tune": (
        tune_options,
        "Searches settings of a model for a measure; every trial is a run",
        "zoo tune beta_vae --data digits --objective val_mmd --trials 8 --out runs/tune",
    ),
    "evaluate": (
        evaluate_options,
        "Measures a trained model on held-out data",
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
        "Writes a trained model for TensorFlow Serving",
        "zoo export runs/vae --to served/vae",
    ),
    "serve-check": (
        serve_check_options,
        "Tries everything that a client can do to an exported model",
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
