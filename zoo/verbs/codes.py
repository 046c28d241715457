"""The verbs of families that encode, decode and have a prior of codes."""

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
        """`count` codes of the prior that `sample` decodes; needs an open noise stream."""
        self.require_fitted()
        return getattr(self.prior, "draw", self.prior.sample)(count)  # a model opens its own

    def noise_map(self):
        inner = getattr(self.prior, "noise_map", None)
        if inner is None or "sample" not in self.offered():
            return None
        function, size, sigma = inner()
        return (lambda u: self.decode(function(u))), size, sigma

    def require_fitted(self):
        """Refuses to sample while the prior is not fitted to the codes."""
        if not getattr(self.prior, "is_fitted", True):
            raise ValueError(
                f"`sample` of {type(self).__name__} needs a prior of codes: call "
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


def path(decode, z1, z2, steps):
    """Decodes `steps` points of the lines from z1 to z2, ends included."""
    t = tf.linspace(0.0, 1.0, steps)[None, :, None]
    points = (1.0 - t) * z1[:, None] + t * z2[:, None]
    shown = decode(tf.reshape(points, [-1, z1.shape[1]]))
    return tf.reshape(shown, [-1, steps, *shown.shape[1:]])
