"""Real digits that scikit-learn brings along, and sets that are made of them."""

import dataclasses

import numpy as np

from zoo.training.data.dataset import Data


def digits():
    """The 1,797 real handwritten digits that scikit-learn embeds, 8 x 8, a fifth held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x = (bunch.images / 16.0).astype(np.float32)[..., None]
    parts = train_test_split(
        x, bunch.target.astype(np.int32), test_size=0.2, random_state=0, stratify=bunch.target
    )
    source = "1,797 digits of the UCI set of optical digits (CC BY 4.0), by scikit-learn"
    names = tuple(map(str, range(10)))
    return Data("digits", *parts, num_classes=10, source=source, class_names=names)


def digits_inverted():
    """Two domains: half of the digits, and the negatives of the other half; test data in pairs."""
    data = digits()
    train, test = (np.asarray(side, np.float32) for side in (data.train, data.test))
    sides = {"train_targets": 1.0 - train[1::2], "test_targets": 1.0 - test}
    own = {"train": train[::2], "train_labels": np.asarray(data.train_labels)[::2], **sides}
    return dataclasses.replace(data, name="digits_inverted", paired=("test",), **own)


def digits_moving(seed, steps=16, times=4):
    """Sequences in which a digit moves a pixel a step to the left or the right, leaves the image
    and comes back on the other side: after 8 steps. Each training digit `times` times."""
    data, rng = digits(), np.random.default_rng(seed)
    sides = {"train": np.repeat(data.train, times, axis=0), "test": np.asarray(data.test)}
    for side, x in sides.items():
        way, first = rng.choice([-1, 1], size=len(x)), rng.integers(x.shape[2], size=len(x))
        moved = first[:, None] + way[:, None] * np.arange(steps)
        columns = (np.arange(x.shape[2]) - moved[..., None]) % x.shape[2]
        rows = np.arange(len(x))[:, None, None]
        sides[side] = x.swapaxes(1, 2)[rows, columns].swapaxes(2, 3)  # a column where it was
    sides["train_labels"] = np.asarray(data.train_labels).repeat(times)
    return dataclasses.replace(data, name="digits_moving", **sides)


EMBEDDED = {  # of no file and no network; by seed
    "digits": lambda seed: digits(),
    "digits_inverted": lambda seed: digits_inverted(),
    "digits_moving": digits_moving,
}
