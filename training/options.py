"""The options of the `zoo` command, and what it says of wrong ones. Imports no TensorFlow."""

import argparse
import difflib
import importlib.metadata
import re

from jsonargparse import ActionConfigFile, ArgumentParser, DefaultHelpFormatter

from zoo.training.data.options import data_options, survey_options
from zoo.training.sizes import Sizes


class Help(argparse.RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Help with types and defaults, its example on one line."""


def parser(name=None, own=None):
    """The parser of the command; that of `train` has the settings `own` of one class."""
    top = ArgumentParser(
        prog="zoo",
        description="Trains, measures, samples and exports the generative models of the zoo.",
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
    made.add_argument("--family", type=str | None, help="only the models of this family")
    made.add_argument("--presets", action="store_true", help="the trained models that are here")


def info_options(made):
    made.add_argument("model", metavar="NAME", type=str, help="of a model; see `zoo list`")


def train_options(made, name, own):
    made.add_argument("--config", action=ActionConfigFile, help="YAML; options override it")
    add = made.add_argument
    add("model.name", nargs="?", default=name, metavar="NAME", help="of a model; see `zoo list`")
    data_options(made)
    add("--out", type=str | None, help="folder of the run; one that was stopped goes on there")
    add(
        "--resume",
        type=str | None,
        metavar="RUN",
        help="go on with this run; takes no other option",
    )
    fit_options(made)
    add("--sample-every", type=int | None, help="epochs between pictures; null is a tenth of all")
    add("--save-every", type=int | None, help="epochs between checkpoints; null is a tenth of all")
    add("--save-every-steps", type=int | None, help="steps between checkpoints within an epoch")
    add("--on-divergence", type=str, default="stop", help="stop, or rollback with lower rates")
    add("--versions", type=dict | None, help=argparse.SUPPRESS)  # written by runs, not read
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
    made.add_argument("--out", type=str | None, help="PNG file; null is samples.png of the run")


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
CODES = {
    "tune": (
        "exit codes: 0 searched; 2 refused, or every trial failed or diverged; 75 stopped: the\n"
        "same command goes on there, with every finished trial\n\n"
    ),
    "train": (
        "exit codes: 0 trained; 2 refused, diverged or not written; 75 stopped by SIGTERM or\n"
        "Ctrl-C with the state saved: the same command goes on there, to the bit\n\n"
    ),
}
PARSERS = {  # command -> what adds its options, its description, an example
    "list": (list_options, "Lists the models", "zoo list --family gan"),
    "info": (info_options, "Tells what is known of one model", "zoo info wgan_gp"),
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
        "Writes samples of a trained model, or translations of held-out data, as a PNG",
        "zoo sample runs/vae --count 64 --seed 0 --out grid.png",
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
    "new": (
        new_options,
        "Writes the files of a new model into a checkout, all but its formulas",
        'zoo new toy_vae --family vae --title "A toy" --authors "Doe" --year 2020',
    ),
}


def words(message, known, argv):
    """What jsonargparse says, in one line and in the words of the other errors."""
    message = " ".join(message.split())
    wrong = re.search(
        r"(?:unrecognized arguments:|accept option|^Option) '?(--?)?([^\s'=]+)", message
    )
    if wrong:
        options = option_names(known, argv)
        near = difflib.get_close_matches(wrong[2].replace("-", "_"), options, n=3, cutoff=0.5)
        nearest = ", ".join(f"--{options[key]}" for key in near) or f"see `{' '.join(argv[:1])} -h`"
        return f"No such option. Received: {wrong[1] or ''}{wrong[2]}. Nearest: {nearest}."
    key = re.search(r'^Parser key "([^"]+)":', message)
    value = re.search(r"(?:Got value|Given value): (.*)$", message)
    kinds = re.findall(r"Expected an? (?:<class '(\w+)'>|([\w ]+))", message)
    if key and value and kinds:
        accepted = " or ".join(KINDS.get(a or b, a or b) for a, b in kinds)
        return f"`{key[1]}` must be {accepted}. Received: {value[1]}."
    if key and "Not of type Sizes: " in message:
        return f"`{key[1]}` {message.partition('Not of type Sizes: ')[2]}"
    choice = re.search(r"invalid choice: '([^']*)'", message)
    if choice:
        near = difflib.get_close_matches(choice[1], PARSERS, n=2, cutoff=0.4) or PARSERS
        return f"No such command. Received: {choice[1]}. Nearest: {', '.join(near)}."
    message = re.sub(r"(are required: )\w+\.(\w+)", r"\1\2", message)
    return re.sub(r'^Parser key "([^"]+)":', r"`\1`:", message)


KINDS = {"int": "an integer", "float": "a number", "bool": "true or false", "NoneType": "null"}
KINDS |= {"dict": "a number for each player", "str": "a string", "Sizes": "such as 64,48"}


def option_names(known, argv):
    """Names of the options of the command in `argv`: as in configs -> as typed."""
    actions = known._subcommands_action._name_parser_map[argv[0]]._actions
    names = [o for action in actions for o in action.option_strings if o.startswith("--")]
    return {name[2:].replace("-", "_"): name[2:] for name in names}
