"""Injective flow as an autoencoder (Kumar et al., 2020, arXiv:2002.08927)."""

import functools
from typing import Annotated

import tensorflow as tf

from zoo.autoencoder.regularized import RegularizedAutoencoder
from zoo.contract.settings import Choice, Count, Weight
from zoo.losses.jacobian import directional, log_volume
from zoo.losses.reconstruction import squared_error, sum_of_rest
from zoo.priors.named import prior as named
from zoo.registry import register


@register
class InjFlowAE(RegularizedAutoencoder):
    """An autoencoder trained as an injective flow: a density on the surface that it decodes.

        ln p(x) = ln N(h; 0, I) - 1/2 ln det(J^T J),   h = E(x), J = dD/dz at h
        loss    = |x - D(h)|^2 + beta [1/2 |h|^2 + m/2 ln(1/S sum_s |J u_s|^2 + 1e-6)]
                  ("logarithm"), or m/2 (1/S sum_s |J u_s|^2)  ("linear") in place of the last

    u_s is uniform on the unit sphere, so that E|J u|^2 = |J|_F^2 / m, and the last term is, in
    expectation, between 1/2 ln det(J^T J) and m/2 ln(|J|_F^2 / m), its bound by the means of the
    eigenvalues. `score` has the determinant itself. Codes are those of N(0, I)
    (`prior="normal"`), or a mixture is fitted to them afterwards.

    Departures: formulas are of the paper's text, constants (beta, S) are not: its code is not
    public.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data; smooth, such as with ELU, for its slopes are trained.
        latent_dim: m, size of the code.
        likelihood_weight: beta.
        directions: S, how many products J u are averaged.
        bound: "logarithm" or "linear".
        prior: "mixture", fitted by `fit_sampler`, "normal", or a `zoo.priors` object.

    Reference: Kumar, Poole and Murphy, 2020, "Regularized autoencoders via relaxed injective
    probability flow", AISTATS.
    """

    terms = {"autoencoder": ("reconstruction", "code_norm", "volume")}
    activation, score_kind = "elu", "logdensity"

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        likelihood_weight: Annotated[float, Weight(search=(1e-3, 0.1))] = 0.01,
        directions: Annotated[int, Count(at_most=64, size=True)] = 1,
        bound: Annotated[str, Choice(("logarithm", "linear"))] = "logarithm",
        prior: Annotated[str | None, Choice(("mixture", "normal"), objects=True)] = "mixture",
        **parts,
    ):
        parts |= {"likelihood_weight": likelihood_weight, "directions": directions}
        parts |= {"bound": bound, "prior": named(prior, latent_dim)}
        super().__init__(encoder, decoder, latent_dim, **parts)

    def decode_with_slope(self, z, training):
        """D(z), and the mean over directions of |J u|^2: `(batch,)`."""
        decoder, squares = functools.partial(self.decoder, training=training), []
        for _ in range(self.directions):
            drawn = self.noise.normal([tf.shape(z)[0], self.latent_dim])
            direction = drawn / tf.norm(drawn, axis=1, keepdims=True)
            output, product = directional(decoder, z, direction)
            squares.append(sum_of_rest(tf.square(product)))
        return output, tf.reduce_mean(tf.stack(squares), axis=0)

    def autoencoder_loss(self, x, y, training):
        z, beta = self.encoder(x, training=training), self.now(self.likelihood_weight)
        output, slope = self.decode_with_slope(z, training)
        volume = tf.math.log(slope + 1e-6) if self.bound == "logarithm" else slope
        return {
            "reconstruction": squared_error(x, output),
            "code_norm": beta * 0.5 * sum_of_rest(z**2),
            "volume": beta * 0.5 * self.latent_dim * volume,
        }

    def score(self, x):
        """ln p of where x is projected to, E(x), on the decoder's surface: nats, `(batch,)`."""
        z = self.encode(x)
        volume = log_volume(functools.partial(self.decoder, training=False), z)
        return self.prior.log_prob(z) - volume
