"""Networks of pairs: what they take beside each other is joined, images along their channels."""

from typing import Any

import keras

from zoo.networks import default
from zoo.networks.mlp import mlp


def joined_encoder(shapes, outputs, hidden=(256, 256), channels=(32, 64), name: Any = None):
    """Data of these shapes, side by side, to a vector of `outputs` numbers.

    Args:
        shapes: of one example of each; images have one height and width.
        outputs: how many numbers.
        hidden, channels: those of `zoo.networks.default.encoder`.
        name: of the network.
    """
    if len(shapes) == 1:
        return default.encoder(shapes[0], outputs, hidden, channels, name=name)
    inputs = [keras.Input(shape) for shape in shapes]
    both = keras.layers.Concatenate()(inputs)
    inner = default.encoder(tuple(both.shape[1:]), outputs, hidden, channels, name="inner")
    return keras.Model(inputs, inner(both), name=name)


def conditional_encoder(
    data_shape, latent_dim, outputs, hidden=(256, 256), channels=(32, 64), name=None
):
    """Data and a code to a vector of `outputs` numbers; the code joins what is made of the data.

    Args:
        data_shape: of one example.
        latent_dim: size of the code.
        outputs: how many numbers.
        hidden, channels: those of `zoo.networks.default`.
        name: of the network.
    """
    x, z = keras.Input(data_shape), keras.Input((latent_dim,))
    features = default.encoder(data_shape, hidden[-1], hidden, channels, name="features")(x)
    inner = keras.layers.Concatenate()([keras.layers.Activation("relu")(features), z])
    return keras.Model([x, z], mlp(inner.shape[1], outputs, hidden[-1:])(inner), name=name)


def conditional_decoder(
    shapes, latent_dim, data_shape, hidden=(256, 256), channels=(32, 64), name=None
):
    """Data of these shapes and a code to data: the code joins what an encoder makes of the data.

    Args:
        shapes: of one example of each; images have one height and width.
        latent_dim: size of the code, the last input; 0: there is none.
        data_shape: of the result.
        hidden, channels: those of `zoo.networks.default`.
        name: of the network.
    """
    inputs = [keras.Input(shape) for shape in shapes]
    features = joined_encoder(shapes, hidden[-1], hidden, channels, name="features")
    inner = keras.layers.Activation("relu")(features(inputs if len(inputs) > 1 else inputs[0]))
    if latent_dim:
        inputs.append(keras.Input((latent_dim,)))
        inner = keras.layers.Concatenate()([inner, inputs[-1]])
    output = default.decoder(inner.shape[1], data_shape, hidden, channels, name="generator")(inner)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], output, name=name)
