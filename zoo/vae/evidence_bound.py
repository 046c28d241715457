"""What plain, labelled and sequential models share that are trained on an evidence bound."""

from typing import Any

import tensorflow as tf

from zoo.contract.capabilities import Capabilities
from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.named import likelihood as named
from zoo.networks import default
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal


class EvidenceBound(Capabilities):
    """ln p(x) >= E_q [ln p(x, z) - ln q(z|x)]: default distributions, and importance weights.

    A class writes `log_weights`; with them its marginal likelihood can be estimated (Burda et
    al., 2016): ln p(x) ~ `log_evidence` of ln 1/S sum_s exp `log_weights`.
    """

    likelihood: Any
    has_evidence_bound, codes_have_scale, score_kind = True, True, "elbo"
    has_prior_density = True  # whether `log_prior` gives ln p(z)
    default_posterior, default_prior = DiagonalGaussian, StandardNormal

    @staticmethod
    def default_likelihood(bounded):
        """The likelihood of a class; `bounded`: the data lie in [0, 1]."""
        return Bernoulli() if bounded else Gaussian()

    @classmethod
    def chosen_likelihood(cls, likelihood, data_shape):
        """The likelihood of a name, the object itself, or the class's own where None."""
        bounded = default.is_image(data_shape)
        return named(likelihood, bounded) if likelihood else cls.default_likelihood(bounded)

    @classmethod
    def distributions(cls, data_shape, latent_dim, likelihood, posterior, prior):
        """Likelihood, posterior and prior by name: the arguments, or the class's own."""
        return {
            "likelihood": cls.chosen_likelihood(likelihood, data_shape),
            "posterior": posterior or cls.default_posterior(),
            "prior": prior or cls.default_prior(latent_dim),
        }

    @property
    def data_range(self):
        return self.likelihood.data_range or super().data_range

    def log_weights(self, x):
        """ln w of one draw for each x, `(batch, parts)`, from the noise stream that is open."""
        raise NotImplementedError(f"{type(self).__name__} has no importance weights.")

    def log_evidence(self, log_mean_weights):
        """ln p(x), `(batch,)`, from ln of the mean weights of all parts, `(batch, parts)`: here
        their sum, for parts that are independent given the others."""
        return tf.reduce_sum(log_mean_weights, axis=1)
