"""Games min_u max_v f(u, v) of two vectors, each row a game of its own."""

import dataclasses

import tensorflow as tf

from zoo.registry import register


class MinimaxValue:
    """f(u, v), differentiable; a value, which configs keep with its numbers."""

    def __call__(self, u, v):
        """f of each row, `(batch,)`.

        Args:
            u, v: `(batch, size)`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no value.")

    def get_config(self):
        return dataclasses.asdict(self)  # pyright: ignore[reportArgumentType]  every value is one

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@register
@dataclasses.dataclass(frozen=True)
class Bilinear(MinimaxValue):
    """u v: descent and ascent turn around the equilibrium at 0."""

    def __call__(self, u, v):
        return tf.reduce_sum(u * v, axis=-1)


@register
@dataclasses.dataclass(frozen=True)
class Saddle(MinimaxValue):
    """u^2 - v^2: each player has its best place, whatever the other does."""

    def __call__(self, u, v):
        return tf.reduce_sum(tf.square(u) - tf.square(v), axis=-1)


@register
@dataclasses.dataclass(frozen=True)
class Dirac(MinimaxValue):
    """-softplus(u v): a GAN of data at 0, samples at u, the logit v x (Mescheder et al., 2018)."""

    def __call__(self, u, v):
        return -tf.reduce_sum(tf.math.softplus(u * v), axis=-1)


VALUES = {"bilinear": Bilinear(), "saddle": Saddle(), "dirac": Dirac()}


def named(value):
    """The game of a name, or the game itself."""
    if isinstance(value, MinimaxValue):
        return value
    if value not in VALUES:
        raise ValueError(f"`game` must be one of {sorted(VALUES)}. Received: {value!r}.")
    return VALUES[value]
