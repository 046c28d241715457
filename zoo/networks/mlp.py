"""Multi-layer perceptrons."""

import math

import keras

from zoo.layers.dropout import Dropout


def mlp(
    input_shape,
    output_shape,
    hidden=(256, 256),
    activation="relu",
    final="linear",
    wrap=None,
    dropout=0.0,
    name=None,
):
    """Dense layers between two shapes; any shape is flattened and restored.

    Args:
        input_shape, output_shape: shapes without the batch; an integer is a vector.
        hidden: widths of the hidden layers.
        activation: of the hidden layers.
        final: activation of the output, computed in float32.
        wrap: takes each dense layer and returns the layer to use in its place, such as one
            that normalizes its weights; None: as they are.
        dropout: the share of entries of the last hidden layer that training sets to 0.
        name: of the network.
    """
    input_shape, output_shape = _shape(input_shape), _shape(output_shape)
    layers = [keras.Input(input_shape)]
    if len(input_shape) > 1:
        layers.append(keras.layers.Flatten())
    wrap = wrap or (lambda layer: layer)
    layers += [wrap(keras.layers.Dense(width, activation=activation)) for width in hidden]
    if dropout:
        layers.append(Dropout(dropout))
    layers.append(wrap(keras.layers.Dense(math.prod(output_shape))))
    if len(output_shape) > 1:
        layers.append(keras.layers.Reshape(output_shape))
    layers.append(keras.layers.Activation(final, dtype="float32"))
    return keras.Sequential(layers, name=name)


def shortcut_mlp(inputs, outputs, hidden=(1024, 1024, 1024), activation="relu", name=None):
    """Dense layers between two vectors; the last one takes the input beside the last hidden layer.

    Args:
        inputs, outputs: sizes of the vectors.
        hidden, activation, name: those of `mlp`.
    """
    vector = keras.Input((inputs,))
    inner = vector
    for width in hidden:
        inner = keras.layers.Dense(width, activation=activation)(inner)
    last = keras.layers.Dense(outputs)(keras.layers.Concatenate()([vector, inner]))
    return keras.Model(vector, keras.layers.Activation("linear", dtype="float32")(last), name=name)


def _shape(shape):
    return (shape,) if isinstance(shape, int) else tuple(shape)
