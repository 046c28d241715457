"""Data sets made of others: `load("binary:mnist")`, `load("rician:brain_t1_gm")`."""

import dataclasses

import numpy as np

from zoo.training.data.corrupted import corrupted, with_lesions
from zoo.training.data.dataset import DataError

PLACES = ((1, 0), (0, 0), (1, 1), (0, 1))  # of quadrants: lower left first, upper right last


def binary(data):
    """Images of which every value is 0 or 1: what is above a half."""
    require_images("binary", data)
    train, test = (np.float32(np.asarray(side) > 0.5) for side in (data.train, data.test))
    return dataclasses.replace(data, name=f"binary:{data.name}", train=train, test=test)


def quadrants(data, count):
    """Pairs: `count` quadrants of each image, and the others, as channels (Sohn et al., 2015).

    The lower left one is given first, then the upper left and the lower right one.
    """
    require_images("quadrants", data)
    train, test = (quarters(np.asarray(side)) for side in (data.train, data.test))
    return dataclasses.replace(
        data,
        name=f"quadrants{count}:{data.name}",
        train=train[..., :count],
        test=test[..., :count],
        train_targets=train[..., count:],
        test_targets=test[..., count:],
        paired=("train", "test"),
        info={**data.info, "quadrants": count},
    )


def quarters(images):
    """The quadrants of images `(count, height, width, 1)`, `(count, height / 2, width / 2, 4)`."""
    half = images.shape[1] // 2, images.shape[2] // 2
    tiles = [
        images[:, row * half[0] : (row + 1) * half[0], column * half[1] : (column + 1) * half[1], 0]
        for row, column in PLACES
    ]
    return np.stack(tiles, axis=-1)


def assembled(x, y):
    """The images of which x and y are the quadrants, `(count, height, width, 1)`."""
    tiles = np.concatenate([x, y], axis=-1)
    count, height, width, _ = tiles.shape
    images = np.zeros((count, 2 * height, 2 * width, 1), np.float32)
    for number, (row, column) in enumerate(PLACES):
        rows, columns = slice(row * height, None), slice(column * width, None)
        images[:, rows, columns, 0][:, :height, :width] = tiles[..., number]
    return images


def require_images(kind, data):
    """Refuses data that are no grey images with an even number of rows and columns."""
    shape = data.data_shape
    if len(shape) != 3 or shape[-1] != 1 or shape[0] % 2 or shape[1] % 2:
        raise DataError(
            f"`data` {kind}:NAME must name grey images of even height and width. Received: "
            f"{data.name!r} of shape {shape}."
        )


DERIVED = {  # prefix -> function of data and a seed
    "binary": lambda data, seed: binary(data),
    "quadrants1": lambda data, seed: quadrants(data, 1),
    "quadrants2": lambda data, seed: quadrants(data, 2),
    "quadrants3": lambda data, seed: quadrants(data, 3),
    "gaussian": lambda data, seed: corrupted(data, "gaussian", seed),
    "rician": lambda data, seed: corrupted(data, "rician", seed),
    "lesions": with_lesions,
}
