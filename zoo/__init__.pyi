"""What `import zoo` offers; `zoo/__init__.py` imports each name when it is used."""

from . import catalogue as catalogue
from . import export as export
from . import metrics as metrics
from . import training as training
from .autoencoder.ae_l2_gmm import AEL2GMM as AEL2GMM
from .autoencoder.autoencoder import Autoencoder as Autoencoder
from .autoencoder.injflow_ae import InjFlowAE as InjFlowAE
from .autoencoder.rae import RAE as RAE
from .autoencoder.vq_vae import VQVAE as VQVAE
from .contract.model import GenerativeModel as GenerativeModel
from .creation import create as create
from .creation import list_models as list_models
from .creation import model_class as model_class
from .density.discrete_lvm import DiscreteLVM as DiscreteLVM
from .density.linear_gaussian_lvm import LinearGaussianLVM as LinearGaussianLVM
from .density.made import MADE as MADE
from .density.maf import MAFDensity as MAFDensity
from .gan.began import BEGAN as BEGAN
from .gan.gan import GAN as GAN
from .gan.lsgan import LSGAN as LSGAN
from .gan.nsgan import NSGAN as NSGAN
from .gan.sngan import SNGAN as SNGAN
from .gan.wgan_gp import WGANGP as WGANGP
from .gan_dynamics.bayesian_gan import BayesianGAN as BayesianGAN
from .gan_dynamics.consensus_gan import ConsensusGAN as ConsensusGAN
from .gan_dynamics.unrolled_gan import UnrolledGAN as UnrolledGAN
from .gan_label.acgan import ACGAN as ACGAN
from .gan_label.biggan import BigGAN as BigGAN
from .gan_label.infogan import InfoGAN as InfoGAN
from .gan_label.projection_gan import ProjectionGAN as ProjectionGAN
from .gan_label.sagan import SAGAN as SAGAN
from .hybrid.ali import ALI as ALI
from .hybrid.anogan import AnoGAN as AnoGAN
from .hybrid.distribution_matching_vae import (
    DistributionMatchingVAE as DistributionMatchingVAE,
)
from .hybrid.vae_gan import VAEGAN as VAEGAN
from .matching.aae import AAE as AAE
from .matching.clustering_aae import ClusteringAAE as ClusteringAAE
from .matching.dim_reduction_aae import DimReductionAAE as DimReductionAAE
from .matching.flex_ae import FlexAE as FlexAE
from .matching.flex_ae_sr import FlexAESR as FlexAESR
from .matching.mask_aae import MaskAAE as MaskAAE
from .matching.semi_supervised_aae import SemiSupervisedAAE as SemiSupervisedAAE
from .matching.supervised_aae import SupervisedAAE as SupervisedAAE
from .matching.wae_gan import WAEGAN as WAEGAN
from .matching.wae_mmd import WAEMMD as WAEMMD
from .saving.loading import load as load
from .saving.presets import list_presets as list_presets
from .saving.presets import load_preset as load_preset
from .sequence.td_vae import TDVAE as TDVAE
from .translation.cyclegan import CycleGAN as CycleGAN
from .translation.denoising_gan import DenoisingGAN as DenoisingGAN
from .translation.modality_transfer_gan import ModalityTransferGAN as ModalityTransferGAN
from .translation.pix2pix import Pix2Pix as Pix2Pix
from .vae.beta_vae import BetaVAE as BetaVAE
from .vae.capacity_vae import CapacityVAE as CapacityVAE
from .vae.factor_vae import FactorVAE as FactorVAE
from .vae.fixed_variance_vae import FixedVarianceVAE as FixedVarianceVAE
from .vae.heteroscedastic_vae import HeteroscedasticVAE as HeteroscedasticVAE
from .vae.iaf_vae import IAFVAE as IAFVAE
from .vae.info_vae import InfoVAE as InfoVAE
from .vae.latent_distance_vae import LatentDistanceVAE as LatentDistanceVAE
from .vae.learned_variance_vae import LearnedVarianceVAE as LearnedVarianceVAE
from .vae.vae import VAE as VAE
from .vae_label.cvae import CVAE as CVAE
from .vae_label.m2_vae import M2VAE as M2VAE
from .vae_mixture.mog_vae_cluster import MoGVAECluster as MoGVAECluster
from .vae_prior.hierarchical_prior_vae import HierarchicalPriorVAE as HierarchicalPriorVAE
from .vae_prior.stick_breaking_vae import StickBreakingVAE as StickBreakingVAE
from .vae_prior.two_stage_vae import TwoStageVAE as TwoStageVAE
from .vae_prior.vamp_prior_vae import VampPriorVAE as VampPriorVAE

__version__: str
