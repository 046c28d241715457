"""What convolutional networks of the papers share: values in [-1, 1] and small weights."""

import keras

from zoo import compatibility


def inwards():
    """A layer that takes [0, 1] to the [-1, 1] that the papers' networks see."""
    return keras.layers.Rescaling(2.0, offset=-1.0)


def outwards():
    """Layers that end a network: tanh in float32, brought to [0, 1]."""
    last = keras.layers.Activation("tanh", dtype="float32")
    return [last, keras.layers.Rescaling(0.5, offset=0.5, dtype="float32")]


def small():
    """The initializer of DCGAN and of the translators: N(0, 0.02^2)."""
    return keras.initializers.RandomNormal(stddev=0.02)


def batch_norm():
    """Batch normalization over all replicas, with the constants of DCGAN's code."""
    first = compatibility.version() == 1  # with those of Keras
    constants = {} if first else {"epsilon": 1e-5, "momentum": 0.9}
    return keras.layers.BatchNormalization(synchronized=True, **constants)


def instance_norm():
    """Normalization of each channel of each example; batch normalization at batch size 1."""
    return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)


def cropped(side, shape):
    """Layers that cut images of `side` (height, width) to the middle of `shape`."""
    extra = [have - want for have, want in zip(side, shape, strict=False)]
    return [keras.layers.Cropping2D([(e // 2, e - e // 2) for e in extra])] if any(extra) else []


def padding(shape, multiple):
    """(before, after) of height and width that bring both to a multiple."""
    extra = [-side % multiple for side in shape[:2]]
    return [(e // 2, e - e // 2) for e in extra]
