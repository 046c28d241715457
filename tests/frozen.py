"""Discriminators trained against a frozen generator: on the line the best one is known."""

import keras
import numpy as np

from zoo.networks.mlp import mlp


def normal(mean=0.0, deviation=1.0, count=25_600, seed=0):
    return np.random.default_rng(seed).normal(mean, deviation, (count, 1)).astype(np.float32)


def affine(slope, offset):
    """A generator that turns N(0, 1) into N(offset, slope^2)."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.set_weights([np.array([[slope]]), np.array([offset])])
    return network


def alone(cls):
    """The game with its generator frozen: the discriminator moves once a step."""
    tables = {"players": {"discriminator": cls.players["discriminator"]}, "moves": {}}
    tables |= {"terms": {"discriminator": cls.terms["discriminator"]}, "fresh_batches": ()}
    tables["rounds"] = ()
    return type(f"Frozen{cls.__name__}", (cls,), {**tables, "frozen": ("generator",)})


def upward():
    """A network from line to line that starts upward.

    On a line a critic that starts downward cannot turn: the penalty is least at slope -1 too.
    """
    keras.utils.set_random_seed(0)
    network = mlp(1, 1, (64, 64), "tanh")
    low, high = network(np.array([[0.0], [3.0]], np.float32)).numpy()[:, 0]
    if low > high:
        *others, kernel, bias = network.get_weights()
        network.set_weights([*others, -kernel, bias])
    return network


def trained(cls, generator, x, steps, rate, betas=(0.9, 0.999), **settings):
    """A discriminator trained against a frozen generator."""
    model = alone(cls)(generator, upward(), 1, seed=0, **settings)
    falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(falling, *betas), steps_per_execution=50)
    model.fit(x, batch_size=512, epochs=steps // 50, verbose=0)
    return model
