"""PatchGAN: a discriminator that judges overlapping patches (Isola et al., 2017, Section 6.1.2)."""

import keras

from zoo.networks.pixels import instance_norm, inwards, small


def patch(data_shape, channels=(64, 128, 256, 512), normalized=True, name="discriminator"):
    """Images in [0, 1] to a map of raw outputs, `(rows, columns, 1)`, one for each patch.

    All stages but the last halve the sides; n of them make the patches 9 2^n - 2 pixels
    wide: 70 for four stages, 16 for two. (With instance normalization an output sees the
    whole image, through means and variances.) Parameters, normalized:
        16 c w_1 + w_1 + 16 sum_i w_i w_(i+1) + 2 sum_(i>1) w_i + 16 w_(n+1) + 1
    which is 2,768,705 for six channels and 2,765,633 for three.

    Args:
        data_shape: `(height, width, c)`; both images side by side in c where pairs are judged.
        channels: w_1, w_2, ...; as many stages are used as leave a map of at least 3.
        normalized: instance normalization (the paper's batches of one) after the first stage.
        name: of the network.
    """
    strided = len(channels) - 1
    while strided and min(data_shape[:2]) // 2**strided < 3:
        strided -= 1
    layers = [keras.Input(data_shape), inwards()]
    for number, width in enumerate(channels[: strided + 1]):
        norm = normalized and number > 0
        layers += _stage(width, 2 if number < strided else 1, use_bias=not norm)
        layers += [*([instance_norm()] if norm else []), keras.layers.LeakyReLU(0.2)]
    layers += _stage(1, 1, use_bias=True)
    layers.append(keras.layers.Activation("linear", dtype="float32"))
    return keras.Sequential(layers, name=name)


def _stage(width, stride, use_bias):
    options = {"use_bias": use_bias, "kernel_initializer": small()}
    return [keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(width, 4, stride, **options)]
