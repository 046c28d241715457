"""DCGAN's generator and discriminator (Radford et al., 2016, arXiv:1511.06434, Figure 1).

With k stages an image of side s 2^k starts from, and ends in, a map of side s in 4 ... 7:
k = 2 for 28 x 28, 3 for 32 x 32, 4 for 64 x 64. Sides that are no such multiple are cropped.
"""

import math

import keras

from zoo.networks.pixels import batch_norm, cropped, inwards, outwards, small

STAGE = {"strides": 2, "padding": "same"}


def generator(latent_dim, data_shape, width=64, kernel=4, name="generator"):
    """Noise to images in [0, 1]: transposed convolutions, batch normalization, ReLU.

    Stage i of k has c_i = 2^(k - i) w channels. Trainable parameters, for n = latent_dim and
    kernels of 4:
        n s^2 c_1 + 16 sum_i c_i c_(i+1) + 2 sum_i c_i + 16 w c + c
    which is 3,576,707 for n = 100, w = 64 and 64 x 64 x 3. One entry of the first map
    reaches 3 2^k - 2 pixels (46) a side.

    Args:
        latent_dim: size of the noise, n.
        data_shape: `(height, width, c)` of the images, sides at least 8.
        width: w, of the last stage; 128 in the paper's Figure 1.
        kernel: side of the kernels; 5 in Figure 1, 4 in the authors' Torch code.
        name: of the network.
    """
    widths = _widths(data_shape, width)[::-1]
    start = _map(data_shape, len(widths))
    layers = [keras.Input((latent_dim,)), _dense(math.prod(start) * widths[0])]
    layers.append(keras.layers.Reshape((*start, widths[0])))
    for channels in widths[1:]:
        layers += [batch_norm(), keras.layers.ReLU()]
        layers.append(_up(channels, kernel, use_bias=False))
    layers += [batch_norm(), keras.layers.ReLU(), _up(data_shape[-1], kernel)]
    layers += cropped([side * 2 ** len(widths) for side in start], data_shape)
    return keras.Sequential([*layers, *outwards()], name=name)


def discriminator(
    data_shape, width=64, normalized=True, features=False, kernel=4, name="discriminator"
):
    """Images in [0, 1] to one raw output: strided convolutions, leaky ReLU of slope 0.2.

    Stage i of k has c_i = 2^(i - 1) w channels. Trainable parameters, normalized, kernels of 4:
        16 c w + w + 16 sum_i c_i c_(i+1) + 2 sum_(i>1) c_i + s^2 c_k + 1
    which is 2,765,633 for w = 64 and 64 x 64 x 3. One entry of the last map sees
    3 2^k - 2 pixels (46) a side, the output all.

    Args:
        data_shape: `(height, width, c)` of the images, sides at least 8.
        width: w, of the first stage.
        normalized: batch normalization in every stage but the first.
        features: give two outputs, the raw one and the last map, flattened.
        kernel: as in `generator`.
        name: of the network.
    """
    image = keras.Input(data_shape)
    x = inwards()(image)
    for number, channels in enumerate(_widths(data_shape, width)):
        bare = number == 0 or not normalized
        x = _down(channels, kernel, use_bias=bare)(x)
        x = keras.layers.LeakyReLU(0.2)(x if bare else batch_norm()(x))
    x = keras.layers.Flatten()(x)
    logit = keras.layers.Dense(1, kernel_initializer=small())(x)
    logit = keras.layers.Activation("linear", dtype="float32")(logit)
    flat = keras.layers.Activation("linear", dtype="float32")(x) if features else None
    return keras.Model(image, [logit, flat] if features else logit, name=name)


def stages(data_shape):
    """How many halvings bring the shorter side to 4 ... 7."""
    shortest = min(data_shape[:2])
    if shortest < 8:
        raise ValueError(f"Images must be at least 8 x 8. Received: data_shape={data_shape}.")
    return int(math.log2(shortest / 4))


def _widths(data_shape, width):
    return [width * 2**i for i in range(stages(data_shape))]


def _map(data_shape, halvings):
    return [math.ceil(side / 2**halvings) for side in data_shape[:2]]


def _dense(size):
    return keras.layers.Dense(size, use_bias=False, kernel_initializer=small())


def _up(channels, kernel, use_bias=True):
    options = {**STAGE, "use_bias": use_bias, "kernel_initializer": small()}
    return keras.layers.Conv2DTranspose(channels, kernel, **options)


def _down(channels, kernel, use_bias):
    options = {**STAGE, "use_bias": use_bias, "kernel_initializer": small()}
    return keras.layers.Conv2D(channels, kernel, **options)
