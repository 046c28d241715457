"""E12: what a code of two numbers means: VAE by its code, CVAE by class and style."""

import numpy as np

from benchmarks.experiments import runs

STEPS, BATCH, HIDDEN = 10_000, 100, (256, 256)
SIDE = 16  # images of the manifold along each axis
STYLES = 8  # rows of the picture of CVAE
NAMES = ("vae", "cvae")


def results(data_dir):
    """One row for each model."""
    steps = runs.reduced("steps", STEPS)
    return [
        {"model": name, **runs.kept(f"E12/{name}_{steps}", lambda n=name: one(data_dir, n, steps))}
        for name in NAMES
    ]


def one(data_dir, name, steps):
    """Trains one model with a code of two numbers, and decodes quantiles of the prior."""
    import keras
    import scipy.stats

    from zoo.creation import create
    from zoo.input_pipeline.batches import mapped

    data = runs.images("mnist", data_dir)
    classes = {"num_classes": data.num_classes} if name == "cvae" else {}
    x, test = (side.reshape(len(side), -1) for side in (data.train, data.test))
    model = create(name, x.shape[1:], 2, hidden=HIDDEN, likelihood="bernoulli", seed=0, **classes)
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=20)
    epochs = -(-steps // (len(x) // BATCH))
    labels = data.train_labels if classes else None
    model.fit(x, labels, batch_size=BATCH, epochs=epochs, verbose=0)
    if classes:
        styles = np.random.default_rng(0).normal(size=(STYLES, 2)).astype(np.float32)
        codes = np.repeat(styles, data.num_classes, axis=0)
        images = model.decode(codes, np.tile(np.arange(data.num_classes), STYLES))
    else:
        ticks = scipy.stats.norm.ppf((np.arange(SIDE) + 0.5) / SIDE)
        codes = np.stack(np.meshgrid(ticks, -ticks), axis=-1).reshape(-1, 2).astype(np.float32)
        images = model.decode(codes)
    bound = float(np.mean(mapped(model.score, test)))
    images = np.round(np.asarray(images, float), 3).reshape(len(codes), *data.data_shape)
    return {"bound": bound, "steps": int(model.steps.numpy()), "images": images.tolist()}


def draw(rows, path):
    """The plane of VAE's codes, and beside it a file of CVAE: a column a class, a row a style."""
    from zoo.training.reporting import pictures

    for row in rows:
        images, is_plane = np.array(row["images"]), row["model"] == "vae"
        file = path if is_plane else path.with_name(f"{path.stem}_of_classes.png")
        pictures.grid(images, file, columns=SIDE if is_plane else 10, scale=1)


def table(rows):
    """One line for each model."""
    keys = ("model", "steps", "bound")
    head = ("model", "steps", "bound on ln p(x), nats, held out")
    return runs.markdown(head, [[row[key] for key in keys] for row in rows])
