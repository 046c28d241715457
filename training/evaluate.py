"""Numbers on a trained model, each beside what the data's own split gives."""

import json

import numpy as np

from training.build import sides
from training.draws import translated
from training.files import table, write_text
from training.measures import USUAL, Subject, entry, measured

SEARCHED = 100  # examples whose codes are searched for, at most


def evaluate(model, data, count=1000, seed=0, path=None, metrics=None, extractor=None):
    """Losses, reconstruction, sample quality and codes of a model on held-out data.

    Args:
        model: a compiled model of the zoo.
        data: `training.data.Data`.
        count: of samples; at most as many as both splits hold.
        seed: of samples and of choices of examples.
        path: of `metrics.json`; nothing is written where None.
        metrics: names of `training.measures.MEASURES`; `USUAL` where None.
        extractor: of features; what suits the data where None.

    Returns:
        name -> dict of `value`, `standard_error`, `reference`, `count`, `seed`, `meaning`;
        what does not apply is left out.
    """
    subject = Subject(model, data, count, seed, extractor)
    found = {**losses(model, data), **reconstruction(model, data), **classes(model, data)}
    found |= translation(model, data, seed) | forecasts(model, data, seed)
    found |= measured(subject, USUAL if metrics is None else metrics)
    if path is not None:
        write_text(path, json.dumps(found, indent=2) + "\n")
    return found


def losses(model, data):
    """What `model.evaluate` gives on the test data."""
    _, (x, y) = sides(model, data)
    found = model.evaluate(x, y, return_dict=True, verbose=0)
    meaning = "mean over the test data, as in training; no scale of its own"
    return {f"test_{name}": entry(value, len(data.test), meaning) for name, value in found.items()}


def reconstruction(model, data):
    """The squared error of reconstructions, for models that make them."""
    if "reconstruct" not in model.offered():
        return {}
    is_search = "seed" in model.offered()["reconstruct"]  # of a code for each example
    test = data.test[:SEARCHED] if is_search else data.test
    rows = [test[i : i + 500] for i in range(0, len(test), 500)]
    again = np.concatenate([np.asarray(model.reconstruct(x)) for x in rows])
    mean = data.train.mean(axis=0)
    return {
        "reconstruction_mse": entry(
            np.mean((again - test) ** 2),
            len(test),
            "squared error per value on test data; reference: the mean of the training data",
            np.mean((test - mean) ** 2),
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


def forecasts(model, data, seed):
    """How far one jump ahead is from what came, for models of sequences."""
    if "forecast" not in model.offered():
        return {}
    from zoo.metrics.jump_error import jump_error

    test, found = data.test[:500], {}
    errors = jump_error(model, test, seed=seed)
    pairs = zip(errors["jump_error"], errors["copy_error"], strict=True)
    for steps, (jumped, copied) in enumerate(pairs, start=1):
        words = f"squared error per value, {steps} steps ahead; reference: nothing changes"
        found[f"jump_error_{steps}"] = entry(jumped, len(test), words, copied, seed=seed)
    return found


def translation(model, data, seed):
    """How far translations of test data are from their targets, where these are known."""
    if model.targets not in ("pair", "domain") or "test" not in data.paired:
        return {}
    from zoo.metrics.pixel_error import pixel_error

    x, y = data.test, data.test_targets
    ways = {"": (x, y, translated(model, x, seed))}
    if model.targets == "domain":
        ways = {"_xy": ways[""], "_yx": (y, x, translated(model, y, seed, verb="translate_yx"))}
    found = {}
    for way, (given, wanted, made) in ways.items():
        errors = pixel_error(made, wanted)
        same = pixel_error(given, wanted) if given.shape == wanted.shape else {}
        for name, words in TRANSLATION.items():
            words = f"{words} of translated test data to their targets; reference: untranslated"
            row = entry(errors[name], len(y), words, same.get(name), seed=seed)
            found[f"translation_{name}{way}"] = row
    return found


TRANSLATION = {
    "absolute_error": "mean absolute error of a value",
    "psnr": "peak signal-to-noise ratio in dB, mean over images,",
}


def matched_accuracy(clusters, labels):
    """The share of rows in the cluster of their label, matched one to one as well as can be."""
    from scipy.optimize import linear_sum_assignment

    size = max(np.max(clusters), np.max(labels)) + 1
    table = np.zeros((size, size), int)
    np.add.at(table, (clusters, labels), 1)
    return table[linear_sum_assignment(-table)].sum() / len(labels)


def as_table(found):
    """The metrics as aligned text, and below it what those with a reference mean."""
    rows = [("metric", "value", "+-", "reference", "count")]
    for name, row in found.items():
        numbers = [row[key] for key in ("value", "standard_error", "reference")]
        words = ["" if number is None else f"{number:.4g}" for number in numbers]
        rows.append((name, *words, str(row["count"])))
    notes = [f"{name}: {r['meaning']}" for name, r in found.items() if r["reference"] is not None]
    return "\n".join([table(rows), "", *notes])
