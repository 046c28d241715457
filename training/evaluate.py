"""Numbers on a trained model, each beside what the data's own split gives."""

import json

import numpy as np

from training.draws import draw
from training.files import table, write_text

REPEATS = 5


def evaluate(model, data, count=1000, seed=0, path=None):
    """Losses, reconstruction and sample quality of a model on held-out data.

    Args:
        model: a compiled model of the zoo.
        data: `training.data.Data`.
        count: of samples; at most as many as both splits hold.
        seed: of samples and of choices of examples.
        path: of `metrics.json`; nothing is written where None.

    Returns:
        name -> dict of `value`, `standard_error`, `reference`, `count`, `seed`, `meaning`;
        what does not apply is None.
    """
    if type(count) is not int or count < 2:
        raise ValueError(f"`count` must be an integer of at least 2. Received: {count!r}.")
    found = {**losses(model, data), **reconstruction(model, data), **classes(model, data)}
    if "sample" in model.offered():
        found |= quality(model, data, count, seed)
    if path is not None:
        write_text(path, json.dumps(found, indent=2) + "\n")
    return found


def entry(value, count, meaning, reference=None, error=None, seed=None):
    """One row of the metrics."""
    numbers = {"value": value, "standard_error": error, "reference": reference}
    plain = {name: None if n is None else float(n) for name, n in numbers.items()}
    return {**plain, "count": count, "seed": seed, "meaning": meaning}


def losses(model, data):
    """What `model.evaluate` gives on the test data."""
    labels = None if model.targets == "none" else data.test_labels
    found = model.evaluate(data.test, labels, return_dict=True, verbose=0)
    meaning = "mean over the test data, as in training; no scale of its own"
    return {f"test_{name}": entry(value, len(data.test), meaning) for name, value in found.items()}


def reconstruction(model, data):
    """The squared error of reconstructions, for models that make them."""
    if "reconstruct" not in model.offered():
        return {}
    rows = [data.test[i : i + 500] for i in range(0, len(data.test), 500)]
    again = np.concatenate([np.asarray(model.reconstruct(x)) for x in rows])
    mean = data.train.mean(axis=0)
    return {
        "reconstruction_mse": entry(
            np.mean((again - data.test) ** 2),
            len(data.test),
            "squared error per value on test data; reference: the mean of the training data",
            np.mean((data.test - mean) ** 2),
        )
    }


def classes(model, data):
    """How often the most probable class is the label, for models that classify."""
    if "classify" not in model.offered() or data.test_labels is None:
        return {}
    rows = [data.test[i : i + 500] for i in range(0, len(data.test), 500)]
    best = np.concatenate([np.argmax(model.classify(x), axis=1) for x in rows])
    free, labels = model.targets == "none", data.test_labels
    value = matched_accuracy(best, labels) if free else np.mean(best == labels)
    meaning = "share of test data in the class of their label; reference: the commonest class"
    meaning += ", clusters and labels matched one to one" * free
    commonest = np.bincount(labels).max() / len(labels)
    name = "cluster_accuracy" if free else "accuracy"
    return {name: entry(value, len(labels), meaning, commonest)}


def matched_accuracy(clusters, labels):
    """The share of rows in the cluster of their label, matched one to one as well as can be."""
    from scipy.optimize import linear_sum_assignment

    size = max(np.max(clusters), np.max(labels)) + 1
    table = np.zeros((size, size), int)
    np.add.at(table, (clusters, labels), 1)
    return table[linear_sum_assignment(-table)].sum() / len(labels)


def quality(model, data, count, seed):
    """How far samples are from held-out data; the reference is training data in their place."""
    train, test = (side.reshape(len(side), -1) for side in (data.train, data.test))
    count = min(count, len(train), len(test))
    scale = float(np.mean(np.var(test, axis=0))) or 1.0
    rows = []
    for repeat in range(seed, seed + REPEATS):
        chosen = np.random.default_rng(repeat)
        held = test[chosen.permutation(len(test))[:count]]
        own = train[chosen.permutation(len(train))[:count]]
        made = draw(model, count, repeat).reshape(count, -1)
        rows.append(compared(made, own, held, train, scale))
    return {
        name: entry(
            np.mean([row[name][0] for row in rows]),
            count,
            meaning,
            np.mean([row[name][1] for row in rows]),
            np.std([row[name][0] for row in rows], ddof=1) / np.sqrt(REPEATS),
            seed,
        )
        for name, meaning in MEANINGS.items()
    }


MEANINGS = {
    "mmd": "squared kernel distance of samples to test data; reference: training data to test "
    "data, the floor",
    "two_sample_accuracy": "how often the nearest neighbour tells sample from test example; 0.5 "
    "ideal, 1 told apart; reference: training data for samples",
    "memorisation_ratio": "median distance sample to training data over that of test data; far "
    "below the reference: copies",
}


def compared(made, own, held, train, scale):
    """Name -> (of samples `made`, of training data `own` in their place) against `held`."""
    return {
        "mmd": (kernel_distance(made, held, scale), kernel_distance(own, held, scale)),
        "two_sample_accuracy": (told_apart(made, held), told_apart(own, held)),
        "memorisation_ratio": (nearest(made, train) / max(nearest(held, train), 1e-12), 1.0),
    }


def kernel_distance(a, b, scale):
    """The unbiased MMD^2 of two samples under the multi-scale inverse multiquadric kernel."""
    from zoo.losses.discrepancy import mmd

    return float(mmd(np.float32(a), np.float32(b), variance=scale))


def told_apart(a, b):
    """Leave-one-out accuracy of the nearest neighbour as a classifier of two equal samples."""
    from sklearn.neighbors import NearestNeighbors

    both, side = np.concatenate([a, b]), np.repeat([0, 1], [len(a), len(b)])
    found = NearestNeighbors(n_neighbors=1).fit(both).kneighbors(return_distance=False)[:, 0]
    return float(np.mean(side[found] == side))


def nearest(rows, train):
    """The median distance from rows to the nearest training example."""
    from sklearn.neighbors import NearestNeighbors

    return float(np.median(NearestNeighbors(n_neighbors=1).fit(train).kneighbors(rows)[0]))


def as_table(found):
    """The metrics as aligned text, and below it what those with a reference mean."""
    rows = [("metric", "value", "+-", "reference", "count")]
    for name, row in found.items():
        numbers = [row[key] for key in ("value", "standard_error", "reference")]
        words = ["" if number is None else f"{number:.4g}" for number in numbers]
        rows.append((name, *words, str(row["count"])))
    notes = [f"{name}: {r['meaning']}" for name, r in found.items() if r["reference"] is not None]
    return "\n".join([table(rows), "", *notes])
