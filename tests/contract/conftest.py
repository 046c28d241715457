"""How the contract is compared between one process and two replicas."""

import contextlib

import keras
import numpy as np
import pytest


@pytest.fixture
def apart(two):
    """The largest difference of weights between one process and two replicas."""

    def difference(build, *data, optimizer=None, **options):
        """`build` makes the model; `data` and the options are those of `fit`."""
        found = []
        for scope in (contextlib.nullcontext(), two.scope()):
            keras.utils.set_random_seed(1)
            with scope:
                model = build()
            follows = any(model.default_optimizer(p) is not None for p in model.players)
            usual = keras.optimizers.SGD(0.1) if follows else None
            model.compile(optimizer or usual)  # outside the scope
            model.fit(*data, **{"batch_size": 8, "verbose": 0, **options})
            found.append(model.get_weights())
        return max(np.abs(a - b).max() for a, b in zip(*found, strict=True))

    return difference
