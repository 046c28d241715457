"""The verbs that families of models share: of codes with a prior, and of noise."""

import tensorflow as tf


class CodeVerbs:
    """Mixed into families that have `encode`, `decode` and a `prior`."""

    verbs = {
        "sample": ("count", "seed"),
        "encode": ("x",),
        "decode": ("z",),
        "reconstruct": ("x",),
        "interpolate": ("x1", "x2", "steps"),
        "score": ("x",),
    }

    def call(self, x, training=False):
        """The reconstruction of x."""
        return self.decode(self.encode(x))

    def sample(self, count, seed=None):
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            return self.decode(self.draw_codes(count))

    def draw_codes(self, count):
        """`count` codes of the law that `sample` decodes; needs an open noise stream."""
        self.require_law()
        return getattr(self.prior, "draw", self.prior.sample)(count)  # a model opens its own

    def require_law(self):
        """Refuses to sample while the law of codes is not fitted."""
        if not getattr(self.prior, "is_fitted", True):
            raise ValueError(
                f"`sample` of {type(self).__name__} needs a law of codes: call "
                "`model.fit_sampler(x)` with the training data first."
            )

    def offered(self):
        ready = getattr(self.prior, "is_fitted", True)
        return {verb: names for verb, names in self.verbs.items() if ready or verb != "sample"}

    def reconstruct(self, x):
        """The data that x is decoded to after encoding."""
        return self.decode(self.encode(x))

    def interpolate(self, x1, x2, steps=8):
        """`(batch, steps, ...)`: decoded codes on the lines between those of x1 and x2."""
        ends = self.encode(x1), self.encode(x2)
        return path(self.decode, *ends, steps)


class GeneratorVerbs:
    """Mixed into families that have a `generator` of data and a `latent_dim`."""

    verbs = {"sample": ("count", "seed"), "interpolate": ("z1", "z2", "steps")}

    def draw_codes(self, count):
        """`count` draws of the noise z; needs an open noise stream."""
        return self.noise.normal([count, self.latent_dim])

    def generate(self, count, training):
        """`count` examples from fresh noise."""
        return self.generator(self.draw_codes(count), training=training)

    def call(self, z, training=False):
        """Data from noise."""
        return self.generator(z, training=training)

    def sample(self, count, seed=None):
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            return self.generate(count, training=False)

    def interpolate(self, z1, z2, steps=8):
        """`(batch, steps, ...)`: data on the lines from z1 to z2."""
        return path(self.call, z1, z2, steps)


def path(decode, z1, z2, steps):
    """Decodes `steps` points of the lines from z1 to z2, ends included."""
    t = tf.linspace(0.0, 1.0, steps)[None, :, None]
    points = (1.0 - t) * z1[:, None] + t * z2[:, None]
    shown = decode(tf.reshape(points, [-1, z1.shape[1]]))
    return tf.reshape(shown, [-1, steps, *shown.shape[1:]])
