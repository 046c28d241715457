"""The verbs that families of models share: of codes with a prior, of noise, of sequences."""

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


class SequenceVerbs:
    """Mixed into families that have a `belief` of sequences, a `prior_network` that gives the
    law of z from it, a `posterior` that reads laws of z, `decode`, and `ahead(z, jump,
    training)`, the law of the state `jump` steps after z."""

    verbs = {
        "forecast": ("x", "seed"),
        "encode": ("x",),
        "reconstruct": ("x",),
        "score": ("x", "seed"),
    }

    def call(self, x, training=False):
        """The reconstruction of x."""
        return self.reconstruct(x)

    def encode(self, x):
        """The mean of p(z|b) after the last step, `(batch, latent_dim)`."""
        belief = self.belief(x, training=False)[:, -1]
        return self.posterior.mean(self.prior_network(belief, training=False))

    def reconstruct(self, x):
        """Each step decoded from the mean of p(z|b) there: a sequence."""
        b = self.belief(x, training=False)
        z = self.posterior.mean(self.prior_network(joined(b), training=False))
        return tf.reshape(self.decode(z), tf.shape(x))

    def forecast(self, x, horizon=None, seen=None, jump=1, seed=None):
        """Steps of one future that is drawn, `(batch, horizon, ...)`; means of p(x|z).

        horizon: how many; the model's own where None. seen: how many steps of x are known; all
        where None. jump: steps from one to the next, 1 ... `max_jump`.
        """
        steps, found = self.data_shape[0], []
        horizon, seen = horizon or self.horizon, steps if seen is None else seen
        require("seen", seen, steps)
        require("jump", jump, self.max_jump)
        belief = self.belief(x, training=False)[:, seen - 1]
        with self.noise.serving(seed, tf.shape(x)[0]):
            z, _ = self.posterior.sample(self.prior_network(belief, training=False))
            for _ in range(horizon):
                z, _ = self.posterior.sample(self.ahead(z, jump, training=False))
                found.append(self.decode(z))
        return tf.stack(found, axis=1)


def path(decode, z1, z2, steps):
    """Decodes `steps` points of the lines from z1 to z2, ends included."""
    t = tf.linspace(0.0, 1.0, steps)[None, :, None]
    points = (1.0 - t) * z1[:, None] + t * z2[:, None]
    shown = decode(tf.reshape(points, [-1, z1.shape[1]]))
    return tf.reshape(shown, [-1, steps, *shown.shape[1:]])


def joined(steps):
    """`(batch, steps, ...)` to `(batch * steps, ...)`."""
    return tf.reshape(steps, [-1, *steps.shape[2:]])


def require(name, value, most):
    """Refuses a number of steps that is not from 1 to `most`."""
    if not 1 <= value <= most:
        raise ValueError(f"`{name}` must be from 1 to {most}. Received: {value}.")
