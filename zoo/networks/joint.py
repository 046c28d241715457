"""Networks that judge data and code together."""

import keras

from zoo.layers.dropout import Dropout
from zoo.networks import default


def joint(data_shape, latent_dim, hidden=(256, 256), channels=(64, 128), rate=0.0, name="joint"):
    """`[data, code]` to one raw output: features of the data beside the code, dense layers.

    Args:
        data_shape: of one example.
        latent_dim: size of the code.
        hidden: widths of the dense layers; the first is that of the data's features, too.
        channels: of the convolutions, for images.
        rate: of dropout before each dense layer.
        name: of the network.
    """
    data, code = keras.Input(data_shape), keras.Input((latent_dim,))
    inner = default.discriminator(data_shape, hidden[:1], channels, outputs=hidden[0])
    x = keras.layers.Concatenate()([keras.layers.LeakyReLU(0.2)(inner(data)), code])
    for width in hidden:
        x = keras.layers.Dense(width)(Dropout(rate)(x) if rate else x)
        x = keras.layers.LeakyReLU(0.2)(x)
    output = keras.layers.Dense(1)(Dropout(rate)(x) if rate else x)
    output = keras.layers.Activation("linear", dtype="float32")(output)
    return keras.Model([data, code], output, name=name)
