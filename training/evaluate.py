"""Numbers on a trained model, each beside what the data's own split gives."""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.training.build import sides
from zoo.training.data.arrays import Data
from zoo.training.files import table, write_text
from zoo.training.measures import USUAL, Subject, entry, measured
from zoo.training.measures.subject import REPEATS, mean_error, resampled_error
from zoo.training.reporting.drawings import translated

SEARCHED = 100  # examples whose codes are searched for, at most
BATCH = 32  # of `model.evaluate`


def evaluate(
    model: Any,
    data: Data,
    count: int = 1000,
    seed: int = 0,
    path: str | pathlib.Path | None = None,
    metrics: Sequence[str] | None = None,
    extractor: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Losses, reconstruction, sample quality and codes of a model on held-out data.

    Args:
        model: a compiled model of the zoo.
        data: `zoo.training.data.Data`.
        count: of samples; at most as many as both splits hold.
        seed: of samples and of choices of examples.
        path: of `metrics.json`; nothing is written where None.
        metrics: names of `zoo.training.measures.MEASURES`; `USUAL` where None.
        extractor: of features; what suits the data where None.

    Returns:
        name -> dict of `value`, `standard_error`, `reference`, `count`, `compared_count`,
        `seed`, `meaning`, and `extractor` where features are used; what does not apply is
        left out.
    """
    subject, found = Subject(model, data, count, seed, extractor), {}
    for measure in (losses, reconstruction, classes, translation, forecasts):
        found |= measure(model, data, seed)
    found |= measured(subject, USUAL if metrics is None else metrics)
    if path is not None:
        write_text(path, json.dumps(found, indent=2) + "\n")
    return found


def losses(model, data, seed=0):
    """What `model.evaluate` gives on the test data; its error is that over batches."""
    import keras

    _, (x, y) = sides(model, data)
    means = [{}]
    heard = keras.callbacks.LambdaCallback(on_test_batch_end=lambda _, logs: means.append(logs))
    options = {"batch_size": BATCH, "callbacks": [heard], "return_dict": True, "verbose": 0}
    found = model.evaluate(x, y, **options)
    seen = np.append(np.arange(len(means) - 1) * BATCH, len(data.test))
    meaning = "mean over the test data, as in training; no scale of its own"
    rows = {}
    for name, value in found.items():
        sums = seen * [float(mean.get(name, 0.0)) for mean in means]
        error = mean_error(np.diff(sums) / np.diff(seen)) if len(seen) > 2 else None
        given = {"error": error, "seed": seed}
        rows[f"test_{name}"] = entry(value, len(data.test), meaning, **given)
    return rows


def reconstruction(model, data, seed=0):
    """The squared error of reconstructions, for models that make them of x alone."""
    if "y" in model.offered().get("reconstruct", "y"):
        return {}
    from zoo.input_pipeline.batches import mapped

    is_search = "seed" in model.offered()["reconstruct"]  # of a code for each example
    test, mean = data.test[:SEARCHED] if is_search else data.test, data.train.mean(axis=0)
    squares = mapped(lambda rows: squared(np.asarray(model.reconstruct(rows)) - rows), test)
    meaning = "squared error per value on test data; reference: the mean of the training data"
    reference = np.mean(mapped(lambda rows: squared(rows - mean), test))
    row = entry(squares.mean(), len(test), meaning, reference, mean_error(squares), seed, len(test))
    return {"reconstruction_mse": row}


def squared(gaps):
    """The mean square of each row."""
    return np.mean(gaps.reshape(len(gaps), -1) ** 2, axis=1)


def classes(model, data, seed=0):
    """How often the most probable class is the label, for models that classify."""
    if "classify" not in model.offered() or data.test_labels is None:
        return {}
    from zoo.input_pipeline.batches import mapped

    best = np.argmax(mapped(model.classify, data.test), axis=1)
    free, labels = model.targets == "none", data.test_labels

    def share(chosen):
        found, right = best[chosen], labels[chosen]
        return matched_accuracy(found, right) if free else np.mean(found == right)

    meaning = "share of test data in the class of their label; reference: the commonest class"
    meaning += ", clusters and labels matched one to one" * free
    commonest = np.bincount(labels).max() / len(labels)
    error = resampled_error(share, len(labels), seed)
    name = "cluster_accuracy" if free else "accuracy"
    return {name: entry(share(slice(None)), len(labels), meaning, commonest, error, seed)}


def forecasts(model, data, seed=0):
    """How far one jump ahead is from what came, for models of sequences."""
    if "forecast" not in model.offered():
        return {}
    from zoo.metrics.jump_error import jump_error

    parts = np.array_split(data.test[:500], REPEATS)
    count, errors = sum(map(len, parts)), [jump_error(model, x, seed=seed) for x in parts]
    jumped, copied = ([row[k] for row in errors] for k in ("jump_error", "copy_error"))
    weights, error = [len(x) for x in parts], mean_error(jumped)
    means = (np.average(each, axis=0, weights=weights) for each in (jumped, copied))
    found = {}
    for steps, row in enumerate(zip(*means, error, strict=True), start=1):
        words = f"squared error per value, {steps} steps ahead; reference: nothing changes"
        found[f"jump_error_{steps}"] = entry(row[0], count, words, row[1], row[2], seed, count)
    return found


def translation(model, data, seed=0):
    """How far translations of test data are from their targets, where these are known."""
    if model.targets not in ("pair", "domain") or "test" not in data.paired:
        return {}
    from zoo.metrics.pixel_error import pixel_errors

    x, y = np.asarray(data.test), np.asarray(data.test_targets)
    ways = {"": (x, y, translated(model, x, seed))}
    if model.targets == "domain":
        ways = {"_xy": ways[""], "_yx": (y, x, translated(model, y, seed, verb="translate_yx"))}
    found = {}
    for way, (given, wanted, made) in ways.items():
        same = pixel_errors(given, wanted) if given.shape == wanted.shape else (None, None)
        rows = zip(TRANSLATION.items(), pixel_errors(made, wanted), same, strict=True)
        for (name, words), values, untouched in rows:
            words = f"{words} of translated test data to their targets; reference: untranslated"
            reference = None if untouched is None else np.mean(untouched)
            row = entry(np.mean(values), len(y), words, reference, mean_error(values), seed, len(y))
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


def as_table(found: dict[str, dict[str, Any]]) -> str:
    """The metrics as aligned text, and below it what those with a reference mean, and warnings."""
    rows: list[tuple[str, ...]] = [("metric", "value", "+-", "reference", "count")]
    for name, row in found.items():
        numbers = [row[key] for key in ("value", "standard_error", "reference")]
        words = ["" if number is None else f"{number:.4g}" for number in numbers]
        rows.append((name, *words, str(row["count"])))
    notes = [f"{name}: {r['meaning']}" for name, r in found.items() if r["reference"] is not None]
    notes += [f"{n}: warning: {r['warning']}" for n, r in found.items() if "warning" in r]
    return "\n".join([table(rows), "", *notes])
