"""E2: how MaskAAE's mask finds the dimension of MNIST, from codes of three sizes."""

import functools

import numpy as np

from benchmarks.experiments.runs import (
    codes,
    distances,
    fit,
    kept,
    markdown,
    matched,
    mnist,
    sides_of,
)
from benchmarks.experiments.sizes import decided, rates

SIZES, STEPS = (32, 64, 110), 3000


def results(data_dir):
    """One row for each size of the code."""
    return [run(m, data_dir) for m in SIZES]


def run(m, data_dir):
    """What one size finds; kept."""
    return {"m": m, **kept(f"E2/{m}", lambda: one(m, mnist(data_dir)))}


def one(m, data):
    """Trains, keeping the mask of every epoch, and measures."""
    import keras

    from zoo.matching.mask_aae import MaskAAE

    networks = matched(data.data_shape, m, final="linear")
    settings = {"polarization_weight": decided(m, first=0.04, period=400)}
    model = MaskAAE(**networks, reconstruction_weight=100.0, **settings)
    model.compile(rates(STEPS, mask=4e-3), steps_per_execution=39)
    alphas = [model.mask.alpha.numpy()]
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: alphas.append(model.mask.alpha.numpy())
    )
    fit(model, data.train, 64, STEPS, callbacks=[keep])
    epoch = int(model.steps.numpy()) // (len(alphas) - 1)
    found = distances(sides_of(model, data.train, data.test), data.test, "classifier:mnist")
    paths = np.array(alphas).T.tolist()  # one a dimension
    return {**found, **codes(model, data.test), "steps": epoch, "paths": paths}


def draw(rows, path):
    """ln alpha of every dimension over the steps, a panel for each size."""
    from zoo.training.reporting import pictures

    panels = {}
    for row in rows:
        steps = [row["steps"] * k for k in range(len(row["paths"][0]))]
        least = functools.partial(np.maximum, 1e-4)
        series = {f"_{k}": (steps, np.log(least(a))) for k, a in enumerate(row["paths"])}
        panels[f"m = {row['m']}: {row['active_dims']} active"] = series
    pictures.lines(panels, path, "step", "ln alpha")


def table(rows):
    """One line for each size."""
    head = "m | active | NAC | its floor | rec. FID | gen. FID | training data"
    keys = "m active_dims nac nac_floor reconstructed generated floor".split()
    return markdown(head.split(" | "), [[row.get(key) for key in keys] for row in rows])
