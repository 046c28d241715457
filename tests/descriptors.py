"""One row per model of the catalogue: what the conformance tests make and feed.

Exceptions to a promise stand in a row, by name and with the reason; the list only shrinks.
"""

import contextlib
import dataclasses
import functools
import pathlib
import tempfile
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from graphs import optimized

import zoo
from zoo.contract.settings import of as settings_of

IMAGE, VECTOR, SEQUENCE = (8, 8, 1), (6,), (5, 4)
CODE, BATCH, STEPS, RATE = 3, 4, 8, 1e-2
CLASSES = 3  # of models that take labels
POOLED = {"pool_size": 6, "identity_weight": 5.0}
BRIEF = {"prior_epochs": 2}  # of priors that are models
TINY = {"channels": (4, 8), "hidden": (8,), "seed": 1}


@dataclasses.dataclass(frozen=True)
class Row:
    """One model of the zoo at its smallest."""

    name: str
    called_on: str = "x"  # what `call`, and so `predict`, takes: data, codes, codes and labels
    still: dict = dataclasses.field(default_factory=dict)  # player -> weights without gradient
    shapes: tuple = (IMAGE, VECTOR)  # of data; most tests use the first
    code: tuple = (CODE,)  # shape of one code
    encoded: tuple | None = None  # shape of what `encode` gives, where it is not a code
    settings: dict = dataclasses.field(default_factory=dict)  # that make it small, beside TINY
    state: dict = dataclasses.field(default_factory=dict)  # in which every player moves
    rate: float = RATE  # of plain descent, where two ways of training are compared
    looser: dict = dataclasses.field(default_factory=dict)  # mode -> (its limit, the reason)

    def limit(self, mode, usual):
        """What a difference in a mode of training, or where it is served, may be."""
        return self.looser.get(mode, (usual,))[0]

    def make(self, data_shape=None, **settings):
        """The model, always with the same weights."""
        keras.utils.set_random_seed(0)
        cls = zoo.model_class(self.name)
        known = {"seed", *settings_of(cls)}
        tiny = {key: value for key, value in TINY.items() if key in known}
        small = {**tiny, **self.settings, **settings}
        if "labels" in cls.targets:
            small["num_classes"] = CLASSES
        model = cls(**cls.default_arguments(data_shape or self.shapes[0], CODE, **small))
        for scalar, value in self.state.items():
            getattr(model, scalar).assign(value)
        return model

    def data(self, model, steps=STEPS):
        """Arrays of exactly `steps` steps with moves of BATCH examples."""
        count = BATCH * model.parts * steps
        return fed(model, np.random.default_rng(0).random((count, *model.data_shape), np.float32))


def fed(model, x):
    """x, and the y that the targets of the model ask for beside it: what `fit` takes."""
    random = np.random.default_rng(1)
    if model.targets == "none":
        return (x,)
    if model.targets in ("pair", "domain"):
        return x, random.random((len(x), *model.target_shape), np.float32)
    return x, random.integers(-1 if model.targets == "some_labels" else 0, CLASSES, len(x))


def last_bias(player):
    """A Wasserstein critic is trained on differences of its outputs: its last bias cancels."""
    return {player: (-1,)}


ROWS = {
    row.name: row
    for row in (
        Row("autoencoder"),
        Row("rae"),
        Row("ae_l2_gmm"),
        Row(
            "injflow_ae",
            looser={"served": (5e-5, "narrow components: a last bit of a code moves ln p by 2e-5")},
        ),
        Row(
            "vq_vae",
            code=(2, 2),
            settings={"num_codes": 5, "prior_hidden": (8,), "prior_epochs": 2},
            looser={"float16": (0.03, "encodings that lie between two codes")},
        ),
        Row("wae_mmd"),
        Row("wae_gan"),
        Row("mask_aae", still=last_bias("critic")),
        Row("flex_ae", still=last_bias("critic")),
        Row("flex_ae_sr", still={**last_bias("critic"), **last_bias("discriminator")}),
        Row("aae"),
        Row("supervised_aae", called_on="x, labels"),
        Row("semi_supervised_aae", still={"classifier": (-2, -1)}),  # its loss does not see z
        Row("clustering_aae", settings={"num_clusters": CLASSES}),
        Row("dim_reduction_aae", settings={"num_clusters": CLASSES}),
        Row("vae"),
        Row("fixed_variance_vae"),
        Row("learned_variance_vae"),
        Row("heteroscedastic_vae"),
        Row("beta_vae"),
        Row(
            "factor_vae",
            looser={"bfloat16": (0.1, "a density ratio, which is a difference of large logits")},
        ),
        Row("capacity_vae", settings={"warm_up": 4}),
        Row("info_vae"),
        Row("latent_distance_vae", settings={"clip": 0.1}),
        Row("iaf_vae", settings={"depth": 2, "flow_hidden": (8,)}),
        Row("planar_flow_vae", settings={"depth": 2}),
        Row("td_vae", shapes=(SEQUENCE, (5, 8, 8, 1)), settings={"horizon": 3}),
        Row("vamp_prior_vae", settings={"components": 5, "warm_up": 4}),
        Row("hierarchical_prior_vae", state={"met": 1.0}),
        Row(
            "resampled_prior_vae",
            settings={"truncation": 5, "prior_draws": 8, "acceptance_hidden": (8,)},
        ),
        Row("implicit_prior_vae", settings={"critic_moves": 2, "candidates": 5, "warm_up": 4}),
        Row("stick_breaking_vae"),
        Row("two_stage_vae", settings={"prior_epochs": 2}),
        Row("cvae"),
        Row("m2_vae"),
        Row("siddharth_ssvae", settings={"draws": 2}),
        Row("structured_output_cvae", settings={"draws": 2, "with_baseline": True}),
        Row("mog_vae_classifier", settings={"draws": 2}),
        Row(
            "truncated_mog_vae",
            settings={"num_clusters": CLASSES, "pretrain_steps": 2, "draws": 2},
            rate=1e-4,  # as those of mog_vae_cluster
        ),
        Row("gmvae", settings={"num_clusters": CLASSES, "style_dim": 2, "draws": 2}),
        Row(
            "mog_vae_cluster",
            settings={"num_clusters": CLASSES, "pretrain_steps": 2},
            rate=1e-4,  # its clusters of four codes are narrow: larger steps amplify rounding
        ),
        Row("made", settings={"orders": 2}),
        Row("linear_gaussian_lvm", shapes=(VECTOR,)),
        Row("discrete_lvm", encoded=(CLASSES,), settings={"num_components": CLASSES}),
        Row(
            "generative_classifier",
            shapes=(VECTOR, IMAGE),
            still={"density": (0, 1, 2)},  # those of a class that four rows lack
        ),
        Row("maf", shapes=(VECTOR,), code=VECTOR, settings={"depth": 2, "batch_norm": True}),
        Row("gan", called_on="z"),
        Row("nsgan", called_on="z"),
        Row("dcgan", called_on="z", shapes=(IMAGE,), settings={"width": 2, "kernel": 3}),
        Row("lsgan", called_on="z"),
        Row("fgan", called_on="z"),
        Row("density_ratio_gan", called_on="z"),
        Row("wgan", called_on="z", still=last_bias("discriminator")),
        Row("wgan_gp", called_on="z", still=last_bias("discriminator")),
        Row(
            "sngan",
            called_on="z",
            still=last_bias("discriminator"),  # within the margin of the hinge, too
            shapes=(VECTOR, IMAGE),  # residual networks are slow to trace
            settings={"discriminator_moves": 2},
        ),
        Row("ebgan", called_on="z"),
        Row("began", called_on="z"),
        Row("bayesian_gan", settings={"num_generators": 2, "num_discriminators": 1}),
        Row("unrolled_gan", called_on="z", settings={"unrolled_steps": 2}),
        Row("consensus_gan", called_on="z"),
        Row("nagarajan_gan", called_on="z"),
        Row("roth_gan", called_on="z"),
        Row("grad_penalty_gan", called_on="z"),
        Row("instance_noise_gan", called_on="z", settings={"annealing_steps": 20}),
        Row("minimax_game", shapes=((1,),), code=(2,)),
        Row("cgan", called_on="z, labels", shapes=(VECTOR, IMAGE)),
        Row("sgan", called_on="z"),
        Row("acgan", called_on="z, labels"),
        Row(
            "infogan",
            called_on="z",
            code=(CODE + 5,),
            encoded=(5,),
            settings={"categories": (CLASSES,), "continuous": 2},
        ),
        Row(
            "projection_gan",
            called_on="z, labels",
            shapes=(VECTOR, IMAGE),
            settings={"discriminator_moves": 2},
        ),
        Row(
            "sagan",
            called_on="z, labels",
            shapes=(IMAGE,),
            settings={"width": 2},
            still={"discriminator": (7, 8, 9, 10)},  # of attention, whose gain starts at 0
        ),
        Row(
            "biggan",
            called_on="z, labels",
            shapes=(IMAGE,),
            settings={"width": 2, "shared_size": 4, "average_start": 2},
        ),
        Row("vae_gan"),
        Row("distribution_matching_vae"),
        Row("ali"),
        Row("anogan", called_on="z", settings={"search_steps": 2, "restarts": 2}),
        Row("pix2pix", shapes=(IMAGE, (9, 12, 2))),
        Row(
            "cyclegan",
            shapes=(IMAGE, (9, 12, 2)),
            settings={"channels": (4,), "blocks": 1, "patch_channels": (4,), **POOLED},
            rate=3e-4,  # cycles weigh ten times a loss: larger steps diverge
        ),
        Row("denoising_gan", shapes=(IMAGE, (9, 12, 2))),
        Row(
            "modality_transfer_gan",
            shapes=(IMAGE,),
            settings={"channels": (4,), "blocks": 1, "patch_channels": (4,), **POOLED},
            rate=3e-4,
        ),
    )
}
NORMALIZED = (
    *(
        "maf",
        "gan",
        "nsgan",
        "dcgan",
        "lsgan",
        "fgan",
        "density_ratio_gan",
        "wgan",
        "wgan_gp",
        "sngan",
        "bayesian_gan",
        "unrolled_gan",
    ),
    *("consensus_gan", "roth_gan", "grad_penalty_gan", "instance_noise_gan"),
    *("cgan", "sgan", "acgan", "projection_gan", "sagan", "biggan"),
    *("infogan", "vae_gan", "anogan"),
)
COUPLED = {  # what a model computes over a batch, and so over each slice of it
    **dict.fromkeys(NORMALIZED, "batch normalization"),
    "consensus_gan": "the length of a mean gradient",
    "unrolled_gan": "steps along a mean gradient",
    "vq_vae": "averages of the codebook",
    "wae_mmd": "a discrepancy",
    "flex_ae_sr": "lines between codes of a batch",
    "mask_aae": "the variance of codes",
    "factor_vae": "a permutation of codes",
    "capacity_vae": "the mean divergence within an absolute value",
    "info_vae": "a discrepancy",
    "latent_distance_vae": "pairs of rows",
    "gmvae": "the mean divergence of clusters within a maximum",
    "semi_supervised_aae": "a mean over labelled rows",
    "ebgan": "codes pulled away from each other",
    "nagarajan_gan": "the length of a mean gradient",
    "cyclegan": "pools that take fakes in turn",
    "modality_transfer_gan": "pools that take fakes in turn",
}
every_model = pytest.mark.parametrize("name", ROWS)
QUICK = ("vae", "vq_vae", "flex_ae", "td_vae", "m2_vae", "maf", "wgan_gp", "bayesian_gan")
KILLED = ("vae", "vq_vae", "wgan_gp")  # one player, one that follows no gradient, fresh batches


def at_leisure(quick):
    """Every model, those that are not one of each kind slowly."""
    names = [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in ROWS]
    return pytest.mark.parametrize("name", names)


every_model_at_leisure = at_leisure(QUICK)
every_shape = pytest.mark.parametrize(
    "name, shape", [(row.name, shape) for row in ROWS.values() for shape in row.shapes]
)
every_other_shape = pytest.mark.parametrize(  # than the one that most tests use
    "name, shape", [(row.name, shape) for row in ROWS.values() for shape in row.shapes[1:]]
)
every_sampler = pytest.mark.parametrize(
    "name", [name for name in ROWS if "sample" in zoo.model_class(name).verbs]
)


@functools.lru_cache(maxsize=3)
def observed(name):
    """The model of a row, trained for two epochs by its own optimizers, and its history; the graphs
    that ran; the graph of a step before it is optimized, and the batch in it."""
    model = shortened(ROWS[name].make())
    model.compile()
    data = ROWS[name].data(model, steps=2)
    options = {"batch_size": BATCH, "epochs": 2, "verbose": 0}
    with optimized() as graphs, traced(model) as seen:
        history = model.fit(*data, validation_data=data, **options).history
    if hasattr(getattr(model, "prior", None), "fit"):
        if isinstance(model.prior, zoo.GenerativeModel):
            model.prior.compile(run_eagerly=True)  # its row has its step traced
        model.fit_sampler(np.random.default_rng(1).random((64, *model.data_shape), np.float32))
    return model, history, graphs, seen[-1]


@contextlib.contextmanager
def traced(model):
    """A list that receives the graph of every step that is traced within, and the batch in it."""
    step, seen = model.train_step, []

    def noted(batch):
        seen.append((tf.compat.v1.get_default_graph(), batch))
        return step(batch)

    with mock.patch.object(model, "train_step", noted):
        yield seen


def trained(name):
    """The model of a row, trained for two epochs by its own optimizers, and its history."""
    return observed(name)[:2]


@functools.lru_cache(maxsize=2)
def of_shape(name, shape):
    """The model of a row for data of any of its shapes, trained, and its history."""
    if shape == ROWS[name].shapes[0]:
        return trained(name)
    model = ROWS[name].make(shape)
    model.compile(run_eagerly=True)
    return model, model.fit(*ROWS[name].data(model, 1), batch_size=BATCH, verbose=0).history


@functools.lru_cache(maxsize=3)
def saved(name):
    """The file of a trained model, and the model that `zoo.load` makes of it; nothing may be
    trained before it is first asked for."""
    folder = pathlib.Path(FILES.name) / name
    folder.mkdir()
    trained(name)[0].save(folder / "model.keras")
    return folder / "model.keras", shortened(zoo.load(folder))


FILES = tempfile.TemporaryDirectory()  # goes with the process


def shortened(model):
    """The model with at most two moves of a player in one step: quicker to trace than five."""
    model.moves = {player: min(count, 2) for player, count in model.moves.items()}
    return model


def descent(model, rate):
    """Plain descent; None for a model that follows no gradient."""
    follows = any(model.default_optimizer(player) is not None for player in model.players)
    return keras.optimizers.SGD(rate) if follows else None


def stepped(name, scope=None, optimizer=None, validate=True, **options):
    """A model after STEPS steps of plain descent, which does not amplify rounding; its history.

    `scope` is a strategy's, `options` are those of `compile`.
    """
    with scope or contextlib.nullcontext():
        model = shortened(ROWS[name].make())
    model.compile(optimizer or descent(model, ROWS[name].rate), **options)
    data = ROWS[name].data(model)
    held_out = {"validation_data": data} if validate else {}
    return model, model.fit(*data, batch_size=BATCH, verbose=0, **held_out).history


plainly_stepped = functools.lru_cache(maxsize=3)(stepped)


def values(model):
    """Every variable of a model and of its optimizers, by key."""
    found = {key(model, v): v.numpy() for v in model.variables}
    for player, optimizer in getattr(model, "optimizers", {}).items():
        found |= {f"{player} {v.path}": v.numpy() for v in optimizer.variables}
    return found


def key(model, variable):
    """A name of a model's variable that is unique and the same in every twin."""
    return next(str(i) for i, v in enumerate(model.variables) if v is variable)


def gap(ours, theirs):
    """The largest difference between two lists of arrays of equal shapes."""
    pairs = [(np.float64(a), np.float64(b)) for a, b in zip(ours, theirs, strict=True)]
    assert all(a.shape == b.shape for a, b in pairs)
    return max(np.max(np.abs(a - b), initial=0.0) for a, b in pairs)


def log_gap(ours, theirs):
    """The largest relative difference between the logs of two histories, by name."""
    pairs = [np.float64((ours[name], theirs[name])) for name in theirs]
    return max(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1.0)) for a, b in pairs)
