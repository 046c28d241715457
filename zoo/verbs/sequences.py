"""The verbs of families that model sequences."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import tensorflow as tf


class SequenceVerbs:
    """Mixed into families that have a `belief` of sequences, a `prior_network` that gives the
    distribution of z from it, a `posterior` that reads it, `decode`, and `ahead(z, jump,
    training)`, the distribution of the state `jump` steps after z."""

    belief: Any
    prior_network: Any
    posterior: Any
    decode: Callable[..., tf.Tensor]
    ahead: Callable[..., tf.Tensor]
    noise: ModuleType
    data_shape: tuple[int, ...]
    horizon: int
    max_jump: int
    verbs: dict[str, tuple[str, ...]] = {
        "forecast": ("x", "seed"),
        "encode": ("x",),
        "reconstruct": ("x",),
        "score": ("x", "seed"),
    }

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The reconstruction of x."""
        return self.reconstruct(x)

    def encode(self, x: tf.Tensor) -> tf.Tensor:
        """The mean of p(z|b) after the last step, `(batch, latent_dim)`."""
        belief = self.belief(x, training=False)[:, -1]
        return self.posterior.mean(self.prior_network(belief, training=False))

    def reconstruct(self, x: tf.Tensor) -> tf.Tensor:
        """Each step decoded from the mean of p(z|b) there: a sequence."""
        b = self.belief(x, training=False)
        z = self.posterior.mean(self.prior_network(joined(b), training=False))
        return tf.reshape(self.decode(z), tf.shape(x))

    def forecast(
        self,
        x: tf.Tensor,
        horizon: int | None = None,
        seen: int | None = None,
        jump: int = 1,
        seed: Any = None,
    ) -> tf.Tensor:
        """Steps of one future that is drawn, `(batch, horizon, ...)`; means of p(x|z).

        horizon: how many; the model's own where None. seen: how many steps of x are known; all
        where None. jump: steps from one to the next, 1 ... `max_jump`.
        """
        steps, frames = self.data_shape[0], []
        horizon = horizon or self.horizon
        seen = steps if seen is None else seen
        require("seen", seen, steps)
        require("jump", jump, self.max_jump)
        belief = self.belief(x, training=False)[:, seen - 1]
        with self.noise.serving(seed, tf.shape(x)[0]):
            z, _ = self.posterior.sample(self.prior_network(belief, training=False))
            for _ in range(horizon):
                z, _ = self.posterior.sample(self.ahead(z, jump, training=False))
                frames.append(self.decode(z))
        return tf.stack(frames, axis=1)


def joined(steps: tf.Tensor) -> tf.Tensor:
    """`(batch, steps, ...)` to `(batch * steps, ...)`."""
    return tf.reshape(steps, [-1, *steps.shape[2:]])


def require(name: str, value: int, most: int) -> None:
    """Refuses a number of steps that is not from 1 to `most`."""
    if not 1 <= value <= most:
        raise ValueError(f"`{name}` must be from 1 to {most}. Received: {value}.")
