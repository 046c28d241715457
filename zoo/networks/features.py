"""Discriminators that show what they see: a second output, the features they judge by."""

import keras


def with_features(network):
    """The network with two outputs: its own, and what its last dense layer reads.

    Args:
        network: ends in a dense layer, such as those of `zoo.networks.mlp` and `conv`.
    """
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    seen = keras.layers.Activation("linear", dtype="float32")(last.input)
    return keras.Model(network.inputs[0], [*network.outputs, seen], name=network.name)
