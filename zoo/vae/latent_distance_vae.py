"""VAE with a penalty on distances of codes (Manoj, 2018)."""

from typing import Annotated

import numpy as np
import tensorflow as tf

from zoo.contract.settings import Choice, Flag, Number, Weight
from zoo.losses.reconstruction import squared_error
from zoo.metrics.class_radius import class_radius
from zoo.optimizers.clipping import clip_weights
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class LatentDistanceVAE(VariationalModel):
    """A VAE that keeps codes near to each other, compared with the data they stand for.

        loss  = -E_q ln p(x|z) + KL(q(z|x) | N(0, I)) + lambda / b sum_i omega(x_i, x_{i + b/2})
        omega(x, x') = |f(x) - f(x')|^2 / (|x - x'|^2 + 1e-8),  i = 1 ... b/2,  f = E[z|x]

    The pairs are those of the two halves of the global batch of b rows; the last of an odd
    number is left out. After each step weights are clipped to [-clip, clip].

    Departures: means over the batch, with the balance of the sums of the reference. It says
    "network weight clipping"; here kernels and biases of the encoder are clipped, or all.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code.
        distance_weight: lambda.
        clip: the largest magnitude of a weight.
        clipped: "encoder", or "all" for the decoder too.
        sampled: whether f(x) is a draw of q(z|x), and not its mean.

    Reference: Manoj, 2018, slides of an honours thesis on the geometry of latent spaces.
    """

    terms = {"autoencoder": ("reconstruction", "divergence", "distance")}

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        distance_weight: Annotated[float, Weight(search=(1.0, 100.0))] = 30.0,
        clip: Annotated[float, Number(above=0.0)] = 0.3,
        clipped: Annotated[str, Choice(("encoder", "all"))] = "encoder",
        sampled: Annotated[bool, Flag()] = False,
        **parts,
    ):
        parts |= {"distance_weight": distance_weight, "clip": clip}
        parts |= {"clipped": clipped, "sampled": sampled}
        super().__init__(encoder, decoder, latent_dim, **parts)

    def autoencoder_loss(self, x, y, training):
        output = self.codes(x, training)
        z, log_q = self.posterior.sample(output)
        codes = self.gather(z if self.sampled else self.posterior.mean(output))
        data, half = self.gather(x), tf.shape(codes)[0] // 2
        pairs = (data[:half], data[half : 2 * half]), (codes[:half], codes[half : 2 * half])
        share = tf.reduce_sum(ratio(*pairs)) / tf.cast(tf.shape(codes)[0], tf.float32)
        return {
            "reconstruction": self.likelihood.nll(x, self.decoder(z, training=training)),
            "divergence": self.divergence(output, z, log_q, training),
            "distance": self.now(self.distance_weight) * share,
        }

    def after_move(self, movers, batch, terms):
        networks = [self.encoder, self.decoder][: 2 if self.clipped == "all" else 1]
        clip_weights([v for network in networks for v in network.trainable_variables], self.clip)

    def omega(self, x1, x2):
        """omega of pairs of data, by means of codes: `(batch,)`."""
        return ratio((x1, x2), (self.encode(x1), self.encode(x2)))

    def class_radius(self, classifier, count=1000, seed=0, **search):
        """What `zoo.metrics.class_radius` finds of decoded draws of the prior.

        classifier: images to logits, differentiable.
        """
        with self.noise.serving(seed, count):
            points = np.asarray(self.draw_codes(count))
        decode = tf.function(lambda z: classifier(self.decode(z)), autograph=False)
        return class_radius(decode, points, **search)


def ratio(data, codes):
    """The squared distance of two codes over that of their data: `(batch,)`."""
    return squared_error(*codes) / (squared_error(*data) + 1e-8)
