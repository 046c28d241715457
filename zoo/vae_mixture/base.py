"""What models share whose prior of codes is a mixture, one component for each class or cluster."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Count
from zoo.vae.base import VariationalModel
from zoo.vae_mixture.pretraining import prepared
from zoo.verbs.labels import completed

Clusters = Annotated[int, Count(size=True, search=(2, 32))]


class MixtureVariationalModel(VariationalModel):
    """A VAE with a prior of components. Not trained itself: see the papers.

    Its prior gives `choose(count)`, components that are drawn, and `sample(count, components)`.

    Args:
        encoder, decoder, latent_dim: as in `VariationalModel`.
        **parts: those of `VariationalModel`.
    """

    verbs = {
        **VariationalModel.verbs,
        "sample": ("count", "labels", "seed"),
        "classify": ("x",),
    }
    unknown_labels = ("sample",)
    pretrain_steps = 0  # of the autoencoder alone, before its codes are clustered

    def prepare(self, data):
        if self.pretrain_steps:
            prepared(self, data, self.pretrain_steps)

    def sample(self, count, labels=None, seed=None, noise=False):
        """Means of p(x|z) at `count` draws of z, each of its component, or draws of x.

        labels: components; one for each or one for all, where -1, or None, is drawn.
        """
        with self.noise.serving(seed, count):
            z = self.prior.sample(count, completed(self, labels, self.prior.choose(count)))
            output = self.decoder(z, training=False)
            return self.likelihood.sample(output) if noise else self.likelihood.mean(output)

    def over_draws(self, function, outputs, draws):
        """The mean of `function(z, ...)`, `(batch, size)`, over draws, the same for every row.

        outputs: what encoders give, `(batch, ...)`, of each z.
        """
        count, parts = tf.shape(outputs[0])[0], []
        with self.noise.serving(tf.zeros([count], tf.int64), count), self.noise.expanded(draws):
            for output in outputs:
                parts.append(self.posterior.sample(tf.repeat(output, draws, axis=0))[0])
        values = function(*parts)
        return tf.reduce_mean(tf.reshape(values, [count, draws, values.shape[1]]), axis=1)
