"""Residual networks of classes: generators with conditional normalization, projecting critics.

Projection discriminator (Miyato and Koyama, 2018), SAGAN (Zhang et al., 2019) and BigGAN (Brock
et al., 2019) differ in the widths of the blocks, in where attention stands, in which layers
are spectrally normalized and in what the normalization is told. A generator of k blocks starts
from a map of side 4 ... 7 and doubles it k times; other sides than s 2^k are cropped.
"""

import math

import keras

from zoo.layers.chunk import Chunk, sizes
from zoo.layers.conditional_batch_norm import ConditionalBatchNorm
from zoo.layers.projection_head import ProjectionHead
from zoo.layers.self_attention import SelfAttention
from zoo.layers.spectral_norm import SpectralNorm
from zoo.networks.dcgan import stages
from zoo.networks.pixels import batch_norm, cropped, inwards, outwards


class Style:
    """What a network's layers have in common.

    Args:
        spectral: whether they are spectrally normalized.
        initializer: of their kernels.
        pool: whether attention pools its keys and values.
    """

    def __init__(self, spectral, initializer="glorot_uniform", pool=False):
        self.spectral, self.pool = spectral, pool
        self.initializer = keras.initializers.get(initializer)

    def wrapped(self, layer):
        """The layer, normalized where the style says so."""
        return SpectralNorm(layer) if self.spectral else layer

    def convolution(self, width, kernel=3):
        """A convolution of this style."""
        options = {"padding": "same", "kernel_initializer": self.initializer.clone()}
        return self.wrapped(keras.layers.Conv2D(width, kernel, **options))

    def dense(self, size, use_bias=True):
        """A dense layer of this style."""
        options = {"use_bias": use_bias, "kernel_initializer": self.initializer.clone()}
        return self.wrapped(keras.layers.Dense(size, **options))

    def attention(self):
        """Self-attention of this style."""
        return SelfAttention(self.pool, self.spectral, self.initializer.clone())


def generator(
    latent_dim,
    data_shape,
    num_classes,
    widths,
    style,
    attention=None,
    shared_size=None,
    name="generator",
):
    """`[noise, labels]` to images in [0, 1].

    Args:
        latent_dim: size of the noise.
        data_shape: `(height, width, channels)`, sides at least 8.
        num_classes: how many labels.
        widths: channels of the first map, then those that each block gives: k + 1 numbers.
        style: `Style`.
        attention: after the block that gives this side there is self-attention; None: nowhere.
        shared_size: with a number, an embedding of the label, of this size, is shared by all
            blocks, and the noise is cut into chunks: one for the first map and one beside the
            embedding for each block (BigGAN); None: each block has gains and biases of its own.
        name: of the network.
    """
    noise, labels = keras.Input((latent_dim,)), keras.Input((), dtype="int32")
    start = [math.ceil(side / 2 ** (len(widths) - 1)) for side in data_shape[:2]]
    first, conditions = noise, [labels] * (len(widths) - 1)
    if shared_size is not None:
        embedding = keras.layers.Embedding(
            num_classes,
            shared_size,
            embeddings_initializer=style.initializer.clone(),
            name="shared_embedding",
        )
        first, conditions = _hierarchy(noise, embedding(labels), len(widths) - 1)
    x = style.dense(math.prod(start) * widths[0])(first)
    x = keras.layers.Reshape((*start, widths[0]))(x)
    classes = num_classes if shared_size is None else None

    def normalized(h, condition):
        options = {"spectral": style.spectral, "initializer": style.initializer.clone()}
        norm = ConditionalBatchNorm(classes, **({} if classes else options))
        return keras.layers.ReLU()(norm([h, condition]))

    for width, condition in zip(widths[1:], conditions, strict=True):
        h = keras.layers.UpSampling2D()(normalized(x, condition))
        h = style.convolution(width)(h)
        h = style.convolution(width)(normalized(h, condition))
        x = style.convolution(width, 1)(keras.layers.UpSampling2D()(x))
        x = keras.layers.Add()([x, h])
        x = style.attention()(x) if x.shape[1] == attention else x
    x = style.convolution(data_shape[-1])(keras.layers.ReLU()(batch_norm()(x)))
    for layer in (*cropped(x.shape[1:3], data_shape), *outwards()):
        x = layer(x)
    return keras.Model([noise, labels], x, name=name)


def _hierarchy(noise, embedding, blocks):
    """The noise of the first map, and the condition of each block: the label's embedding and a
    chunk of the noise, side by side."""
    start, parts = 0, []
    for width in sizes(noise.shape[-1], blocks + 1):
        parts.append(Chunk(start, width)(noise))
        start += width
    return parts[0], [keras.layers.Concatenate()([embedding, part]) for part in parts[1:]]


def discriminator(
    data_shape, num_classes, widths, halvings, style, attention=None, name="discriminator"
):
    """`[images in [0, 1], labels]` to one raw output: residual blocks, sums, a projection.

    Args:
        data_shape: `(height, width, channels)`, sides at least 8.
        num_classes: how many labels.
        widths: channels that each block gives.
        halvings: how many of the first blocks halve the sides.
        style: `Style`.
        attention: after the block that gives this side; None: nowhere.
        name: of the network.
    """
    image, labels = keras.Input(data_shape), keras.Input((), dtype="int32")
    x = inwards()(image)
    for number, width in enumerate(widths):
        down, first = number < halvings, number == 0
        h = x if first else keras.layers.ReLU()(x)
        h = style.convolution(width)(h)
        h = style.convolution(width)(keras.layers.ReLU()(h))
        if down or x.shape[-1] != width:
            if first:  # the first block pools before its shortcut
                x = style.convolution(width, 1)(_pooled(x, down))
            else:
                x = _pooled(style.convolution(width, 1)(x), down)
        x = keras.layers.Add()([x, _pooled(h, down)])
        x = style.attention()(x) if down and x.shape[1] == attention else x
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Rescaling(math.prod(_last_sides(data_shape, halvings)))(x)  # papers sum
    head = ProjectionHead(num_classes, style.spectral, style.initializer.clone())
    output = keras.layers.Activation("linear", dtype="float32")(head([x, labels]))
    return keras.Model([image, labels], output, name=name)


def _pooled(x, down):
    return keras.layers.AveragePooling2D(2, padding="same")(x) if down else x


def _last_sides(data_shape, halvings):
    return [math.ceil(side / 2**halvings) for side in data_shape[:2]]


def pyramid(data_shape, width):
    """Widths of the generator's first map and blocks, of the discriminator's blocks, and how
    many of these halve the sides: BigGAN's for 32, 64, 128 and 256, times `width`."""
    generator, discriminator, halvings = PYRAMIDS[min(stages(data_shape), 6)]
    widths = ([width * factor for factor in factors] for factors in (generator, discriminator))
    return *widths, halvings


PYRAMIDS = {  # k -> those of the generator, those of the discriminator, halvings
    1: ((4, 4), (4, 4), 1),
    2: ((4, 4, 4), (4, 4, 4), 2),
    3: ((4, 4, 4, 4), (4, 4, 4, 4), 2),
    4: ((16, 16, 8, 4, 2), (1, 2, 4, 8, 16), 4),
    5: ((16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16), 5),
    6: ((16, 16, 8, 8, 4, 2, 1), (1, 2, 4, 8, 8, 16, 16), 6),
}
