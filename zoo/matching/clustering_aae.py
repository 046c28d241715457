"""Clustering adversarial autoencoder (Makhzani et al., 2016, arXiv:1511.05644)."""

from typing import Annotated

from zoo.contract.settings import Count
from zoo.matching.categorical import CategoricalAutoencoder
from zoo.registry import register

Clusters = Annotated[int, Count(at_least=2, size=True, search=(5, 50))]


@register
class ClusteringAAE(CategoricalAutoencoder):
    """An adversarial autoencoder of cluster and style that sees no label.

    With y = softmax(e_y(x)), z = e_z(x), draws y~ of Cat(1/K), one-hot, and z~ of N(0, I):

        autoencoder = |x - D(y, z)|^2                               (Section 6)
        critics     = softplus(-C(z~)) + softplus(C(z))
                      + softplus(-C_y(y~)) + softplus(C_y(y))
        encoder     = softplus(-C(z)) + softplus(-C_y(y))

    It is the semi-supervised model without its classifier: matching one-hot draws makes y a
    choice, and a style that is small leaves to it what tells data apart most. `labels` of
    `sample` and `decode` are clusters.

    Departures: Adam in place of momentum. Networks have the widths of `hidden`.

    Args:
        encoder: data to `[num_clusters logits, z]`.
        decoder: `[cluster probabilities, z]` to data.
        critic, label_critic: z, and cluster probabilities, to one raw output.
        latent_dim: size of z; 5 in the paper for MNIST.
        num_clusters: K; 16 and 30 in the paper.
        prior, class_prior: of z and of clusters.

    Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2016, "Adversarial autoencoders".
    """

    class_setting = "num_clusters"

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        label_critic,
        latent_dim,
        *,
        num_clusters: Clusters = 16,
        **parts,
    ):
        super().__init__(encoder, decoder, critic, label_critic, latent_dim, num_clusters, **parts)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, num_clusters: Clusters = 16, **sizes):
        return super().default_networks(data_shape, latent_dim, num_classes=num_clusters, **sizes)
