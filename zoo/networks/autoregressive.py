"""Networks whose output for an entry depends on the entries before it alone."""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf

from zoo.layers.masked_dense import MaskedDense, filled
from zoo.registry import register


@register
class Autoregressive(keras.layers.Layer):
    """A masked perceptron: `channels` numbers for each entry of x, given those before it.

    Every unit has a degree; it is connected to inputs of a rank up to its degree, and the outputs
    of an entry to units of lower degrees than its rank (Germain et al., 2015, Eq. 12
    and 13). Ranks are the natural order; with several `orders` they are shuffles, and the
    degrees of hidden units are drawn for each of them.

    Args:
        shape: of x, without the batch; an integer is a vector.
        channels: numbers that come out for each entry.
        hidden: widths of the hidden layers.
        activation: of the hidden layers.
        orders: how many orders the weights serve.
        reverse: the last entry comes first.
        context: size of a vector that all outputs depend on; 0 for none.
        inputs: numbers that stand for each entry of x.
        seed: of shuffles and drawn degrees.
        **options: those of `keras.layers.Layer`.

    Call arguments:
        x: `(batch, *shape)`, or with several `inputs` `(batch, *shape, inputs)`.
        order: the number of an order, an integer or a scalar tensor.
        context: `(batch, context)`, where there is one.

    Returns:
        `(batch, entries, channels)`, float32.
    """

    def __init__(
        self,
        shape,
        channels,
        hidden=(500,),
        activation="relu",
        orders=1,
        reverse=False,
        context=0,
        inputs=1,
        seed=0,
        **options,
    ):
        super().__init__(**options)
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.channels, self.hidden, self.activation = channels, tuple(hidden), activation
        self.orders, self.reverse, self.seed = orders, reverse, seed
        self.context, self.inputs = context, inputs
        self.ranks, *degrees = self._degrees()
        degrees = [np.repeat(self.ranks, inputs, axis=1), *degrees]
        self.stack = [MaskedDense(*sides) for sides in itertools.pairwise(degrees)]
        last = np.repeat(self.ranks, channels, axis=1)
        self.stack.append(MaskedDense(degrees[-1], last, strict=True))
        if context:
            self.informed = keras.layers.Dense(self.stack[0].bias.shape[0], use_bias=False)
            self.informed.build((None, context))
        self.built = True

    def _degrees(self):
        """Ranks of the entries from 1 and degrees of each hidden layer, `(orders, width)`."""
        random, entries = np.random.default_rng(self.seed), math.prod(self.shape)
        natural = np.arange(1, entries + 1)[:: -1 if self.reverse else 1]
        first = 0 if self.context else 1  # units of degree 0 depend on the context alone
        if self.orders == 1:
            spread = [first + np.arange(w) * (entries - first) // w for w in self.hidden]
            return [natural[None], *[degrees[None] for degrees in spread]]
        degrees = [np.stack([random.permutation(natural) for _ in range(self.orders)])]
        for width in self.hidden:
            low = np.maximum(degrees[-1].min(axis=1, keepdims=True) * first, first)
            degrees.append(random.integers(low, max(entries, 2), size=(self.orders, width)))
        return degrees

    @property
    def input_shape(self):
        """Shape of x; the batch is None."""
        return (None, *self.shape)

    @property
    def output_shape(self):
        """Shape of the result; the batch is None."""
        return (None, self.size, self.channels)

    @property
    def size(self):
        """How many entries x has."""
        return self.ranks.shape[1]

    def call(self, x, order=0, context=None):
        activation = keras.activations.get(self.activation)
        hidden = self.stack[0](tf.reshape(x, [-1, self.size * self.inputs]), order=order)
        if self.context:
            hidden = hidden + self.informed(context)
        for layer in self.stack[1:]:
            hidden = layer(activation(hidden), order=order)
        return tf.cast(tf.reshape(hidden, [-1, self.size, self.channels]), tf.float32)

    def get_config(self):
        sizes = {"shape": self.shape, "channels": self.channels, "hidden": self.hidden}
        order = {"orders": self.orders, "reverse": self.reverse, "seed": self.seed}
        rest = {"activation": self.activation, "context": self.context, "inputs": self.inputs}
        return {**super().get_config(), **sizes, **order, **rest}


def in_turn(network, likelihood, uniform, order=0):
    """Draws whose entries are taken one after another, each given those before it.

    Args:
        network: an `Autoregressive`, or what has its call, `ranks` and `size`.
        likelihood: `zoo.likelihoods` object of one entry.
        uniform: numbers of U(0, 1), `(count, size, 1)`.
        order: the number of an order.
    """

    def values(x):
        return likelihood.drawn(network(x, order=order), uniform)[..., 0]

    return filled(values, network.ranks[order], tf.shape(uniform)[0])
