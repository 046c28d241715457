"""Gaussian mixture VAE (Dilokthanakul et al., 2016, arXiv:1611.02648)."""

from typing import Annotated, Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Count, Number, Widths
from zoo.losses.divergence import standard_gaussian_kl
from zoo.networks import default
from zoo.networks.mlp import mlp
from zoo.priors.style_mixture import StyleMixture
from zoo.registry import register
from zoo.replicas import ordered_sum
from zoo.vae_mixture.base import Clusters, MixtureVariationalModel

FreeBits = Number(at_least=0.0, schedule=True, search=(0.1, 3.0), scale="linear")


@register
class GMVAE(MixtureVariationalModel):
    """A VAE whose clusters are made of a style: w ~ N(0, I), c ~ 1/K, z ~ N(mean_c(w), var_c(w)).

        reconstruction = -E_q ln p(x|z)
        divergence     = E_q(w|x) sum_c p(c|z, w) KL(q(z|x) | p(z|w, c))
        style          = KL(q(w|x) | N(0, I))
        cluster        = max(lambda, E KL(p(c|z, w) | 1/K))                     (Eq. 4)

    p(c|z, w), of one draw of z and of w, is Bayes' rule, and the last mean is over the whole batch.
    lambda is what each x may say of its cluster without a cost: below about half of ln K clusters
    merge.

    Departures: none known in the loss; lambda is ours, and so are the sizes.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances, of q(z|x).
        style_encoder: data to those of q(w|x).
        decoder: codes to the likelihood's parameters.
        latent_dim: size of z.
        free_bits: lambda, nats, at least 0.
        draws: of z and w, for `classify`.
        prior: `zoo.priors.style_mixture.StyleMixture`.

    Reference: Dilokthanakul, Mediano, Garnelo, Lee, Salimbeni, Arulkumaran and Shanahan, 2016,
    "Deep unsupervised clustering with Gaussian mixture variational autoencoders".
    """

    players = {
        "autoencoder": ("encoder", "style_encoder", "decoder", "posterior", "likelihood", "prior")
    }
    terms = {"autoencoder": ("reconstruction", "divergence", "style", "cluster")}
    has_prior_density = False

    def __init__(
        self,
        encoder,
        style_encoder,
        decoder,
        prior,
        latent_dim,
        *,
        free_bits: Annotated[float, FreeBits] = 1.5,
        draws: Annotated[int, Count()] = 10,
        **parts,
    ):
        shapes = checks.shapes(encoder.input_shape)[0], (2 * prior.style_dim,)
        checks.require_map(type(self), "style_encoder", style_encoder, *shapes)
        parts |= {"free_bits": free_bits, "draws": draws}
        parts |= {"style_encoder": style_encoder, "prior": prior}
        super().__init__(encoder, decoder, latent_dim, **parts)
        self.num_classes = prior.components  # what `labels` of `sample` count

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_clusters: Clusters = 16,
        style_dim: Annotated[int, Count(size=True, search=(2, 64))] = 10,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        **sizes,
    ):
        both: dict[str, Any] = {"hidden": hidden, "channels": channels}
        networks = super().default_networks(data_shape, latent_dim, **both, **sizes)
        style = default.encoder(data_shape, 2 * style_dim, **both, name="style_encoder")
        components = mlp(
            style_dim, (2, num_clusters, latent_dim), hidden, "tanh", name="components"
        )
        return {**networks, "style_encoder": style, "prior": StyleMixture(components)}

    def inferred(self, x, training):
        """What the encoder and the style encoder give for x."""
        return self.codes(x, training), self.style_encoder(x, training=training)

    def row_terms(self, x, training):
        """The terms of each row, `(batch,)`, without free bits."""
        output, style = self.inferred(x, training)
        z, w = (self.posterior.sample(each)[0] for each in (output, style))
        moments = tf.split(output, 2, axis=1)
        divergence, cluster = self.prior.divergences(*moments, z, w, training)
        return {
            "reconstruction": self.likelihood.nll(x, self.decoder(z, training=training)),
            "divergence": divergence,
            "style": standard_gaussian_kl(*tf.split(style, 2, axis=1)),
            "cluster": cluster,
        }

    def autoencoder_loss(self, x, y, training):
        terms = self.row_terms(x, training)
        free = self.now(self.free_bits)
        return {**terms, "cluster": tf.maximum(free, self.batch_mean(terms["cluster"]))}

    def log_weights(self, x):
        """ln p(x, z, w) - ln q(z, w|x) at one draw of z and w: `(batch, 1)`."""
        (z, log_q), (w, log_style) = map(self.posterior.sample, self.inferred(x, training=False))
        gain = self.log_likelihood(x, z) + self.prior.log_prob(z, w)
        return (gain - log_q - log_style)[:, None]

    def score(self, x, seed=0):
        """The evidence lower bound of each x, in nats, from one draw of z and w."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            return -ordered_sum(list(self.row_terms(x, training=False).values()))

    def classify(self, x):
        """p(c|x), a mean of p(c|z, w) over draws: `(batch, num_classes)`."""
        outputs = self.inferred(x, training=False)
        return self.over_draws(self.prior.responsibilities, outputs, self.draws)
