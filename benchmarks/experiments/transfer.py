"""E15: T1 slices to grey matter without pairs by ModalityTransferGAN, tested on pairs."""

import dataclasses

import numpy as np

from benchmarks.experiments.runs import kept, markdown

RECIPE, SEEDS, SHOWN = "modality_transfer_gan", (0, 1, 2), 8


def results(data_dir):
    """One row for each seed, and for what needs no model."""
    rows = [
        {"method": f"seed {s}", **kept(f"E15/{s}", lambda s=s: one(s, data_dir))} for s in SEEDS
    ]
    return [*rows, *kept("E15/plain", lambda: {"rows": plain(data_dir)})["rows"]]


def slices(data_dir):
    """T1 slices and their maps of grey matter, in pairs."""
    from zoo.training import data

    return data.load("brain_t1_gm", data_dir=data_dir)


def one(seed, data_dir):
    """Trains the recipe from a seed and measures both directions on held-out pairs."""
    from benchmarks.experiments.runs import KEPT
    from benchmarks.gallery import RECIPES
    from zoo.training import run
    from zoo.training.config import Config, read_yaml

    fields = read_yaml(RECIPES / f"{RECIPE}.yaml") | {"seed": seed, "data_dir": data_dir}
    options = dataclasses.asdict(Config.from_dict(fields))
    made = run.train(options.pop("model"), KEPT / "E15" / str(seed), verbose=0, **options)
    model, data = made.model(), slices(data_dir)
    x, y = np.asarray(data.test), np.asarray(data.test_targets)
    there, back = np.asarray(model.translate_xy(x)), np.asarray(model.translate_yx(y))
    some = slice(None, None, max(1, len(x) // SHOWN))
    sides = (x, y, there, np.abs(there - y), back, np.abs(back - x))
    rows = [side[some][:SHOWN, ..., 0].astype(float).round(3).tolist() for side in sides]
    return {"to grey matter": error(there, y), "to T1": error(back, x), "shown": rows}


def error(made, wanted):
    """Mean absolute error of a pixel."""
    return float(np.abs(made - wanted).mean())


def plain(data_dir):
    """The image as it is, its histogram matched to the other domain's, and the map of each grey
    level to the median of its pairs, which no method without pairs can know."""
    from skimage.exposure import match_histograms

    data = slices(data_dir)
    x, y = np.asarray(data.test), np.asarray(data.test_targets)
    grey, other = np.asarray(data.train).ravel(), np.asarray(data.train_targets).ravel()
    edges = np.linspace(0.0, 1.0, 65)[1:-1]
    bins = np.digitize(grey, edges)
    medians = np.array(
        [np.median(other[bins == b]) if (bins == b).any() else 0.0 for b in range(64)]
    )
    matched = match_histograms(x, np.asarray(data.train_targets[: len(x)]))
    return [
        {"method": "identity", "to grey matter": error(x, y), "to T1": error(y, x)},
        {"method": "histogram matched", "to grey matter": error(matched, y), "to T1": None},
        {
            "method": "best map of grey levels, from pairs",
            "to grey matter": error(medians[np.digitize(x, edges)], y),
            "to T1": None,
        },
    ]


def draw(rows, path):
    """T1, grey matter, its translation, the difference; the way back, and its difference."""
    from zoo.training.reporting import pictures

    pictures.rows(np.array(rows[0]["shown"])[..., None], path, columns=SHOWN, scale=2)


def table(rows):
    """One line for each seed and plain method; the median of the seeds."""
    keys = ("method", "to grey matter", "to T1")
    own = [row for row in rows if row["method"].startswith("seed")]
    median = {"method": "median of seeds"}
    median |= {key: float(np.median([row[key] for row in own])) for key in keys[1:]}
    return markdown(keys, [[row[key] for key in keys] for row in (*own, median, *rows[len(own) :])])
