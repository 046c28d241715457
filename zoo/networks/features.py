"""Discriminators with a second output: the features that their first is computed from."""

import keras


def with_features(network):
    """The network with two outputs: its own, and what its last dense layer reads.

    Args:
        network: ends in a dense layer, such as those of `zoo.networks.mlp` and `conv`.
    """
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    features = keras.layers.Activation("linear", dtype="float32")(last.input)
    return keras.Model(network.inputs[0], [*network.outputs, features], name=network.name)


def with_head(network, outputs, hidden=(128,)):
    """The network with two outputs: its own, and `outputs` numbers read from its features.

    Args:
        network: as of `with_features`, which is called here.
        outputs: size of the second output.
        hidden: widths of the layers between the features and it.
    """
    own, x = with_features(network).outputs
    for width in hidden:
        x = keras.layers.LeakyReLU(0.2)(keras.layers.Dense(width)(x))
    x = keras.layers.Activation("linear", dtype="float32")(keras.layers.Dense(outputs)(x))
    return keras.Model(network.inputs[0], [own, x], name=network.name)
