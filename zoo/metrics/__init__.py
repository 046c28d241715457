"""What can be measured of codes, samples and densities. Functions return names and numbers."""

from zoo.metrics.accumulated import CodeCorrelation, Diversity
from zoo.metrics.active_dims import active_dims, active_of
from zoo.metrics.calibration import calibration
from zoo.metrics.checks import MeasureError
from zoo.metrics.class_radius import class_radius, compared, log_bound, sum_bound
from zoo.metrics.critic_accuracy import critic_accuracy
from zoo.metrics.disentanglement import beta_score, factor_score, mutual_information_gap
from zoo.metrics.diversity import collision_probability, diversity, renyi_entropy
from zoo.metrics.embedding import descended, purity, tsne
from zoo.metrics.extractors import Extractor, classifier, inception, pixels
from zoo.metrics.fid import FrechetDistance, Moments, MomentSums, frechet_distance
from zoo.metrics.holes import holes
from zoo.metrics.interpolation import (
    attribute_direction,
    gaussian_grid,
    linear,
    manipulated,
    midpoint_distance,
    slerp,
    traverse,
)
from zoo.metrics.jensen_shannon import (
    from_densities,
    from_discriminator,
    from_histograms,
    generator_slope,
)
from zoo.metrics.jump_error import jump_error
from zoo.metrics.kid import kernel_distance, polynomial_mmd
from zoo.metrics.latent_covariance import (
    covariance,
    distance_to_identity,
    normalized_absolute_correlation,
)
from zoo.metrics.likelihood import (
    dimension_wise_divergence,
    elbo_surgery,
    importance_likelihood,
)
from zoo.metrics.linear_regions import linear_regions, most_regions, reachable_regions
from zoo.metrics.lipschitz import local, lower, upper
from zoo.metrics.mode_coverage import ModeCoverage, mode_coverage
from zoo.metrics.neighbours import memorisation, nearest, two_sample_accuracy
from zoo.metrics.pixel_error import PixelError, pixel_error
from zoo.metrics.precision_recall import manifolds, prd, prd_of_histograms
from zoo.metrics.sharpness import laplacian_variance, sharpness
from zoo.metrics.sums import Sums
from zoo.metrics.wasserstein import wasserstein_estimate

__all__ = [
    "CodeCorrelation",
    "Diversity",
    "Extractor",
    "FrechetDistance",
    "MeasureError",
    "ModeCoverage",
    "MomentSums",
    "Moments",
    "PixelError",
    "Sums",
    "active_dims",
    "active_of",
    "attribute_direction",
    "beta_score",
    "calibration",
    "class_radius",
    "classifier",
    "collision_probability",
    "compared",
    "covariance",
    "critic_accuracy",
    "descended",
    "dimension_wise_divergence",
    "distance_to_identity",
    "diversity",
    "elbo_surgery",
    "factor_score",
    "frechet_distance",
    "from_densities",
    "from_discriminator",
    "from_histograms",
    "gaussian_grid",
    "generator_slope",
    "holes",
    "importance_likelihood",
    "inception",
    "jump_error",
    "kernel_distance",
    "laplacian_variance",
    "linear",
    "linear_regions",
    "local",
    "log_bound",
    "lower",
    "manifolds",
    "manipulated",
    "memorisation",
    "midpoint_distance",
    "mode_coverage",
    "most_regions",
    "mutual_information_gap",
    "nearest",
    "normalized_absolute_correlation",
    "pixel_error",
    "pixels",
    "polynomial_mmd",
    "prd",
    "prd_of_histograms",
    "purity",
    "reachable_regions",
    "renyi_entropy",
    "sharpness",
    "slerp",
    "sum_bound",
    "traverse",
    "tsne",
    "two_sample_accuracy",
    "upper",
    "wasserstein_estimate",
]
