"""Networks of a code with parts: an encoder with heads, a decoder that takes them side by side."""

import keras

from zoo.networks import default
from zoo.networks.features import with_features


def encoder_with_heads(data_shape, sizes, hidden=(256, 256), channels=(32, 64)):
    """Data to one vector of each of these sizes, read from one trunk; linear.

    Args:
        data_shape: of one example.
        sizes: of the vectors.
        hidden, channels: those of `zoo.networks.default.encoder`.
    """
    trunk = with_features(default.encoder(data_shape, 1, hidden, channels))
    data, features = trunk.inputs[0], trunk.outputs[1]
    outputs = [
        keras.layers.Activation("linear", dtype="float32")(keras.layers.Dense(size)(features))
        for size in sizes
    ]
    return keras.Model(data, outputs, name="encoder")


def joined_decoder(sizes, data_shape, hidden=(256, 256), channels=(32, 64), final="linear"):
    """Vectors of these sizes, side by side, to data.

    Args:
        sizes: of the vectors.
        data_shape: of one example.
        hidden, channels, final: those of `zoo.networks.default.decoder`.
    """
    inputs = [keras.Input((size,)) for size in sizes]
    decoder = default.decoder(sum(sizes), data_shape, hidden, channels, final, name="joined")
    return keras.Model(inputs, decoder(keras.layers.Concatenate()(inputs)), name="decoder")
