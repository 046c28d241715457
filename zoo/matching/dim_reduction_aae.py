"""Dimensionality reduction by an adversarial autoencoder (Makhzani et al., 2016, 1511.05644)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Count, Number, TermWeight
from zoo.layers.cluster_heads import ClusterHeads
from zoo.matching.categorical import CategoricalAutoencoder
from zoo.networks import default
from zoo.registry import register

Clusters = Annotated[int, Count(at_least=2, size=True, search=(5, 50))]


@register
class DimReductionAAE(CategoricalAutoencoder):
    """An adversarial autoencoder whose codes are a map: places of clusters, and a style about them.

    With y = softmax(e_y(x)), z = e_z(x), the representation is r = W y + z, in the plane for
    pictures. Draws y~ are of Cat(1/K), one-hot, and z~ of N(0, I):

        autoencoder = |x - D(r)|^2 + w sum_{i<j} relu(eta - |W_i - W_j|)     (Section 7)
        critics     = softplus(-C(z~)) + softplus(C(z))
                      + softplus(-C_y(y~)) + softplus(C_y(y))
        encoder     = softplus(-C(z)) + softplus(-C_y(y))

    `encode` gives r, `decode` takes it. `labels` of `sample` are clusters.

    Departures: Adam in place of momentum. The paper does not print eta; places start so far
    apart that few pairs are nearer.

    Args:
        encoder: data to `[num_clusters logits, z]`.
        decoder: r to data.
        critic, label_critic: z, and cluster probabilities, to one raw output.
        latent_dim: size of r and z; 2 in the paper's pictures, 10 for its classes.
        num_clusters: K; 20 in the paper for 2 dimensions.
        heads: `zoo.layers.cluster_heads.ClusterHeads`, W; a new one where None.
        distance: eta.
        repulsion_weight: w.
        prior, class_prior: of z and of clusters.

    Reference: Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2016, "Adversarial autoencoders".
    """

    players = {**CategoricalAutoencoder.players, "autoencoder": ("encoder", "decoder", "heads")}
    terms = {**CategoricalAutoencoder.terms, "autoencoder": ("reconstruction", "repulsion")}
    verbs = {k: v for k, v in CategoricalAutoencoder.verbs.items() if k != "translate"}
    verbs |= {"decode": ("z",)}
    class_setting = "num_clusters"

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        label_critic,
        latent_dim,
        *,
        num_clusters: Clusters = 20,
        heads=None,
        distance: Annotated[float, Number(at_least=0.0, search=(3.0, 20.0))] = 6.0,
        repulsion_weight: TermWeight = 1.0,
        **parts,
    ):
        spread = distance * num_clusters ** (1.0 / latent_dim) / 2.0
        parts["heads"] = heads or ClusterHeads(num_clusters, latent_dim, spread)
        parts |= {"distance": distance, "repulsion_weight": repulsion_weight}
        super().__init__(encoder, decoder, critic, label_critic, latent_dim, num_clusters, **parts)

    @classmethod
    def require_autoencoder(cls, encoder, decoder, latent_dim, num_classes):
        data_shape = checks.shapes(encoder.input_shape)[0]
        heads = [(num_classes,), (latent_dim,)]
        checks.require_map(cls, "encoder", encoder, None, heads)
        checks.require_map(cls, "decoder", decoder, (latent_dim,), data_shape)

    @classmethod
    def default_networks(cls, data_shape, latent_dim, *, num_clusters: Clusters = 20, **sizes):
        return super().default_networks(data_shape, latent_dim, num_classes=num_clusters, **sizes)

    @staticmethod
    def default_decoder(parts, data_shape, **sizes):
        return default.decoder(parts[-1], data_shape, **sizes)

    def decoded(self, y, z, training):
        return self.decoder(self.heads(y) + z, training=training)

    def autoencoder_loss(self, x, y, training):
        repulsion = self.now(self.repulsion_weight) * self.heads.repulsion(self.distance)
        return {**super().autoencoder_loss(x, y, training), "repulsion": repulsion}

    def encode(self, x):
        """The place r = W y + z of x, `(batch, latent_dim)`."""
        y, z = self.codes(x, training=False)
        return self.heads(y) + z

    def decode(self, z):
        """The data of the place r."""
        return self.decoder(tf.convert_to_tensor(z), training=False)
