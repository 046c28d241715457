"""Clusters in the code of a VAE, and outliers (Zhao et al., 2019)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Count, Number
from zoo.priors.truncated_mixture import TruncatedMixture
from zoo.registry import register
from zoo.vae_mixture.base import Clusters, MixtureVariationalModel


@register
class TruncatedMoGVAE(MixtureVariationalModel):
    """A VAE whose prior is a mixture of Gaussians that end at a radius, and outliers elsewhere.

        reconstruction = -E_q ln p(x|z)
        divergence     = ln q(z|x) - ln p(z),  z ~ q(z|x)
        p(z) = pi_0 u_0(z) + sum_{k >= 1} pi_k N(z; mean_k, diag var_k) 1[r_k(z) <= eta] / Z

    r_k is the distance to mean_k in standard deviations, Z the share of a Gaussian within eta, and
    u_0 constant in a ball that holds all codes. q(k|x) is the mean of p(k|z) over draws of q(z|x),
    q(0|x) the probability of an outlier, and `score` -ln q(0|x). Before step 0 the autoencoder is
    trained alone, and k-means on its codes, less the farthest, gives the first clusters.

    Departures: the divergence is that of one draw, as it is infinite to each truncated Gaussian.
    u_0 ends: where it is constant everywhere, codes that move apart make outliers cheap without
    end, and all data become outliers. Radius, start and score are ours, since the text of the
    paper was not at hand.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        num_clusters: K.
        pretrain_steps: how many before k-means; 0 starts at random.
        draws: of z, for `classify` and `score`.
        prior: `zoo.priors.truncated_mixture.TruncatedMixture`; a new one where None.

    Reference: Zhao, Honnorat, Adeli, Pfefferbaum, Sullivan and Pohl, 2019, "Variational
    autoencoder with truncated mixture of Gaussians for functional connectivity analysis".
    """

    score_kind = "neg_anomaly"
    verbs = {**MixtureVariationalModel.verbs, "score": ("x",)}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        num_clusters: Clusters = 10,
        pretrain_steps: Annotated[int, Count(at_least=0)] = 1000,
        draws: Annotated[int, Count()] = 10,
        prior=None,
        **parts,
    ):
        parts |= {"num_clusters": num_clusters, "pretrain_steps": pretrain_steps, "draws": draws}
        parts["prior"] = prior or TruncatedMixture(latent_dim, num_clusters)
        super().__init__(encoder, decoder, latent_dim, **parts)
        self.num_classes = num_clusters  # what `labels` of `sample` count

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_clusters: Clusters = 10,
        inside: Annotated[float, Number(above=0.0, at_most=1.0)] = 0.95,
        outliers: Annotated[float, Number(above=0.0, below=1.0)] = 0.1,
        variance: Annotated[str, Choice(("learned", "fixed"))] = "learned",
        **sizes,
    ):
        networks = super().default_networks(data_shape, latent_dim, **sizes)
        prior = TruncatedMixture(latent_dim, num_clusters, variance, inside, outliers)
        return {**networks, "prior": prior}

    def log_shares(self, x):
        """ln q(k|x), the outliers first: `(batch, 1 + num_clusters)`."""
        shares = self.over_draws(self.prior.responsibilities, [self.codes(x, False)], self.draws)
        return tf.math.log(tf.maximum(shares, 1e-30))

    def classify(self, x):
        """q(k|x) of the clusters, if x is no outlier: `(batch, num_clusters)`."""
        return tf.nn.softmax(self.log_shares(x)[:, 1:])

    def outliers(self, x):
        """q(0|x), the probability that x is an outlier: `(batch,)`."""
        return tf.exp(self.log_shares(x)[:, 0])

    def score(self, x):
        """-ln q(0|x), at most about 69; higher is more like the clusters."""
        return -self.log_shares(x)[:, 0]
