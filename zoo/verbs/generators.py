"""The verbs of families that generate data from noise."""

import contextlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import tensorflow as tf

from zoo.verbs.codes import path


class GeneratorVerbs:
    """Mixed into families that have a `generator` of data and a `latent_dim`.

    Weights of which a class keeps averages (`averaged_players`) are read as their averages.
    """

    generator: Any
    latent_dim: int
    noise: ModuleType
    by_averages: Callable[[], contextlib.AbstractContextManager[Any]]
    verbs: dict[str, tuple[str, ...]] = {
        "sample": ("count", "seed"),
        "interpolate": ("z1", "z2", "steps"),
    }
    noise_distribution: str = "normal"  # of z: N(0, I); "uniform": U(-1, 1) in each entry

    def draw_codes(self, count: Any) -> tf.Tensor:
        """`count` draws of the noise z; needs an open noise stream."""
        shape = [count, self.latent_dim]
        if self.noise_distribution == "uniform":
            return self.noise.uniform(shape, -1.0, 1.0)
        return self.noise.normal(shape)

    def noise_map(self) -> tuple[Callable[..., tf.Tensor], int, float] | None:
        return (self.decode, self.latent_dim, 1.0) if self.noise_distribution == "normal" else None

    def generate(self, count: Any, y: tf.Tensor | None, training: bool) -> tf.Tensor:
        """`count` examples from fresh noise; y: their labels, in families that take some."""
        return self.generator(self.draw_codes(count), training=training)

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Data from noise."""
        return self.generator(z, training=training)

    def sample(self, count: int, seed: Any = None) -> tf.Tensor:
        """`count` examples. `seed`: one integer, or an int64 for each; None draws one."""
        with self.by_averages(), self.noise.serving(seed, count):
            return self.generate(count, None, training=False)

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """The data of noise z, `(batch, latent_dim)`."""
        with self.by_averages():
            return self.generator(z, training=False)

    def interpolate(self, z1: tf.Tensor, z2: tf.Tensor, steps: int = 8) -> tf.Tensor:
        """`(batch, steps, ...)`: data on the lines from z1 to z2."""
        return path(self.decode, z1, z2, steps)
