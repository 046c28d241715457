"""The options of the `zoo` command, and its errors on wrong ones. Imports no TensorFlow."""

import argparse
import importlib.metadata

from jsonargparse import (
    ActionConfigFile,  # pyright: ignore[reportPrivateImportUsage]  it is public
    ArgumentParser,
)

from zoo.training.data.options import data_options, survey_options
from zoo.training.option_types import Help, Sizes


def parser(name=None, own=None):
    """The parser of the command; that of `train` has the settings `own` of one class."""
    top = ArgumentParser(
        prog="zoo",
        description="Trains, evaluates, samples and exports generative models.",
        epilog="example: zoo train vae --data digits --epochs 20 --out runs/vae",
        version=importlib.metadata.version("keras-generative-zoo"),
        **PARSING,
    )
    commands = top.add_subcommands(required=False, metavar="COMMAND", title="commands")
    for command, (make, words_of, example) in PARSERS.items():
        usual = {"prog": f"zoo {command}", "description": f"{words_of}.", **PARSING}
        made = ArgumentParser(epilog=f"{CODES.get(command, '')}example: {example}", **usual)
        make(made, name, own or {}) if command in OF_A_MODEL else make(made)
        commands.add_subcommand(command, made, help=words_of)
    return top


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


def train_options(made, name, own):
    made.add_argument(
        "--config",
        action=ActionConfigFile,
        help="YAML file of options; options of the command line override it",
    )
    add = made.add_argument
    add(
        "model.name",
        nargs="?",
        default=name,
        metavar="NAME",
        help="name of a model; see `zoo list`",
    )
    data_options(made)
    add("--out", type=str | None, help="folder of the run; a stopped run in it is continued")
    add(
        "--resume",
        type=str | None,
        metavar="RUN",
        help="continue the run in this folder; no other option is allowed",
    )
    fit_options(made)
    add(
        "--sample-every", type=int | None, help="epochs between images; null: a tenth of all epochs"
    )
    add(
        "--save-every",
        type=int | None,
        help="epochs between checkpoints; null: a tenth of all epochs",
    )
    add(
        "--save-every-steps",
        type=int | None,
        help="steps between checkpoints within an epoch; null: none",
    )
    add(
        "--on-divergence",
        type=str,
        default="stop",
        help="stop, or rollback: restore the last checkpoint, halve learning rates",
    )
    add("--versions", type=dict | None, help=argparse.SUPPRESS)  # written by runs, not read
    model_options(made, own)


def tune_options(made, name, own):
    add = made.add_argument
    add(
        "model.name",
        nargs="?",
        default=name,
        metavar="NAME",
        help="name of a model; see `zoo list`",
    )
    data_options(made)
    add("--out", type=str | None, help="folder of the search; a stopped search in it is continued")
    text = "val_mmd, val_fid, val_kid, val_coverage, val_likelihood, val_nac, or val_LOG"
    add("--objective", type=str, default="val_mmd", help=text)
    add("--trials", type=int, default=10, help="number of settings to try")
    add("--tuner", type=str, default="random", help="random, bayesian or hyperband")
    add("--vary", nargs="+", help="settings to search; null: those that `zoo info NAME` lists")
    fit_options(made)
    model_options(made, own)


def fit_options(made):
    add = made.add_argument
    add("--epochs", type=int, default=20, help="passes over the training data")
    add(
        "--batch-size",
        type=int | None,
        help="batch size of one update; null: the default of the model",
    )
    add("--latent-dim", type=int, default=16, help="dimension of the code or of the noise")
    add("--seed", type=int, default=0, help="seed of data, weights, order and noise")
    add(
        "--learning-rate",
        type=float | dict[str, float] | None,
        help="learning rate of all players, or of each; null: that of the paper",
    )
    text = "float32, mixed_bfloat16 or mixed_float16: policy of the networks"
    add("--precision", type=str, default="float32", help=text)
    add(
        "--jit-compile",
        type=bool | None,
        nargs="?",
        const=True,
        help="compile the training step by XLA; null: where that pays",
    )
    add(
        "--steps-per-execution",
        type=int | None,
        help="training steps in one call; null: several where they are short",
    )
    add(
        "--accumulate",
        type=int,
        default=1,
        help="gradient accumulation: slices of a batch; saves memory",
    )
    add("--ema", type=float | None, help="decay of moving averages of the weights, such as 0.999")
    text = "one device, mirrored (all GPUs), workers (by TF_CONFIG) or tpu"
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
        "--out", type=str | None, help="PNG file; null: samples.png in the folder of the run"
    )


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
CODES = {
    "tune": (
        "exit codes: 0 finished; 2 error, or every trial failed or diverged; 75 stopped: the same\n"
        "command continues the search, with every finished trial\n\n"
    ),
    "train": (
        "exit codes: 0 finished; 2 error, diverged or not written; 75 stopped by SIGTERM or\n"
        "Ctrl-C with the state saved: the same command continues the run, bit-exactly\n\n"
    ),
}
PARSERS = {  # command -> what adds its options, its description, an example
    "list": (list_options, "Lists the models", "zoo list --family gan"),
    "info": (
        info_options,
        "Describes one model: formulas, players, settings, verbs",
        "zoo info wgan_gp",
    ),
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
        "Writes samples of a trained model, or translations of held-out data, as a PNG",
        "zoo sample runs/vae --count 64 --seed 0 --out grid.png",
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
    "new": (
        new_options,
        "Writes the files of a new model into a checkout, all but its formulas",
        'zoo new toy_vae --family vae --title "A toy" --authors "Doe" --year 2020',
    ),
}
