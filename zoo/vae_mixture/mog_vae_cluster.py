"""Clusters in the code of a VAE (Zhao et al., 2019)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Count
from zoo.posteriors.clustered import ClusteredGaussian
from zoo.priors.mixture import MixturePrior
from zoo.registry import register
from zoo.vae_mixture.base import Clusters, MixtureVariationalModel


@register
class MoGVAECluster(MixtureVariationalModel):
    """A VAE whose prior is a mixture of Gaussians, and whose encoder infers which one.

        reconstruction = -E_q ln p(x|z)
        divergence     = sum_k q_k KL(q(z|x) | N(mean_k, diag var_k))
        cluster        = sum_k q_k [ln q_k - ln pi_k],  q_k = q(c = k|x)

    The best that the encoder can say is q_k ~ pi_k exp(-KL_k). Before step 0 the autoencoder is
    trained alone, k-means on its codes gives the first means, variances and shares, and the
    encoder learns to tell them apart.

    Departures: the start is ours; from a random one clusters merge and the encoder forgets them.

    Args:
        encoder: data to means, ln variances, then `num_clusters` logits of q(c|x).
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        num_clusters: K.
        pretrain_steps: how many before k-means, and as many after it; 0 starts at random.
        posterior, prior: `zoo.posteriors.clustered` and `zoo.priors.mixture` objects.

    Reference: Zhao, Honnorat, Adeli, Pfefferbaum, Sullivan and Pohl, 2019, "Variational
    autoencoder with truncated mixture of Gaussians for functional connectivity analysis".
    """

    terms = {"autoencoder": ("reconstruction", "divergence", "cluster")}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        num_clusters: Clusters = 10,
        pretrain_steps: Annotated[int, Count(at_least=0)] = 1000,
        posterior=None,
        prior=None,
        **parts,
    ):
        parts |= {"num_clusters": num_clusters, "pretrain_steps": pretrain_steps}
        parts["posterior"] = posterior or ClusteredGaussian(num_clusters)
        parts["prior"] = prior or MixturePrior(latent_dim, num_clusters)
        super().__init__(encoder, decoder, latent_dim, **parts)
        self.num_classes = num_clusters  # what `labels` of `sample` count

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, num_clusters: Clusters = 10, **sizes):
        posterior = ClusteredGaussian(num_clusters)
        networks = super().default_networks(data_shape, latent_dim, posterior=posterior, **sizes)
        return {**networks, "posterior": posterior}

    def autoencoder_loss(self, x, y, training):
        output = self.encoder(x, training=training)
        z, _ = self.posterior.sample(output)
        divergence, cluster = self.posterior.divergences(output, self.prior)
        nll = self.likelihood.nll(x, self.decoder(z, training=training))
        return {"reconstruction": nll, "divergence": divergence, "cluster": cluster}

    def classify(self, x):
        """q(c|x), `(batch, num_clusters)`."""
        return tf.exp(self.posterior.log_shares(self.encoder(x, training=False)))
