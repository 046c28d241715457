"""Autoencoders matched to a prior: what they find on planted manifolds, and what breaks it."""

import functools

import keras
import numpy as np
import pytest

from training.planted import manifold
from zoo.losses.schedules import Doubling
from zoo.matching.mask_aae import MaskAAE
from zoo.networks.mlp import mlp
from zoo.optimizers.rmsprop_tf1 import RMSpropTF1

WIDTHS = (128, 128)


class Flipped(MaskAAE):
    """Mutation: the mask raises the distance of codes and prior."""

    def mask_loss(self, x, y, training):
        z, p = self.codes(x, training)
        gap = self.batch_mean(self.judge(z) - self.judge(p))
        return {**super().mask_loss(x, y, training), "matching": (1.0 + gap) ** 2}


class Unmasked(MaskAAE):
    """Mutation: codes are masked, draws of the prior are not."""

    def codes(self, x, training):
        p = self.prior.sample(x.shape[0])
        return self.mask(self.encoder(x, training=training)), p


@functools.cache
def alphas(cls=MaskAAE, seed=0, **settings):
    """The mask after 6,000 steps on the 8-dimensional manifold, from 32 dimensions."""
    keras.utils.set_random_seed(seed)
    networks = mlp(64, 32, WIDTHS), mlp(32, 64, WIDTHS), mlp(32, 1, WIDTHS)
    polarization = Doubling(2 / 32, 1200, cap=2048.0)
    model = cls(*networks, 32, seed=seed, polarization_weight=polarization, **settings)
    slow, fast = RMSpropTF1(3e-4), RMSpropTF1(1.5e-3)
    players = {"autoencoder": fast, "critic": slow, "encoder": slow, "mask": fast}
    model.compile(players, steps_per_execution=19)
    x, _ = manifold(8, seed=seed)
    model.fit(x, batch_size=128, epochs=316, verbose=0)  # an epoch is 19 steps of 8 batches
    return model.mask.alpha.numpy()


def median_of_active(cls=MaskAAE, seeds=(0, 1, 2), **settings):
    return np.median([np.sum(alphas(cls, seed, **settings) >= 0.1) for seed in seeds])
