"""Recurrent networks over the steps of a sequence, and networks of its state."""

import math

import keras

from zoo.networks import default
from zoo.networks.mlp import mlp


def recurrent(data_shape, size=128, hidden=(128,), activation="relu", name=None):
    """A summary of the steps up to each one: dense layers on each step, then an LSTM over them.

    Args:
        data_shape: `(steps, ...)`; what one step holds is flattened.
        size: of the result, `(batch, steps, size)`.
        hidden: widths of the dense layers.
        activation: of the dense layers.
        name: of the network.
    """
    steps, *frame = data_shape
    layers = [keras.Input(data_shape)]
    if len(frame) > 1:
        layers.append(keras.layers.Reshape((steps, math.prod(frame))))
    layers += [keras.layers.Dense(width, activation=activation) for width in hidden]
    layers.append(keras.layers.LSTM(size, return_sequences=True, seed=0))  # a state without use
    layers.append(keras.layers.Activation("linear", dtype="float32"))
    return keras.Sequential(layers, name=name)


def carried(inputs, outputs, hidden=(128,), name=None):
    """Dense layers to means, then ln variances, of a state that follows another one; the means
    begin as those of the state that stands first in the input, plus what the layers give.

    Args:
        inputs: size of the input.
        outputs: twice the size of the state.
        hidden, name: those of `zoo.networks.mlp.mlp`.
    """
    vector, size = keras.Input((inputs,)), outputs // 2
    inner = vector
    for width in hidden:
        inner = keras.layers.Dense(width, activation="relu")(inner)
    same = keras.layers.Dense(size, use_bias=False, kernel_initializer="identity")(vector)
    mean = keras.layers.Add()([same, keras.layers.Dense(size)(inner)])
    both = keras.layers.Concatenate()([mean, keras.layers.Dense(size)(inner)])
    return keras.Model(vector, keras.layers.Activation("linear", dtype="float32")(both), name=name)


def state_networks(shapes, hidden=(128,), channels=(32, 64)):
    """The networks of a belief over steps and of its state, by name.

    Args:
        shapes: name -> what each network takes and gives. "belief", which gives
            `(steps, size)`, is recurrent, "decoder" that of `zoo.networks.default`,
            "transition" carries its state on, and others are perceptrons.
        hidden, channels: those of the default networks.
    """
    networks = {}
    for name, (inputs, outputs) in shapes.items():
        if name == "belief":
            networks[name] = recurrent(inputs, outputs[-1], hidden, name=name)
        elif name == "decoder":
            networks[name] = default.decoder(inputs[0], outputs, hidden, channels, name=name)
        elif name == "transition":
            networks[name] = carried(inputs[0], outputs[0], hidden, name=name)
        else:
            networks[name] = mlp(inputs, outputs, hidden, name=name)
    return networks
