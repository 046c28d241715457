"""The laws that an evidence bound is made of."""

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.named import likelihood as named
from zoo.networks import default
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.normal import StandardNormal


class Laws:
    """Mixed into families that are trained on an evidence bound."""

    default_posterior, default_prior = DiagonalGaussian, StandardNormal

    @staticmethod
    def default_likelihood(bounded):
        """The likelihood of a class; `bounded`: the data lie in [0, 1]."""
        return Bernoulli() if bounded else Gaussian()

    @classmethod
    def law(cls, likelihood, data_shape):
        """The likelihood of a name, the object itself, or the class's own where None."""
        bounded = default.is_image(data_shape)
        return named(likelihood, bounded) if likelihood else cls.default_likelihood(bounded)

    @classmethod
    def laws(cls, data_shape, latent_dim, likelihood, posterior, prior):
        """Likelihood, posterior and prior by name: those given, or the class's own."""
        return {
            "likelihood": cls.law(likelihood, data_shape),
            "posterior": posterior or cls.default_posterior(),
            "prior": prior or cls.default_prior(latent_dim),
        }

    @property
    def data_range(self):
        return self.likelihood.data_range or super().data_range
