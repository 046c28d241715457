"""E9: the class radius and its bounds, with and without a penalty on distances of codes."""

import itertools

import numpy as np

from benchmarks.experiments import runs
from zoo.creation import model_class

LATENT, STEPS, BATCH, SEEDS = 20, 5000, 128, 3
POINTS = 1000  # of the radius
SHOWN = 12  # samples of each in the picture
DATA = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
MODELS = {"vae": "VAE", "latent_distance_vae": "LatentDistanceVAE"}


def results(data_dir):
    """One row for each data set, model and seed."""
    steps, rows = runs.reduced("steps", STEPS), []
    seeds = range(runs.reduced("seeds", SEEDS))
    for data, name, seed in itertools.product(DATA, MODELS, seeds):
        key = f"E9/{data}_{name}_{steps}_{seed}"
        found = runs.kept(key, lambda of=(data, name, seed): one(data_dir, *of, steps))
        rows.append({"data": data, "model": name, "seed": seed, **found})
    return rows


def one(data_dir, source, name, seed, steps):
    """Trains one model and measures it."""
    data = runs.images(source, data_dir)
    networks = runs.codec(data.data_shape, LATENT, codes=2, final="linear", seed=seed)
    model = model_class(name)(**networks)
    model.compile(steps_per_execution=20)
    runs.fit(model, data.train, BATCH, steps)
    sides = runs.sides_of(model, data.train, data.test)
    measures = runs.distances(sides, data.test, f"classifier:{source}")
    measures["omega"] = omega(model, data.test[:2000])
    geometry = class_geometry(model, source, sides["generated"][:SHOWN])
    return measures | hole_shares(model, data) | geometry


def omega(model, x):
    """Mean squared distance of codes over that of the images, for pairs of both halves."""
    z = np.asarray(model.encode(x))
    gaps = [
        np.sum((a[: len(a) // 2] - a[len(a) // 2 :]).reshape(len(a) // 2, -1) ** 2, axis=1)
        for a in (z, x)
    ]
    return float(np.mean(gaps[0] / (gaps[1] + 1e-8)))


def hole_shares(model, data):
    """The share of the prior's draws that lie where no data are encoded."""
    from zoo.metrics.holes import holes

    drawn = np.random.default_rng(0).normal(size=(2000, LATENT)).astype(np.float32)
    train, test = (np.asarray(model.encode(rows[:5000])) for rows in (data.train, data.test))
    shares = holes(drawn, train, test)
    return {name: shares[name] for name in ("coverage", "density")}


def class_geometry(model, source, samples):
    """The class radius under the shipped classifier, its bounds, and how even the classes are."""
    import tensorflow as tf

    from zoo.metrics.class_radius import class_radius, log_bound
    from zoo.training.measures.classifiers import load

    classifier = load(source)
    logits = tf.function(lambda z: classifier(model.decode(z)), autograph=False)
    points = np.random.default_rng(1).normal(size=(POINTS, LATENT))
    radius = class_radius(logits, points, neighbours=2, halvings=12, steps=15)
    radius |= {"log_bound": log_bound(radius["masses"]), "largest": max(radius["masses"])}
    return {**radius, "samples": np.asarray(samples).tolist()}


def draw(rows, path):
    """Samples of the first seed in alternating rows: both models on each data set."""
    from zoo.training.reporting import pictures

    first = [np.array(row["samples"]) for row in rows if row["seed"] == 0]
    pictures.rows(first, path, columns=SHOWN, scale=3)


def table(rows):
    """One line for each measure, means over the seeds."""
    sides = list(itertools.product(DATA, MODELS))
    means = {
        side: runs.average([r for r in rows if (r["data"], r["model"]) == side], MEANING)
        for side in sides
    }
    lines = [
        [words, *(runs.spread(*means[side][key]) for side in sides)]
        for key, words in MEANING.items()
    ]
    head = ["measure", *(f"{MODELS[name]}, {DATA[data]}" for data, name in sides)]
    return runs.markdown(head, lines)


MEANING = {
    "class_radius": "class radius E r, an upper estimate",
    "standard_error": "its standard error",
    "sum_bound": "the sum bound",
    "log_bound": "the log bound",
    "collision_probability": "two draws of one class, the square of the masses",
    "largest": "largest mass of a class",
    "coverage": "holes: prior far from codes",
    "density": "holes: prior where codes are rare",
    "omega": "omega: distances of codes over those of images",
    "reconstructed": "rec. FID[classifier]",
    "generated": "gen. FID[classifier]",
}
