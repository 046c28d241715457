"""What models of an exact density share."""

from zoo.contract.model import GenerativeModel


class DensityModel(GenerativeModel):
    """loss = -ln p(x), exactly. Not trained itself: see the papers.

    A class states what its player `density` moves, and writes `log_prob` and `draw`. With
    them it may be the prior of another model.

    Args:
        **parts: those of `GenerativeModel`.
    """

    terms = {"density": ("nll",)}
    verbs = {"sample": ("count", "seed"), "score": ("x",)}
    score_kind = "logdensity"
    data_ranks, has_latent = (1,), False

    @property
    def data_shape(self):
        """Shape of one example: of the class's `network`, or `(data_dim,)` where it has none."""
        network = getattr(self, "network", None)
        return (self.data_dim,) if network is None else network.shape

    def log_prob(self, x, training=False):
        """ln p(x), nats: `(batch,)`."""
        raise NotImplementedError(f"{type(self).__name__} has no density.")

    def draw(self, count):
        """`count` examples, from the noise stream that is open."""
        raise NotImplementedError(f"{type(self).__name__} does not sample.")

    def density_loss(self, x, y, training):
        return {"nll": -self.log_prob(x, training)}

    def call(self, x, training=False):
        """ln p(x), nats: `(batch,)`."""
        return self.log_prob(x, training)

    def sample(self, count, seed=None):
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            return self.draw(count)

    def score(self, x):
        """ln p(x), in nats."""
        return self.log_prob(x)
