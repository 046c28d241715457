"""What deterministic autoencoders share."""

from zoo import checks
from zoo.code_verbs import CodeVerbs
from zoo.losses.reconstruction import squared_error
from zoo.model import GenerativeModel
from zoo.networks import default
from zoo.priors.fitted_mixture import FittedMixture


class AutoencoderModel(CodeVerbs, GenerativeModel):
    """z = encoder(x), and decoder(z) close to x. Not trained itself: see the papers.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code.
        prior: the law of codes that `sample` draws from; None is the class's own.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder")}
    terms = {"autoencoder": ("reconstruction",)}
    score_kind = "neg_energy"
    final = "sigmoid"  # how default decoders of images end
    likelihood = None  # of the data, where the error is not a square
    has_places = False  # whether a code is several vectors, each in its place

    def __init__(self, encoder, decoder, latent_dim, *, prior=None, **parts):
        sizes = {"places": encoder.output_shape[1:-1] if self.has_places else ()}
        sizes["channels"] = getattr(parts.get("likelihood"), "channels", 1)
        checks.require_codec(type(self), encoder, decoder, latent_dim, **sizes)
        prior = self.default_prior(latent_dim) if prior is None else prior
        super().__init__(
            encoder=encoder, decoder=decoder, latent_dim=latent_dim, prior=prior, **parts
        )

    @property
    def code_shape(self):
        """Shape of one code."""
        return self.encoder.output_shape[1:-1] if self.has_places else (self.latent_dim,)

    @staticmethod
    def default_prior(latent_dim):
        """The law of codes, fitted by `fit_sampler` once the model is trained."""
        return FittedMixture(latent_dim)

    @classmethod
    def for_data(cls, data_shape, latent_dim, hidden=(256, 256), channels=(32, 64), **settings):
        sizes = {"hidden": tuple(hidden), "channels": tuple(channels)}
        final = cls.final if default.is_image(data_shape) else "linear"
        networks = default.codec(data_shape, latent_dim, latent_dim, final=final, **sizes)
        networks |= cls.default_networks(latent_dim, sizes["hidden"])
        return cls(latent_dim=latent_dim, **networks, **settings)

    @classmethod
    def default_networks(cls, latent_dim, hidden):
        """Networks beside encoder and decoder, by name."""
        return {}

    def error(self, x, output):
        """How far the decoder's output is from x: `(batch,)`."""
        return self.likelihood.nll(x, output) if self.likelihood else squared_error(x, output)

    def mean(self, output):
        """Data from the decoder's output."""
        return self.likelihood.mean(output) if self.likelihood else output

    @property
    def data_range(self):
        return getattr(self.likelihood, "data_range", None) or super().data_range

    def autoencoder_loss(self, x, y, training):
        z = self.encoder(x, training=training)
        return {"reconstruction": self.error(x, self.decoder(z, training=training))}

    def encode(self, x):
        """The code of x, `(batch, latent_dim)`."""
        return self.encoder(x, training=False)

    def decode(self, z):
        """The data of code z."""
        return self.mean(self.decoder(z, training=False))

    def score(self, x):
        """Minus the reconstruction error; higher is more like the training data."""
        return -self.error(x, self.decoder(self.encode(x), training=False))
