"""Networks of one number: a generator of a single point, and a discriminator w x."""

import keras
import numpy as np


class Shift(keras.layers.Layer):
    """Mutes its input and adds one weight."""

    def build(self, shape):
        self.place = self.add_weight(name="place", shape=(1,))

    def call(self, z):
        return 0.0 * z + self.place


def shift(place):
    """A generator of this point."""
    network = keras.Sequential([keras.Input((1,)), Shift()])
    network.set_weights([np.array([place])])
    return network


def linear(weight):
    """The discriminator w x."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[weight]])])
    return network
