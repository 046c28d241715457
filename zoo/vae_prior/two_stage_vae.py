"""Two-stage VAE (Dai and Wipf, 2019, arXiv:1903.05789)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count, Widths
from zoo.input_pipeline import batches
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.mlp import shortcut_mlp
from zoo.priors.normal import StandardNormal
from zoo.registry import register
from zoo.vae.base import VariationalModel

CODES = 0x25A  # the tag of the noise by which codes are drawn for the second stage


@register
class SecondStage(VariationalModel):
    """The VAE of codes: loss = -ln N(z; mean(u), gamma_z^2 I) + KL(q(u|z) | N(0, I))."""

    batch_size = 64

    @staticmethod
    def default_likelihood(bounded):
        return Gaussian(variance="learned", bounded=bounded)


@register
class TwoStageVAE(VariationalModel):
    """A VAE of data, and afterwards a VAE of its codes, which is its prior.

        first  = |x - mean(z)|^2 / (2 gamma^2) + D ln gamma + D/2 ln 2 pi + KL(q(z|x) | N(0, I))
        second = the same of z ~ q(z|x), with codes u and a gamma_z of its own    (Section 4)

    `fit` trains the first, `fit_sampler(x)` then the second, on codes drawn anew in every
    epoch; the first stays as it is. `sample` draws u, z ~ p(z|u) and the mean of p(x|z).
    `score` is the bound of the first stage; importance weights are of both, once both are fitted.

    Departures: rates are not halved on the way. Default networks of the second stage have
    the widths of `hidden`.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to means; of images before the sigmoid.
        prior: the second stage, a variational model of vectors of `latent_dim`; three layers
            of 1024 with a shortcut in the paper. The start of gamma_z is its likelihood's.
        latent_dim: size of the code; 64 in the paper.
        prior_epochs: of the second stage; 800 for MNIST.

    Reference: Dai and Wipf, 2019, "Diagnosing and enhancing VAE models".
    """

    players = {"autoencoder": ("encoder", "decoder", "posterior", "likelihood")}
    frozen = ("prior",)  # trained afterwards, by itself
    batch_size = 64
    default_likelihood = SecondStage.default_likelihood

    def __init__(
        self,
        encoder,
        decoder,
        prior,
        latent_dim,
        *,
        prior_epochs: Annotated[int, Count()] = 800,
        **parts,
    ):
        if prior.data_shape != (latent_dim,):
            message = f"`prior` of TwoStageVAE must be a model of vectors of {latent_dim}."
            raise ValueError(f"{message} Received: one of shape {prior.data_shape}.")
        parts |= {"prior": prior, "prior_epochs": prior_epochs}
        super().__init__(encoder, decoder, latent_dim, **parts)
        self.first_prior = StandardNormal(latent_dim)

    def default_optimizer(self, player):
        return keras.optimizers.Adam(1e-4)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), **sizes):
        networks = super().default_networks(data_shape, latent_dim, hidden=hidden, **sizes)
        encoder = shortcut_mlp(latent_dim, 2 * latent_dim, hidden, name="encoder")
        decoder = shortcut_mlp(latent_dim, latent_dim, hidden, name="decoder")
        return {**networks, "prior": SecondStage(encoder, decoder, latent_dim, seed=0)}

    def divergence(self, output, z, log_q, training):
        return self.posterior.divergence(output, z, log_q, self.first_prior)

    def log_prior(self, z):
        """ln p(z) by a weight of one draw of u; of N(0, I) before the second stage is fitted."""
        fitted = self.prior.is_fitted
        return self.prior.log_weights(z)[:, 0] if fitted else self.first_prior.log_prob(z)

    def draw_codes(self, count):
        self.require_fitted()
        return self.prior.draw(count, noise=True)

    def fit_sampler(self, x, batch_size=None, **options):
        """Trains the second stage; `options` are those of its `fit`.

        Where it is not compiled yet, it is compiled as this model is.
        """
        if self.compiled and not self.prior.compiled:
            self.prior.compile_from_config(self.get_compile_config())
        options = {"epochs": self.prior_epochs, "verbose": 0, **options}
        x = batches.checked_rows(self, x)
        size = batches.checked_size(self.prior, batch_size, batches.replicas_of(self.prior))
        outputs = batches.mapped(lambda rows: self.encoder(rows, training=False), x)

        def rows(epoch, step):
            begin = {**options, "initial_epoch": epoch}
            return batches.training_dataset(self.prior, outputs, None, size, True, begin, step)

        def drawn(epoch, step):
            data, steps = rows(epoch, step)
            return data.enumerate(epoch * steps + step).map(self.redrawn)

        self.prior.fit(drawn, **{**options, "steps_per_epoch": rows(0, 0)[1]})
        return self

    def redrawn(self, step, output):
        """z ~ q(z|x) from what the encoder gave."""
        with self.noise.training(self.seed, step, CODES):
            return self.posterior.sample(output)[0]
