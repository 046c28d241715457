"""What models of sequences share, whose state is inferred from the past."""

from typing import Annotated

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Count, Likelihood, Widths
from zoo.likelihoods.gaussian import Gaussian
from zoo.networks.recurrent import state_networks
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.vae.evidence_bound import EvidenceBound
from zoo.verbs.sequences import SequenceVerbs, require

MaxJump = Annotated[int, Count(size=True, search=(1, 4))]


class SequenceModel(SequenceVerbs, EvidenceBound, GenerativeModel):
    """A state z of each step, a diagonal Gaussian given b, which summarizes the past.

    A class adds `ahead(z, jump, training)`: means, then ln variances, `jump` steps after z.

    Args:
        belief: sequences `(steps, ...)` to b at each step, from no later one: `(steps, size)`.
        prior_network: b to means, then ln variances, of z.
        decoder: z to the likelihood's parameters of one step.
        latent_dim: size of z.
        max_jump: the longest jump, less than `steps`.
        horizon: how many steps `forecast` gives.
        likelihood: `zoo.likelihoods` object or name; a Gaussian of a learned variance where None.
        **parts: further networks, and those of `GenerativeModel`.
    """

    networks = ("belief", "prior_network", "decoder")
    data_ranks, width = (2, 4), DiagonalGaussian.width

    def __init__(
        self,
        belief,
        prior_network,
        decoder,
        latent_dim,
        *,
        max_jump: MaxJump,
        horizon: Annotated[int, Count()],
        likelihood,
        **parts,
    ):
        steps, *frame = belief.input_shape[1:]
        likelihood = self.chosen_likelihood(likelihood, frame)
        networks = {"belief": belief, "prior_network": prior_network, "decoder": decoder}
        settings = {"latent_dim": latent_dim, "max_jump": max_jump, "horizon": horizon}
        super().__init__(**networks, **settings, likelihood=likelihood, **parts)
        require("max_jump", max_jump, steps - 1)
        sizes = (steps, *frame), belief.output_shape[-1], latent_dim, max_jump
        for name, shapes in self.shapes(*sizes, likelihood.channels).items():
            checks.require_map(type(self), name, getattr(self, name), *shapes)
        self.posterior = DiagonalGaussian()  # of every distribution of z

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (128,),
        channels: Widths = (32, 64),
        likelihood: Likelihood = None,
        max_jump: MaxJump = 4,
    ):
        likelihood = cls.chosen_likelihood(likelihood, data_shape[1:])
        shapes = cls.shapes(data_shape, hidden[-1], latent_dim, max_jump, likelihood.channels)
        networks = state_networks(shapes, hidden, channels)
        return {**networks, "max_jump": max_jump, "likelihood": likelihood}

    @classmethod
    def shapes(cls, data_shape, size, latent_dim, max_jump, channels):
        """Name -> what each network takes and gives; b has `size` numbers."""
        steps, *sides, last = data_shape
        return {
            "belief": (tuple(data_shape), (steps, size)),
            "prior_network": ((size,), (cls.width(latent_dim),)),
            "decoder": ((latent_dim,), (*sides, channels * last)),
        }

    @staticmethod
    def default_likelihood(bounded):
        return Gaussian(0.1, "learned", bounded)

    @property
    def data_shape(self):
        return self.belief.input_shape[1:]

    def decode(self, z):
        """The mean of p(x|z): one step for each z."""
        return self.likelihood.mean(self.decoder(z, training=False))

    def instants(self, count):
        """The first of two steps, counted from 0, and the jump to the second; `(count,)` each."""
        chosen, placed = tf.unstack(self.noise.uniform((count, 2)), axis=1)
        jump = 1 + below(self.max_jump, chosen)
        return below(self.data_shape[0] - jump, placed), jump


def below(limit, unit):
    """Numbers in (0, 1) as integers 0 ... limit - 1, equally often; `limit` may be a tensor."""
    scaled = tf.cast(unit * tf.cast(limit, tf.float32), tf.int32)
    return tf.minimum(scaled, limit - 1)
