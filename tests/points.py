"""Games of two numbers: a generator of a single point against a line through 0."""

import keras
import numpy as np


class Shift(keras.layers.Layer):
    """Mutes its input and adds one weight: a generator of a single point."""

    def build(self, shape):
        self.place = self.add_weight(name="place", shape=(1,))

    def call(self, z):
        return 0.0 * z + self.place


def bilinear(cls, u, v, **settings):
    """The game f = u v: D(x) = u x, G(z) = v, data at 0, losses of Wasserstein."""
    generator = keras.Sequential([keras.Input((1,)), Shift()])
    judge = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    generator.set_weights([np.array([v])])
    judge.set_weights([np.array([[u]])])
    return cls(generator, judge, 1, seed=0, **{"game": "wasserstein", **settings})


def place(model):
    """(u, v), the weight of the discriminator and that of the generator."""
    return np.array(
        [model.discriminator.weights[0].numpy().item(), *model.generator.get_weights()[0]]
    )
