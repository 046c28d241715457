"""What deterministic autoencoders share."""

from typing import Any

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Widths
from zoo.losses.reconstruction import squared_error
from zoo.networks import default
from zoo.priors.fitted_mixture import FittedMixture
from zoo.priors.normal import StandardNormal
from zoo.verbs.codes import CodeVerbs


class AutoencoderModel(CodeVerbs, GenerativeModel):
    """z = encoder(x), and decoder(z) close to x. Not trained itself: see the papers.

    Args:
        encoder: data to codes, `(batch, latent_dim)`.
        decoder: codes to data.
        latent_dim: size of the code.
        prior: of the codes that `sample` decodes; None is the class's own.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder")}
    terms = {"autoencoder": ("reconstruction",)}
    score_kind = "neg_energy"
    final = "sigmoid"  # how default decoders of images end
    activation = "relu"  # within default networks
    likelihood: Any = None  # of the data, where the error is not a square
    has_places = False  # whether a code is several vectors, each in its place

    def __init__(self, encoder, decoder, latent_dim, *, prior=None, **parts):
        prior = self.default_prior(latent_dim) if prior is None else prior
        self.require_networks(encoder, decoder, latent_dim, prior=prior, **parts)
        networks = {"encoder": encoder, "decoder": decoder, "latent_dim": latent_dim}
        super().__init__(**networks, prior=prior, **parts)

    @classmethod
    def require_networks(cls, encoder, decoder, latent_dim, **parts):
        """Refuses networks that do not fit each other."""
        sizes: dict[str, Any] = {"places": encoder.output_shape[1:-1] if cls.has_places else ()}
        sizes["channels"] = getattr(parts.get("likelihood"), "channels", 1)
        if parts.get("posterior") is not None:
            sizes["outputs"] = parts["posterior"].width(latent_dim)
        checks.require_codec(cls, encoder, decoder, latent_dim, **sizes)

    @classmethod
    def default_networks(
        cls, data_shape, latent_dim, *, hidden: Widths = (256, 256), channels: Widths = (32, 64)
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        sizes["activation"] = cls.activation
        sizes["final"] = cls.final if default.is_image(data_shape) else "linear"
        return default.codec(data_shape, latent_dim, latent_dim, **sizes)

    @staticmethod
    def default_prior(latent_dim):
        """The prior of codes, fitted by `fit_sampler` once the model is trained."""
        return FittedMixture(latent_dim)

    @property
    def code_shape(self):
        return self.encoder.output_shape[1:-1] if self.has_places else (self.latent_dim,)

    @property
    def codes_have_scale(self):
        return isinstance(self.prior, StandardNormal)

    def codes(self, x, training):
        """The code of x."""
        return self.encoder(x, training=training)

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
        z = self.codes(x, training)
        return {"reconstruction": self.error(x, self.decoder(z, training=training))}

    def encode(self, x):
        """The code of x, `(batch, latent_dim)`."""
        return self.codes(x, training=False)

    def decode(self, z):
        """The data of code z."""
        return self.mean(self.decoder(z, training=False))

    def score(self, x):
        """Minus the reconstruction error; higher is more like the training data."""
        return -self.error(x, self.decoder(self.encode(x), training=False))
