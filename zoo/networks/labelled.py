"""Networks with two inputs, `[data, labels]`: how every model of the zoo shows labels."""

import keras

from zoo.layers.with_labels import WithLabels
from zoo.networks import default


def labelled(make, input_shape, num_classes, name=None):
    """A network that takes labels beside its data, from one that does not.

    Args:
        make: the shape of data with its label (`zoo.layers.with_labels`) to a network.
        input_shape: of the data alone.
        num_classes: how many values the label has; int32 `(batch,)`, -1 for an unknown one. A list
            of them where there are several labels, int32 `(batch, len(num_classes))`.
        name: of the network.
    """
    label_shape = () if isinstance(num_classes, int) else (len(num_classes),)
    data, labels = keras.Input(input_shape), keras.Input(label_shape, dtype="int32")
    both = WithLabels(num_classes)([data, labels])
    return keras.Model([data, labels], make(tuple(both.shape[1:]))(both), name=name)


def labelled_codec(data_shape, codes, latent_dim, num_classes, depth=1, **sizes):
    """An encoder and a decoder as of `zoo.networks.default.codec`, conditioned on the label."""

    def encoder(shape):
        return default.encoder(shape, codes, **sizes)

    def decoder(shape):
        return default.decoder(shape[0], (*data_shape[:-1], depth * data_shape[-1]), **sizes)

    return {
        "encoder": labelled(encoder, data_shape, num_classes, "encoder"),
        "decoder": labelled(decoder, (latent_dim,), num_classes, "decoder"),
    }
