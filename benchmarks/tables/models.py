"""The rows of the tables: how each model is made, the same for every data set and seed.

All rows have convolutions of 32 and 64 channels and codes of one size; evidence bounds have one
likelihood, the squared error |x - mean|^2 (sigma^2 = 1/2) that the released code of FlexAE has.
Weights are those of the papers or of their code. They were fixed before a row was measured.
"""

import dataclasses
import math
from collections.abc import Callable

CHANNELS = (32, 64)
LATENT = {"mnist": 16, "fashion_mnist": 16, "cifar10": 128}  # of RAE's code
HIDDEN = {
    "mnist": (256, 256),
    "fashion_mnist": (256, 256),
    "cifar10": (512, 512),
}  # of codes' networks
BETA = {"mnist": 0.312, "fashion_mnist": 0.312, "cifar10": 0.072}  # of RAE's code, as sums
CODE_NORM = {"mnist": 0.0128, "fashion_mnist": 0.0128, "cifar10": 0.048}  # the same
DECAY = {"mnist": 1e-4, "fashion_mnist": 1e-4, "cifar10": 3.1e-3}  # the same
SIGMA = math.sqrt(0.5)
RATE = 1e-3  # of the autoencoder; other players in proportion to what their authors give
TOGETHER = 10  # steps of one execution
SECOND = 2  # steps of TwoStageVAE's second stage for one of its first, as its authors'


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        title: as published.
        name: of the catalogue.
        settings: data name and number of steps -> settings of `zoo.create`.
        optimizers: number of steps -> player -> optimizer, in place of the class's own.
        also: titles of rows that are the same model, drawn from N(0, I) instead of its prior.
    """

    title: str
    name: str
    settings: Callable = lambda data, steps: {}
    optimizers: Callable | None = None
    also: str | None = None


def squared_error(data, steps):
    """The likelihood of evidence bounds."""
    from zoo.likelihoods.gaussian import Gaussian

    return {"likelihood": Gaussian(SIGMA, bounded=True)}


def vamp(data, steps):
    """A warm-up in the first tenth of the steps."""
    return {**squared_error(data, steps), "warm_up": steps // 10}


def learned_prior(data, steps):
    """A generator of codes as wide as their critic."""
    from zoo.networks.mlp import mlp
    from zoo.priors.generator import PriorGenerator

    size = LATENT[data]
    return {"prior": PriorGenerator(mlp(size, size, HIDDEN[data], name="prior"))}


def flow_prior(data, steps):
    """A masked autoregressive flow of five steps as the prior."""
    from zoo.priors.flow import masked_autoregressive_flow

    return {**squared_error(data, steps), "prior": masked_autoregressive_flow(LATENT[data])}


def mask_schedule(data, steps):
    """The mask is driven to 0 or 1 in ten equal stages, where the authors' takes 500,000 steps."""
    from zoo.losses.schedules import Doubling

    return {"polarization_weight": Doubling(2.0 / LATENT[data], steps // 10, cap=2048.0)}


def mask_rates(steps):
    """Three times the authors' rates, as on planted manifolds (docs/results.md)."""
    from zoo.optimizers.rmsprop_tf1 import RMSpropTF1

    rates = {"autoencoder": 1.5e-3, "critic": 3e-4, "encoder": 3e-4, "mask": 1.5e-3}
    return {player: RMSpropTF1(rate) for player, rate in rates.items()}


ROWS = {
    row.title: row
    for row in (
        Row("VAE", "fixed_variance_vae", lambda data, steps: {"sigma": SIGMA}),
        Row("beta-VAE", "beta_vae", lambda d, s: {**squared_error(d, s), "beta": BETA[d]}),
        Row("VampPrior", "vamp_prior_vae", vamp),
        Row("VAE-IOP", "implicit_prior_vae", squared_error),
        Row("WAE-GAN", "wae_gan"),
        Row("AE + GMM", "ae_l2_gmm", lambda data, steps: {"decay_weight": DECAY[data]}),
        Row(
            "RAE + GMM",
            "rae",
            lambda d, s: {"code_norm_weight": CODE_NORM[d], "penalty_weight": DECAY[d]},
        ),
        Row("VAE + FLOW", "iaf_vae", squared_error),
        Row("InjFlow + GMM", "injflow_ae", also="InjFlow"),
        Row("2-S VAE", "two_stage_vae", also="VAE (learned variance)"),
        Row("MaskAAE", "mask_aae", mask_schedule, mask_rates),
        Row("MaskAAE, authors' settings", "mask_aae"),
        Row("FlexAE", "flex_ae", learned_prior),
        Row("FlexAE-SR", "flex_ae_sr", learned_prior),
        Row("VAE + MAF prior", "vae", flow_prior),
        Row("VAE (cross-entr.)", "vae"),
        Row("VAE (fixed variance)", "fixed_variance_vae"),
        Row("VAE + Flow (cross-entr.)", "iaf_vae"),
        Row("WAE-MMD", "wae_mmd"),
    )
}


TABLE_1 = ("VAE (cross-entr.)", "VAE (fixed variance)", "VAE + Flow (cross-entr.)")
TABLE_1 += ("WAE-MMD", "WAE-GAN", "2-S VAE", "MaskAAE")
TABLE_3 = ("FlexAE", "RAE + GMM", "InjFlow + GMM", "2-S VAE", "AE + GMM", "VAE", "WAE-GAN")
TABLE_3 += ("MaskAAE", "VAE + FLOW", "beta-VAE", "VampPrior", "VAE-IOP")
FURTHER = ("MaskAAE, authors' settings", "FlexAE-SR", "VAE + MAF prior")  # not published
SHARE = 0.05  # of the training data, for table 5
LAYERS = ((16, 1), (64, 1), (128, 2), (256, 3), (512, 4), (1024, 4))  # of its priors


def available(title):
    """Whether the catalogue has the model of a row."""
    from zoo import catalogue

    return ROWS[title].name in {entry.name for entry in catalogue.ENTRIES}


def with_prior(units, layers):
    """FlexAE, with a prior of another capacity."""

    def prior(data, steps):
        from zoo.networks.mlp import mlp
        from zoo.priors.generator import PriorGenerator

        size = LATENT[data]
        return {"prior": PriorGenerator(mlp(size, size, (units,) * layers, name="prior"))}

    return Row(f"FlexAE, prior {units} x {layers}", "flex_ae", prior)


def make(row, data, seed, steps):
    """The compiled model of a row for `zoo.training.data.Data`."""
    import keras

    import zoo
    from zoo.contract import settings

    keras.utils.set_random_seed(seed)
    cls = zoo.model_class(row.name)
    options = {"seed": seed, "channels": CHANNELS, "hidden": HIDDEN[data.name]}
    options |= row.settings(data.name, steps)
    known = settings.arguments(cls, "__init__") | settings.arguments(cls, "default_networks")
    options = {name: value for name, value in options.items() if name in {*known, "seed"}}
    model = zoo.create(row.name, data.data_shape, LATENT[data.name], **options)
    for each in (model, getattr(model, "prior", None)):
        if isinstance(each, zoo.GenerativeModel):
            compiled(each, row.optimizers and row.optimizers(steps))
    return model


def compiled(model, optimizers):
    """Compiles a model by XLA; the player of the reconstruction learns at `RATE`, the others in
    proportion."""
    from zoo.training.build import set_rates

    model.compile(optimizers, jit_compile=True, steps_per_execution=TOGETHER)
    if not optimizers:
        own = {p: float(o.learning_rate) for p, o in model.optimizers.items()}
        scale = RATE / own.get("autoencoder", RATE)
        set_rates(model, {player: min(RATE, scale * rate) for player, rate in own.items()})
