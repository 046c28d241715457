"""E16: lesions planted in slices of magnetic resonance images, found by AnoGAN."""

import numpy as np

from benchmarks.experiments.runs import kept, markdown

RECIPE, SEED, SHOWN = "anogan_brain", 0, 8


def results(data_dir):
    """One row for each score: the model's, and two that need no model."""
    found = kept("E16/scores", lambda: one(data_dir))
    return [{"score": name, **found[name]} for name in ("AnoGAN", "mean image", "nearest image")]


def one(data_dir):
    """Trains the recipe, scores held-out slices with and without lesions, and keeps the maps."""
    from benchmarks.experiments.runs import KEPT
    from benchmarks.gallery import trained

    made, _ = trained(RECIPE, KEPT.absolute() / "E16", data_dir)
    model, data = made.model(), made.data()
    x, train = np.asarray(data.test), np.asarray(data.train)
    again = np.asarray(model.reconstruct(x, seed=SEED))
    scores = np.asarray(model.score(x, seed=SEED))
    mean = -np.abs(x - train.mean(axis=0)).mean(axis=(1, 2, 3))
    nearest = -np.array([np.abs(train - row).mean(axis=(1, 2, 3)).min() for row in x])
    planted = np.flatnonzero(data.test_labels == 1)[:: max(1, int(data.test_labels.sum()) // SHOWN)]
    sides = [x[planted], again[planted], np.abs(x - again)[planted]]
    rows = [side[:SHOWN, ..., 0].astype(float).round(3).tolist() for side in sides]
    every = {"AnoGAN": scores, "mean image": mean, "nearest image": nearest}
    found = {name: {"auc": auc(s, data.test_labels)} for name, s in every.items()}
    found["AnoGAN"]["shown"] = rows
    return found


def auc(scores, labels):
    """The area under the curve of lower scores for label 1."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, -np.asarray(scores)))


def draw(rows, path):
    """Slices with a lesion, the closest that the model generates, and where they differ."""
    from zoo.training.reporting import pictures

    pictures.rows(np.array(rows[0]["shown"])[..., None], path, columns=SHOWN, scale=2)


def table(rows):
    """One line for each score."""
    return markdown(("score", "AUC"), [[row["score"], row["auc"]] for row in rows])
