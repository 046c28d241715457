"""The verbs of families that generate data from noise."""

from zoo.verbs.codes import path


class GeneratorVerbs:
    """Mixed into families that have a `generator` of data and a `latent_dim`.

    Weights of which a class keeps averages (`averaged_players`) are read as their averages.
    """

    verbs = {"sample": ("count", "seed"), "interpolate": ("z1", "z2", "steps")}
    noise_distribution = "normal"  # of z: N(0, I); "uniform": U(-1, 1) in each entry

    def draw_codes(self, count):
        """`count` draws of the noise z; needs an open noise stream."""
        shape = [count, self.latent_dim]
        if self.noise_distribution == "uniform":
            return self.noise.uniform(shape, -1.0, 1.0)
        return self.noise.normal(shape)

    def noise_map(self):
        return (self.decode, self.latent_dim, 1.0) if self.noise_distribution == "normal" else None

    def generate(self, count, y, training):
        """`count` examples from fresh noise; y: their labels, in families that take some."""
        return self.generator(self.draw_codes(count), training=training)

    def call(self, z, training=False):
        """Data from noise."""
        return self.generator(z, training=training)

    def sample(self, count, seed=None):
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.by_averages(), self.noise.serving(seed, count):
            return self.generate(count, None, training=False)

    def decode(self, z):
        """The data of noise z, `(batch, latent_dim)`."""
        with self.by_averages():
            return self.generator(z, training=False)

    def interpolate(self, z1, z2, steps=8):
        """`(batch, steps, ...)`: data on the lines from z1 to z2."""
        return path(self.decode, z1, z2, steps)
