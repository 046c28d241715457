"""The networks `zoo.create` makes: perceptrons for vectors, convolutions for images."""

from typing import Any

from zoo.networks.conv import conv, deconv
from zoo.networks.features import with_features
from zoo.networks.mlp import mlp


def is_image(data_shape):
    """Whether a shape is `(height, width, channels)`."""
    return len(data_shape) == 3


def encoder(
    data_shape, outputs, hidden=(256, 256), channels=(32, 64), activation="relu", name="encoder"
):
    """Data to a vector of `outputs` numbers."""
    if is_image(data_shape):
        return conv(data_shape, outputs, channels, activation, name=name)
    return mlp(data_shape, outputs, hidden, activation, name=name)


def decoder(
    latent_dim,
    data_shape,
    hidden=(256, 256),
    channels=(32, 64),
    final="linear",
    activation="relu",
    name="decoder",
):
    """A code to data; `final="sigmoid"` gives values in (0, 1)."""
    names: dict[str, Any] = {"final": final, "activation": activation, "name": name}
    if is_image(data_shape):
        return deconv(latent_dim, data_shape, channels, **names)
    return mlp(latent_dim, data_shape, hidden, **names)


def codec(data_shape, codes, latent_dim, depth=1, final="linear", **sizes):
    """An encoder of data to `codes` numbers and a decoder of `latent_dim`, by name.

    Args:
        depth: numbers the decoder gives for each entry of the data.
        **sizes: `hidden`, `channels` and `activation`.
    """
    outputs = (*data_shape[:-1], depth * data_shape[-1])
    return {
        "encoder": encoder(data_shape, codes, **sizes),
        "decoder": decoder(latent_dim, outputs, final=final, **sizes),
    }


def generator(
    latent_dim,
    data_shape,
    hidden=(256, 256),
    channels=(64, 128),
    activation="relu",
    normalized=True,
):
    """Noise to data: images in (0, 1), with batch normalization; vectors unbounded."""
    names: dict[str, Any] = {"activation": activation, "name": "generator"}
    if is_image(data_shape):
        return deconv(latent_dim, data_shape, channels, normalized, "sigmoid", **names)
    return mlp(latent_dim, data_shape, hidden, **names)


def discriminator(
    data_shape,
    hidden=(256, 256),
    channels=(64, 128),
    features=False,
    activation="leaky_relu",
    outputs=1,
):
    """Data to raw outputs, and with `features` to what they are read from."""
    if is_image(data_shape):
        network = conv(
            data_shape, outputs, channels, activation, rescale=True, name="discriminator"
        )
    else:
        network = mlp(data_shape, outputs, hidden, activation, name="discriminator")
    return with_features(network) if features else network


def critic(latent_dim, hidden=(256, 256), name="critic"):
    """A code to one raw output."""
    return mlp(latent_dim, 1, hidden, name=name)
