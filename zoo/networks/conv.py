"""Convolutional encoders, critics and decoders for images of any height and width from 8 up."""

import math

import keras

from zoo.networks.pixels import batch_norm

KERNEL = 4


def conv(data_shape, outputs, channels=(32, 64), activation="relu", rescale=False, name=None):
    """Convolutions of stride 2 down to at most 8 x 8, then one dense layer.

    Args:
        data_shape: `(height, width, channels)`, each side at least 8.
        outputs: size of the result; a vector `(batch, outputs)`.
        channels: of the stages; the last is repeated while a side exceeds 8.
        activation: "relu", or "leaky_relu" for a critic.
        rescale: map [0, 1] to [-1, 1] first.
        name: of the network.
    """
    layers = [keras.Input(data_shape)]
    if rescale:
        layers.append(keras.layers.Rescaling(2.0, offset=-1.0))
    for width in stages(data_shape, channels):
        layers.append(keras.layers.Conv2D(width, KERNEL, 2, "same", activation=activation))
    layers += [keras.layers.Flatten(), keras.layers.Dense(outputs)]
    layers.append(keras.layers.Activation("linear", dtype="float32"))
    return keras.Sequential(layers, name=name)


def deconv(
    latent_dim,
    data_shape,
    channels=(32, 64),
    normalized=False,
    final="linear",
    activation="relu",
    name=None,
):
    """The mirror of `conv`: a dense layer, transposed convolutions of stride 2, cropped to size.

    Args:
        latent_dim: size of the code.
        data_shape: `(height, width, channels)` of the result.
        channels: those of the mirrored `conv`.
        normalized: batch normalization (synchronised over replicas) before each activation.
        final: activation of the output, computed in float32.
        activation: of the stages.
        name: of the network.
    """
    height, width, depth = data_shape
    widths = stages(data_shape, channels)
    scale = 2 ** len(widths)
    small = math.ceil(height / scale), math.ceil(width / scale), widths[-1]
    layers = [keras.Input((latent_dim,)), keras.layers.Dense(math.prod(small))]
    layers += [keras.layers.Reshape(small), *_activated(normalized, activation)]
    for channel in widths[-2::-1]:
        layers.append(keras.layers.Conv2DTranspose(channel, KERNEL, 2, "same"))
        layers += _activated(normalized, activation)
    layers.append(keras.layers.Conv2DTranspose(depth, KERNEL, 2, "same"))
    extra = small[0] * scale - height, small[1] * scale - width
    if any(extra):
        layers.append(keras.layers.Cropping2D([(e // 2, e - e // 2) for e in extra]))
    layers.append(keras.layers.Activation(final, dtype="float32"))
    return keras.Sequential(layers, name=name)


def stages(data_shape, channels):
    """Channels of each stage: as many as bring the longer side to 8 or less."""
    longest, shortest = max(data_shape[:2]), min(data_shape[:2])
    if shortest < 8:
        raise ValueError(f"Images must be at least 8 x 8. Received: data_shape={data_shape}.")
    extra = max(0, math.ceil(math.log2(longest / 8)) - len(channels))
    return (*channels, *[channels[-1]] * extra)


def _activated(normalized, activation):
    norm = [batch_norm()] if normalized else []
    return [*norm, keras.layers.Activation(activation)]
