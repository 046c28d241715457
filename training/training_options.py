"""The options of the commands that train: `train` and `tune`. Imports no TensorFlow."""

import argparse

from jsonargparse import (
    ActionConfigFile,  # pyright: ignore[reportPrivateImportUsage]  it is public
)

from zoo.training.data.dataset import VERSION
from zoo.training.data.options import data_options
from zoo.training.option_types import Sizes


def train_options(made, name, own):
    made.add_argument(
        "--config",
        action=ActionConfigFile,
        help="YAML file of options; options of the command line override it",
    )
    add = made.add_argument
    add("--recipe", type=str | None, help="config of a recipe; see `zoo recipes`")
    add(
        "model.name",
        nargs="?",
        default=name,
        metavar="NAME",
        help="name of a model; see `zoo list`",
    )
    data_options(made)
    add("--out", type=str | None, help="folder of the run; a stopped run in it is continued")
    text = "continue the run in this folder, or a finished one for more --epochs"
    add("--resume", type=str | None, metavar="RUN", help=text)
    text = "continue although data, seed or options differ from those at the start of the run"
    add("--accept-changes", type=bool, nargs="?", const=True, default=False, help=text)
    add("--from", type=str | None, help="run, preset or .keras file with the initial weights")
    text = "parts that are not trained, such as encoder, or layers, such as encoder/conv*"
    add("--freeze", nargs="+", type=str, default=[], help=text)
    fit_options(made)
    add("--steps-per-epoch", type=int | None, help="steps of an epoch; null: all the data")
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
    add("--data-version", type=int, default=VERSION, help=argparse.SUPPRESS)  # in configs of runs
    for entry in ("versions", "changes"):  # written by runs, not read
        add(f"--{entry}", type=dict | list | None, help=argparse.SUPPRESS)
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
