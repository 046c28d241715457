"""Masks of which outputs depend on which inputs, and sampling of entries in turn.

Germain et al., 2015, "MADE: Masked autoencoder for distribution estimation".
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.registry import register


@register
class MaskedDense(keras.layers.Layer):
    """y = x (M * W) + b, M_ij = [degree of input i <= degree of output j].

    Args:
        incoming: degrees of the inputs, integers `(orders, inputs)`.
        outgoing: degrees of the outputs, integers `(orders, outputs)`.
        strict: M_ij = [degree of input i < degree of output j]; of a last layer.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, incoming, outgoing, strict=False, **options):
        super().__init__(**options)
        self.incoming, self.outgoing = (np.array(d, np.int32) for d in (incoming, outgoing))
        self.strict = strict
        inputs, outputs = self.incoming.shape[1], self.outgoing.shape[1]
        self.kernel = self.add_weight(name="kernel", shape=(inputs, outputs))
        self.bias = self.add_weight(name="bias", shape=(outputs,), initializer="zeros")
        self.built = True

    def mask(self, order=0):
        """M of one order, `(inputs, outputs)` of 0 and 1."""
        incoming = tf.gather(self.incoming, order)[:, None]
        outgoing = tf.gather(self.outgoing, order)[None]
        connected = incoming < outgoing if self.strict else incoming <= outgoing
        return tf.cast(connected, self.compute_dtype)

    def call(self, x, order=0):
        kernel = self.mask(order) * tf.convert_to_tensor(self.kernel)
        return x @ kernel + self.bias

    def get_config(self):
        degrees = {"incoming": self.incoming.tolist(), "outgoing": self.outgoing.tolist()}
        return {**super().get_config(), **degrees, "strict": self.strict}


def filled(values, ranks, count):
    """`(count, size)` whose entries are set one after another, in the order of their ranks.

    Args:
        values: x `(count, size)` to what each of its entries becomes; one entry may depend
            on those of lower rank alone, and the others are 0 when it is set.
        ranks: of the entries, from 1: `(size,)`.
        count: of rows, a number or a scalar tensor.
    """
    size = len(ranks)

    def put(place, x):
        return place + 1, tf.ensure_shape(tf.where(ranks == place, values(x), x), x.shape)

    start = tf.constant(1), tf.zeros([count, size])
    return tf.while_loop(lambda place, x: place <= size, put, start, maximum_iterations=size)[1]
