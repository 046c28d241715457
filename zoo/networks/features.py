"""Discriminators with a second output: the features that their first is computed from."""

import keras

from zoo.layers.minibatch_discrimination import MinibatchDiscrimination


def with_features(network):
    """The network with two outputs: its own, and what its last dense layer reads.

    Args:
        network: ends in a dense layer, such as those of `zoo.networks.mlp` and `conv`.
    """
    last = last_dense(network)
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


def with_minibatch_discrimination(network, kernels=50, dims=5):
    """The network, whose last dense layer also reads how near the rows of a batch are.

    Args:
        network: as of `with_features`.
        kernels, dims: those of `MinibatchDiscrimination`.
    """
    last = last_dense(network)
    layer = keras.layers.Dense.from_config({**last.get_config(), "name": "last"})
    x = layer(MinibatchDiscrimination(kernels, dims)(last.input))
    x = keras.layers.Activation("linear", dtype="float32")(x)
    return keras.Model(network.inputs[0], x, name=network.name)


def last_dense(network):
    """The last dense layer of a network."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
