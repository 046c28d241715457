"""What autoencoders share whose codes a mixture is fitted to once they are trained."""

import keras

from zoo.autoencoder.base import AutoencoderModel


class RegularizedAutoencoder(AutoencoderModel):
    """Trained without a prior; `fit_sampler(x)` then fits ten full-covariance Gaussians to codes.

    Not trained itself. `sample` and `score` are offered once the prior is fitted.
    """

    frozen = ("prior",)  # fitted, not moved
    batch_size = 100

    def default_optimizer(self, player):
        return keras.optimizers.Adam(5e-4)

    def offered(self):
        ready = getattr(self.prior, "is_fitted", True)
        return {v: n for v, n in self.verbs.items() if ready or v not in ("sample", "score")}

    def score(self, x):
        """ln p(E(x)) under the fitted prior, minus the reconstruction error."""
        return self.prior.log_prob(self.encode(x)) + super().score(x)
