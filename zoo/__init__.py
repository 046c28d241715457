"""Deep generative models as `keras.Model`s.

model = zoo.create("vae", data_shape=(28, 28, 1), latent_dim=16)
model.compile()
model.fit(images, epochs=10)
model.sample(64, seed=0)
"""

import importlib
import math

from zoo import budget, catalogue, checks
from zoo.autoencoder.autoencoder import Autoencoder
from zoo.autoencoder.rae import RAE
from zoo.autoencoder.vq_vae import VQVAE
from zoo.density.made import MADE
from zoo.density.maf import MAFDensity
from zoo.gan.began import BEGAN
from zoo.gan.gan import GAN
from zoo.gan.nsgan import NSGAN
from zoo.gan.sngan import SNGAN
from zoo.gan.wgan_gp import WGANGP
from zoo.gan_dynamics.bayesian_gan import BayesianGAN
from zoo.gan_dynamics.consensus_gan import ConsensusGAN
from zoo.gan_dynamics.unrolled_gan import UnrolledGAN
from zoo.gan_label.infogan import InfoGAN
from zoo.hybrid.anogan import AnoGAN
from zoo.hybrid.vae_gan import VAEGAN
from zoo.loading import load
from zoo.matching.flex_ae import FlexAE
from zoo.matching.mask_aae import MaskAAE
from zoo.matching.wae_gan import WAEGAN
from zoo.matching.wae_mmd import WAEMMD
from zoo.model import GenerativeModel
from zoo.presets import list_presets, load_preset
from zoo.translation.cyclegan import CycleGAN
from zoo.translation.pix2pix import Pix2Pix
from zoo.vae.beta_vae import BetaVAE
from zoo.vae.factor_vae import FactorVAE
from zoo.vae.fixed_variance_vae import FixedVarianceVAE
from zoo.vae.heteroscedastic_vae import HeteroscedasticVAE
from zoo.vae.iaf_vae import IAFVAE
from zoo.vae.learned_variance_vae import LearnedVarianceVAE
from zoo.vae.td_vae import TDVAE
from zoo.vae.vae import VAE
from zoo.vae_label.cvae import CVAE
from zoo.vae_label.m2_vae import M2VAE
from zoo.vae_mixture.mog_vae_cluster import MoGVAECluster
from zoo.vae_prior.hierarchical_prior_vae import HierarchicalPriorVAE
from zoo.vae_prior.stick_breaking_vae import StickBreakingVAE
from zoo.vae_prior.two_stage_vae import TwoStageVAE
from zoo.vae_prior.vamp_prior_vae import VampPriorVAE

__version__ = "0.1.0"


def model_class(name):
    """The class of a model of the catalogue."""
    module, _, cls = catalogue.find(name).path.rpartition(".")
    return getattr(importlib.import_module(module), cls)


def create(
    name, data_shape, latent_dim=None, *, most_parameters=budget.MOST_PARAMETERS, **settings
):
    """A model with default networks for data of this shape.

    Args:
        name: of the catalogue, in any spelling ("WGAN-GP", "wgan_gp"); see `list_models`.
        data_shape: of one example: `(height, width, channels)`, sides at least 8, gives
            convolutions; `(size,)` gives perceptrons; `(steps, ...)`, of either, is a sequence.
        latent_dim: size of the code or noise; None only for models without one.
        most_parameters: that it may hold; more are refused before any is allocated.
        **settings: `hidden` and `channels` of the default networks, `num_classes` where
            the model takes labels, `target_shape` where it translates pairs, `seed`, and
            the settings of the class.

    Raises:
        ValueError: for an unknown name, shape or setting.
    """
    cls, shape = model_class(name), tuple(data_shape)
    if len(shape) not in cls.data_ranks or any(not isinstance(s, int) or s < 1 for s in shape):
        shapes = " or ".join(SHAPES[rank] for rank in cls.data_ranks)
        raise ValueError(
            f"`data_shape` must be {shapes}, of positive integers. Received: {data_shape}."
        )
    whole = isinstance(latent_dim, int) and not isinstance(latent_dim, bool)
    if cls.has_latent and not (whole and latent_dim >= 1):
        raise ValueError(f"`latent_dim` must be a positive integer. Received: {latent_dim!r}.")
    if "labels" in cls.targets and not isinstance(settings.get("num_classes"), int):
        raise ValueError(f"{cls.__name__} takes labels: `num_classes` must say how many kinds.")
    checks.refuse_sizes(cls, settings)
    sizes = [*budget.sizes_of(settings), latent_dim or 1, math.prod(shape)]
    budget.require(lambda: cls.for_data(shape, latent_dim, **settings), sizes, most_parameters)
    return cls.for_data(shape, latent_dim, **settings)


SHAPES = {
    1: "(size,)",
    2: "(steps, size)",
    3: "(height, width, channels)",
    4: "(steps, height, width, channels)",
}


def list_models(family=None):
    """Names of the models, of one family or all."""
    return [e.name for e in catalogue.ENTRIES if family in (None, e.family)]


__all__ = [
    "BEGAN",
    "CVAE",
    "GAN",
    "IAFVAE",
    "M2VAE",
    "MADE",
    "NSGAN",
    "RAE",
    "SNGAN",
    "TDVAE",
    "VAE",
    "VAEGAN",
    "VQVAE",
    "WAEGAN",
    "WAEMMD",
    "WGANGP",
    "AnoGAN",
    "Autoencoder",
    "BayesianGAN",
    "BetaVAE",
    "ConsensusGAN",
    "CycleGAN",
    "FactorVAE",
    "FixedVarianceVAE",
    "FlexAE",
    "GenerativeModel",
    "HeteroscedasticVAE",
    "HierarchicalPriorVAE",
    "InfoGAN",
    "LearnedVarianceVAE",
    "MAFDensity",
    "MaskAAE",
    "MoGVAECluster",
    "Pix2Pix",
    "StickBreakingVAE",
    "TwoStageVAE",
    "UnrolledGAN",
    "VampPriorVAE",
    "catalogue",
    "create",
    "list_models",
    "list_presets",
    "load",
    "load_preset",
    "model_class",
]
