"""Samples of a model, as an array or a picture. Imports the zoo only where it is called."""

import itertools

import numpy as np

from zoo.training import progress
from zoo.training.reporting import pictures


def draw(model, count, seed=0, batch_size=500, label=None):
    """The examples that `model.sample(count, seed=seed)` gives, without its peak of memory.

    Models of labels get every class in turn, or the one of a `label`.
    """
    return np.concatenate(list(drawn(model, count, seed, batch_size, label)))


def drawn(model, count, seed=0, batch_size=500, label=None):
    """The examples of `draw`, batch by batch."""
    from zoo import noise

    seeds = np.asarray(noise.row_seeds(seed, count))
    names = model.offered()["sample"]
    for start in progress.track(range(0, count, batch_size), "drawing samples"):
        rows = seeds[start : start + batch_size]
        labels = (start + np.arange(len(rows))) % (model.num_classes or 1)
        labels = labels if label is None else np.full_like(labels, label)
        given = {"labels": labels} if "labels" in names else {}
        yield np.asarray(model.sample(len(rows), seed=rows, **given))


def show(model, path, data, seed=0):
    """The picture that says most of a model: samples, where it samples.

    Args:
        data: `zoo.training.data.Data`, or None where it is not at hand.
    """
    if data is None:
        show_alone(model, path, seed)
    elif model.score_kind == "neg_anomaly" and data.is_image:
        show_anomalies(model, path, data.test)
    elif "quadrants" in data.info:
        show_completions(model, path, data, seed=seed)
    elif model.targets in ("pair", "domain") and "sample" not in model.offered():
        show_translations(model, path, data, seed=seed)
    elif "codes" in model.offered().get("sample", ()) and data.is_image:
        show_codes(model, path, seed)
    elif "forecast" in model.offered():
        show_forecasts(model, path, data.test, seed=seed)
    elif "trajectory" in model.offered():
        show_trajectory(model, path)
    elif model.prototypes() is not None and data.is_image:
        show_prototypes(model, path, seed)
    elif "sample" in model.offered():
        show_samples(model, path, data.test, 10 * (model.num_classes or 10), seed)
    else:
        show_reconstructions(model, path, data.test)


def show_data(data, path, count=64):
    """A picture of the first training examples of `zoo.training.data.Data`, by class where there
    are some, with their targets below; False where they are no images."""
    if not data.is_image:
        return False
    rows = np.arange(min(count, len(data.train)))
    if data.train_labels is not None and data.num_classes <= count:
        order = np.argsort(data.train_labels, kind="stable")
        starts = np.searchsorted(data.train_labels[order], np.arange(data.num_classes + 1))
        each = max(1, count // data.num_classes)
        classes = itertools.pairwise(starts)
        rows = np.concatenate([order[first : min(first + each, last)] for first, last in classes])
    if data.train_targets is None:
        pictures.grid(data.train[rows], path, scale=1)
        return True
    count = min(len(rows), len(data.train_targets))
    pictures.rows([data.train[:count], data.train_targets[:count]], path, scale=1)
    return True


def show_alone(model, path, seed=0):
    """The picture of what a model draws without data; none where it needs some."""
    offered = model.offered().get("sample", ())
    if "codes" in offered and len(model.data_shape) == 3:
        show_codes(model, path, seed)
    elif "count" in offered and len(model.data_shape) in (1, 3):
        show_samples(model, path, None, 10 * (model.num_classes or 10), seed)


def show_samples(model, path, data, count=64, seed=0, label=None):
    """A picture of samples: a grid of images, or points among those of the data, if there are
    some."""
    if len(model.data_shape) == 3:
        by_class = "labels" in model.offered()["sample"] and label is None  # one column each
        columns = model.num_classes if by_class else None
        pictures.grid(draw(model, count, seed, label=label), path, columns)
        return
    count = max(count, min(len(data), 500)) if data is not None else count
    samples = draw(model, count, seed, label=label)
    pictures.scatter(data, samples, path)


def show_prototypes(model, path, seed=0, count=4):
    """A picture of the mean example of each class, and below it draws of the class."""
    means = np.asarray(model.prototypes())
    drawn = draw(model, count * len(means), seed)
    pictures.grid(np.concatenate([means, drawn]), path, columns=len(means))


def show_completions(model, path, data, count=8, draws=10, seed=0):
    """A picture of held-out images in rows: whole, the quadrants that are given, and completions
    of these that are drawn."""
    from zoo.training.data.derived import assembled

    x, y = data.test[:count], data.test_targets[:count]
    made = [translated(model, x, seed + draw) for draw in range(draws)]
    shown = [assembled(x, side) for side in (y, np.full_like(y, 0.5), *made)]
    tiles = np.stack(shown, axis=1)
    pictures.grid(tiles.reshape(-1, *tiles.shape[2:]), path, columns=tiles.shape[1])


def show_codes(model, path, seed=0, count=10):
    """A picture of samples, a column for each value of the first code."""
    from zoo.metrics.interpolation import traverse

    shown = traverse(model, 0, count, seed=seed)
    pictures.grid(shown.reshape(-1, *shown.shape[2:]), path, columns=shown.shape[1])


def show_styles(model, path, data, count=8, seed=0):
    """A picture of samples, a column for each class or cluster, a row for each draw of the rest."""
    from zoo import noise

    classes = model.num_classes
    seeds = np.repeat(np.asarray(noise.row_seeds(seed, count)), classes)
    labels = np.tile(np.arange(classes, dtype=np.int32), count)
    pictures.grid(np.asarray(model.sample(len(seeds), labels, seeds)), path, columns=classes)


def show_plane(model, path, data, count=2000):
    """A picture of the codes of held-out data in the plane, one color a label."""
    held_out = data.test[:count]
    labels = None if data.test_labels is None else data.test_labels[:count]
    pictures.clusters(np.asarray(model.encode(held_out)), labels, path)


def show_interpolations(model, path, data, count=8, steps=10):
    """A picture of paths between held-out images, a row each: decoded lines between two codes."""
    first, second = data.test[:count], data.test[count : 2 * count]
    shown = np.asarray(model.interpolate(first, second, steps))
    pictures.grid(shown.reshape(-1, *shown.shape[2:]), path, columns=shown.shape[1])


def show_reconstructions(model, path, data, count=32):
    """A picture of held-out examples and what the model makes of them."""
    if len(model.data_shape) == 3:
        real = data[:count]
        pictures.pairs(real, np.asarray(model.reconstruct(real)), path)
    else:
        pictures.scatter(data[:500], np.asarray(model.reconstruct(data[:500])), path)


def show_forecasts(model, path, data, count=8, seed=0):
    """A picture of held-out sequences, and of what the model makes of each: the first half
    reconstructed, the rest forecast from it, after a gap."""
    real, seen = data[:count], model.data_shape[0] // 2
    known = np.asarray(model.reconstruct(real))[:, :seen]
    ahead = np.asarray(model.forecast(real, real.shape[1] - seen, seen=seen, seed=seed))
    made = np.concatenate([known, ahead], axis=1)
    if len(model.data_shape) == 2:
        pictures.paths(real, made, seen, path)
        return
    gap = np.full_like(real[:, :1], 0.5)
    shown = [np.concatenate([x[:, :seen], gap, x[:, seen:]], axis=1) for x in (real, made)]
    tiles = np.stack(shown, axis=1)
    pictures.grid(tiles.reshape(-1, *tiles.shape[3:]), path, columns=tiles.shape[2])


def show_trajectory(model, path, steps=200, ticks=15):
    """A picture of a game of two numbers: where a step leads from every place, and a path of it."""
    side = np.linspace(-1.5, 1.5, ticks, dtype=np.float32)
    starts = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    arrows = np.asarray(model.trajectory(starts, 2))
    walk = np.asarray(model.trajectory(np.ones((1, 2), np.float32), steps))[0]
    pictures.fields({model.rule: (arrows[:, 0], arrows[:, 1] - arrows[:, 0], walk)}, path)


def show_anomalies(model, path, data, count=12):
    """A picture of six rows: held-out images, the closest that the model generates, and where
    the two differ; then the same with the middle of each image turned to its negative."""
    normal = data[:count]
    strange = normal.copy()
    rows, columns = (slice(side // 3, side - side // 3) for side in normal.shape[1:3])
    strange[:, rows, columns] = 1.0 - strange[:, rows, columns]
    shown = []
    for images in (normal, strange):
        again = np.asarray(model.reconstruct(images))
        shown += [images, again, np.abs(images - again)]
    pictures.rows(shown, path, columns=len(normal))


def translated(model, x, seed=0, verb=None, batch_size=100):
    """The translations of x by `verb`, the model's first where None, without its peak of memory."""
    from zoo import noise

    verb = verb or next(name for name in model.offered() if name.startswith("translate"))
    seeded = "seed" in model.offered()[verb]
    seeds, found = np.asarray(noise.row_seeds(seed, len(x))), []
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        given = {"seed": seeds[rows]} if seeded else {}
        found.append(np.asarray(getattr(model, verb)(x[rows], **given)))
    return np.concatenate(found)


def show_translations(model, path, data, count=10, seed=0):
    """A picture of held-out images in rows: of pairs the input, its translation, the target;
    of two domains x, y made of it and x made of that, then the same from y. Vectors: points
    of targets and translations."""
    if not data.is_image:
        made = translated(model, data.test[:500], seed)
        pictures.scatter(data.test_targets[:500], made, path)
        return
    count = min(count, len(data.test), len(data.test_targets))
    x, y = data.test[:count], data.test_targets[:count]
    if model.targets == "pair":
        shown = [x, translated(model, x, seed), y]
    else:
        made_y, made_x = model.translate_xy(x), model.translate_yx(y)
        again_x, again_y = model.translate_yx(made_y), model.translate_xy(made_x)
        shown = [x, made_y, again_x, y, made_x, again_y]
    pictures.rows(shown, path, columns=10, scale=4 if max(x.shape[1:3]) <= 32 else 2)
