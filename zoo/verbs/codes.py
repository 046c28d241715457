"""The verbs of families that encode, decode and have a prior of codes."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import tensorflow as tf


class CodeVerbs:
    """Mixed into families that have `encode`, `decode` and a `prior`."""

    encode: Callable[..., tf.Tensor]
    decode: Callable[..., tf.Tensor]
    prior: Any
    noise: ModuleType
    verbs: dict[str, tuple[str, ...]] = {
        "sample": ("count", "seed"),
        "encode": ("x",),
        "decode": ("z",),
        "reconstruct": ("x",),
        "interpolate": ("x1", "x2", "steps"),
        "score": ("x",),
    }

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The reconstruction of x."""
        return self.decode(self.encode(x))

    def sample(self, count: int, seed: Any = None) -> tf.Tensor:
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            return self.decode(self.draw_codes(count))

    def draw_codes(self, count: Any) -> tf.Tensor:
        """`count` codes of the prior that `sample` decodes; needs an open noise stream."""
        self.require_fitted()
        return getattr(self.prior, "draw", self.prior.sample)(count)  # a model opens its own

    def noise_map(self) -> tuple[Callable[..., tf.Tensor], int, float] | None:
        inner = getattr(self.prior, "noise_map", None)
        if inner is None or "sample" not in self.offered():
            return None
        function, size, sigma = inner()
        return (lambda u: self.decode(function(u))), size, sigma

    def require_fitted(self) -> None:
        """Refuses to sample while the prior is not fitted to the codes."""
        if not getattr(self.prior, "is_fitted", True):
            raise ValueError(
                f"`sample` of {type(self).__name__} needs a prior of codes: call "
                "`model.fit_sampler(x)` with the training data first."
            )

    def offered(self) -> dict[str, tuple[str, ...]]:
        ready = getattr(self.prior, "is_fitted", True)
        return {verb: names for verb, names in self.verbs.items() if ready or verb != "sample"}

    def reconstruct(self, x: tf.Tensor) -> tf.Tensor:
        """The data that x is decoded to after encoding."""
        return self.decode(self.encode(x))

    def interpolate(self, x1: tf.Tensor, x2: tf.Tensor, steps: int = 8) -> tf.Tensor:
        """`(batch, steps, ...)`: decoded codes on the lines between those of x1 and x2."""
        ends = self.encode(x1), self.encode(x2)
        return path(self.decode, *ends, steps)


def path(decode: Callable[..., tf.Tensor], z1: tf.Tensor, z2: tf.Tensor, steps: int) -> tf.Tensor:
    """Decodes `steps` points of the lines from z1 to z2, ends included."""
    t = tf.linspace(0.0, 1.0, steps)[None, :, None]
    points = (1.0 - t) * z1[:, None] + t * z2[:, None]
    shown = decode(tf.reshape(points, [-1, z1.shape[1]]))
    return tf.reshape(shown, [-1, steps, *shown.shape[1:]])
