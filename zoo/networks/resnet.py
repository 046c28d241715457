"""Residual generator and critic (Miyato et al., 2018, arXiv:1802.05957, Tables 4 and 5).

For 32 x 32 and the default widths they are the paper's for CIFAR-10. Other sizes change the
number of blocks: the generator starts from a map of side 4 ... 7, and the critic halves
its map until it is at most 8. Weights start as in the released code, with twice Glorot's
variance in the residual branches; unlike there the critic's last layer has a bias, and batch
normalization has the constants of DCGAN (there 2e-5 and 0.9).
"""

import math

import keras

from zoo.networks import dcgan
from zoo.networks.pixels import batch_norm, cropped, inwards, outwards


def generator(latent_dim, data_shape, width=256, name="generator"):
    """Noise to images in [0, 1] by k blocks, each of which doubles the sides.

    Trainable parameters, for n = latent_dim and a first map of s^2:
        (n + 1) s^2 w + k (19 w^2 + 7 w) + 2 w + 9 w c + c
    which is 4,276,739 for n = 128 and 32 x 32 x 3. One entry of the first map reaches
    5 2^k - 2 pixels (38) a side.

    Args:
        latent_dim: size of the noise, n.
        data_shape: `(height, width, c)` of the images, sides at least 8.
        width: w, channels of every block.
        name: of the network.
    """
    halvings = dcgan.stages(data_shape)
    start = [math.ceil(side / 2**halvings) for side in data_shape[:2]]
    noise = keras.Input((latent_dim,))
    x = keras.layers.Dense(math.prod(start) * width)(noise)
    x = keras.layers.Reshape((*start, width))(x)
    for _ in range(halvings):
        h = keras.layers.UpSampling2D()(keras.layers.ReLU()(batch_norm()(x)))
        h = keras.layers.ReLU()(batch_norm()(_residual(width)(h)))
        x = _conv(width, 1)(keras.layers.UpSampling2D()(x))
        x = keras.layers.Add()([x, _residual(width)(h)])
    x = _conv(data_shape[-1])(keras.layers.ReLU()(batch_norm()(x)))
    for layer in (*cropped([side * 2**halvings for side in start], data_shape), *outwards()):
        x = layer(x)
    return keras.Model(noise, x, name=name)


def critic(data_shape, width=128, wrap=None, features=False, name="discriminator"):
    """Images in [0, 1] to one raw output by k blocks that halve the sides and two that do not.

    No normalization of its own. Parameters:
        (10 c w + 9 w^2 + 3 w) + (k - 1) (19 w^2 + 3 w) + 2 (18 w^2 + 2 w) + w + 1
    which is 1,053,825 for 32 x 32 x 3. One entry of the last map sees 13 2^k - 4 pixels
    (48) a side, the output all.

    Args:
        data_shape: `(height, width, c)` of the images, sides at least 8.
        width: w, channels of every block.
        wrap: takes each convolution and dense layer and returns the layer to use in its
            place, such as one that normalizes its weights; None: as they are.
        features: give two outputs, the raw one and the sums that it is read from.
        name: of the network.
    """
    wrap = wrap or (lambda layer: layer)
    halvings = max(1, math.ceil(math.log2(max(data_shape[:2]) / 8)))
    dcgan.stages(data_shape)  # refuses what is too small
    image = keras.Input(data_shape)
    x = inwards()(image)
    for number in range(halvings + 2):
        h = x if number == 0 else keras.layers.ReLU()(x)
        h = keras.layers.ReLU()(wrap(_residual(width))(h))
        h = wrap(_residual(width))(h)
        if number == 0:  # the first block pools before its shortcut
            x = wrap(_conv(width, 1))(_pool()(x))
        elif number < halvings:
            x = _pool()(wrap(_conv(width, 1))(x))
        x = keras.layers.Add()([x, _pool()(h) if number < halvings else h])
    x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Rescaling(_entries(data_shape, halvings))(x)  # the paper sums
    logit = keras.layers.Activation("linear", dtype="float32")(wrap(keras.layers.Dense(1))(x))
    sums = keras.layers.Activation("linear", dtype="float32")(x) if features else None
    return keras.Model(image, [logit, sums] if features else logit, name=name)


def _conv(channels, kernel=3, start="glorot_uniform"):
    return keras.layers.Conv2D(channels, kernel, padding="same", kernel_initializer=start)


def _residual(channels):
    return _conv(channels, start=keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform"))


def _pool():
    return keras.layers.AveragePooling2D(2, padding="same")


def _entries(data_shape, halvings):
    return math.prod(math.ceil(side / 2**halvings) for side in data_shape[:2])
