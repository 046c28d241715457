"""Vector-quantised VAE (van den Oord et al., 2017, arXiv:1711.00937)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.autoencoder.base import AutoencoderModel
from zoo.contract.settings import Count, Likelihood, Number, Weight, Widths
from zoo.density.index_density import IndexDensity
from zoo.layers.vector_quantizer import VectorQuantizer, straight_through
from zoo.likelihoods.named import likelihood as named
from zoo.losses.reconstruction import squared_error
from zoo.networks import maps
from zoo.registry import register
from zoo.verbs.codes import CodeVerbs


@register
class VQVAE(AutoencoderModel):
    """An autoencoder whose code is a map of indices into a codebook.

        loss = -ln p(x|z + SG[e - z]) + |SG[z] - e|^2 + commitment_weight |z - SG[e]|^2   (Eq. 3)

    z = E(x), e is the nearest of the codebook, SG stops gradients. By default the codebook is a
    moving average (Appendix A.1), the second term only logged. `fit_sampler` trains the prior.

    Departures: a masked perceptron for PixelCNN; the codebook starts at encoder outputs.

    Args:
        encoder, decoder: data to `(batch, ..., latent_dim)`, and that to parameters of x.
        latent_dim: size of the vectors; 64 in the paper.
        codebook, num_codes, decay: `VectorQuantizer`, or its settings; decay null: a weight.
        likelihood: "bernoulli", "gaussian" or a `zoo.likelihoods` object.
        commitment_weight: beta.
        places: how many indices stand for a vector.
        prior, prior_hidden, prior_epochs: density of the maps, or widths; its training.

    Reference: van den Oord et al., 2017, "Neural discrete representation learning".
    """

    players = {"autoencoder": ("encoder", "decoder", "codebook", "likelihood")}
    frozen = ("prior",)  # fitted, not moved
    terms = {"autoencoder": ("reconstruction", "commitment")}
    watched = {"autoencoder": ("codebook", "perplexity")}
    verbs = {verb: names for verb, names in CodeVerbs.verbs.items() if verb != "interpolate"}
    score_kind, code_dtype, has_places = "elbo", tf.int32, True

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        codebook,
        likelihood=None,
        prior=None,
        commitment_weight: Annotated[float, Weight(search=(0.05, 2.0))] = 0.25,
        prior_epochs: Annotated[int, Count()] = 20,
        **parts,
    ):
        prior = prior or IndexDensity.of(encoder.output_shape[1:-1], codebook.num_codes)
        parts["likelihood"] = named(likelihood, bounded=len(encoder.input_shape) == 4)
        parts |= {"commitment_weight": commitment_weight, "prior_epochs": prior_epochs}
        super().__init__(encoder, decoder, latent_dim, codebook=codebook, prior=prior, **parts)
        if codebook.decay is None:
            self.terms = {"autoencoder": (*self.terms["autoencoder"], "codebook")}
            self.watched = {"autoencoder": ("perplexity",)}

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
        num_codes: Annotated[int, Count(size=True, search=(32, 1024))] = 512,
        decay: Annotated[float | None, Number(above=0.0, below=1.0)] = 0.99,
        places: Annotated[int, Count(size=True)] = 4,
        prior_hidden: Widths = (512,),
        seed=None,
    ):
        of_data = named(likelihood, bounded=len(data_shape) == 3)
        sizes = of_data.channels, hidden, channels, places
        networks = maps.codec(data_shape, latent_dim, *sizes)
        codebook = VectorQuantizer(num_codes, latent_dim, decay)
        places = networks["encoder"].output_shape[1:-1]
        prior = IndexDensity.of(places, num_codes, prior_hidden, seed=seed)
        return {**networks, "likelihood": of_data, "codebook": codebook, "prior": prior}

    @property
    def code_range(self):
        return 0, self.codebook.num_codes - 1

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4)

    def prepare(self, data):
        self.codebook.start(self.encoder, data)

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        e, indices = self.codebook(z, training=training)
        output = self.decoder(straight_through(z, e), training=training)
        return {
            "reconstruction": self.error(x, output),
            "codebook": squared_error(tf.stop_gradient(z), e),
            "commitment": self.now(self.commitment_weight) * squared_error(z, tf.stop_gradient(e)),
            "perplexity": self.codebook.perplexity(indices),
        }

    def encode(self, x):
        """Indices into the codebook, int32 `(batch, ...)`."""
        return self.codebook(self.encoder(x, training=False))[1]

    def decode(self, z):
        """The mean of p(x|e), e the vectors of indices z."""
        return self.mean(self.decoder(self.codebook.lookup(z), training=False))

    def score(self, x):
        """The evidence lower bound of each x, in nats."""
        z = self.encode(x)
        prior = self.prior if self.prior.is_fitted else self.codebook
        e = self.codebook.lookup(z)
        return prior.log_prob(z) - self.error(x, self.decoder(e, training=False))
