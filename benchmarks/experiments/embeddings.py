"""E7: t-SNE of planted data of four modes, and of the codes that autoencoders give them."""

import functools

import numpy as np

from benchmarks.experiments.runs import codec, fit, kept, markdown, matched

LATENT, STEPS, SHOWN = 16, 5000, 1000
NAMES = {"autoencoder": "autoencoder", "wae_gan": "WAE-GAN", "rae": "RAE", "flex_ae": "FlexAE"}


def results(data_dir):
    """One row for the data, and one for each model."""
    rows = [{"title": "data", **kept("E7/data", lambda: placed(data()[1]))}]
    for name, title in NAMES.items():
        found = kept(f"E7/{name}", lambda name=name: one(name))
        rows.append({"title": f"codes of {title}", **found})
    return rows


@functools.cache
def data():
    """Training and held-out rows of the manifold with four modes."""
    from zoo.training.data.planted import manifold

    x, planted = manifold(8, modes=True)
    return x[:-SHOWN], x[-SHOWN:], planted["z"][-SHOWN:]


def planted_modes():
    """Which of the four modes each held-out row is of."""
    z = data()[2]
    return 2 * (z[:, :4].mean(axis=1) > 0) + (z[:, 4:].mean(axis=1) > 0)


def one(name):
    """Trains one model and places its codes."""
    import zoo

    train, test, _ = data()
    adversarial = name in ("wae_gan", "flex_ae")
    make = matched if adversarial else codec
    model = zoo.model_class(name)(**make(64, LATENT, (128, 128)))
    model.compile(steps_per_execution=20)
    fit(model, train, 100, STEPS)
    return placed(np.asarray(model.encode(test)))


def placed(codes):
    """The rows in the plane, and how well neighbours share their mode, there and before."""
    from zoo.metrics.embedding import purity, tsne

    points, modes = tsne(codes), planted_modes()
    found = {"purity": purity(codes, modes), "in_the_plane": purity(points, modes)}
    return {**found, "points": points.tolist()}


def draw(rows, path):
    """A panel for the data and for each model."""
    from zoo.training.reporting import pictures

    panels = {row["title"]: np.array(row["points"]) for row in rows}
    pictures.clouds(panels, planted_modes(), path)


def table(rows):
    """One line for each panel."""
    keys = ("title", "purity", "in_the_plane")
    head = ("rows", "neighbours of one mode", "in the plane")
    return markdown(head, [[row[key] for key in keys] for row in rows])
